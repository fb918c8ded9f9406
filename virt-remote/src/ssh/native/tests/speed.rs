//! A measurement, not a test: our tunnel beside OpenSSH's `-L`, on the loopback address.
//!
//! `cargo test --release -p virt-remote --features ssh speed -- --ignored --nocapture`

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use virt_core::host::{ByteStream, StreamUse};

use super::sshd::need_sshd;
use super::{Sshd, dial};

const DOWNLOAD: usize = 1 << 30;
const ROUNDS: u32 = 5000;

/// Sends without end to who says `d`, and back what comes to others.
fn serve(path: &Path) {
    let listener = UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                if stream.read_u8().await? == b'd' {
                    let piece = vec![7; 256 * 1024];
                    loop {
                        stream.write_all(&piece).await?;
                    }
                }
                let (mut reader, mut writer) = stream.into_split();
                tokio::io::copy(&mut reader, &mut writer).await
            });
        }
    });
}

/// Megabytes a second.
async fn download(mut stream: Box<dyn ByteStream>) -> f64 {
    stream.write_all(b"d").await.unwrap();
    let mut piece = vec![0; 256 * 1024];
    stream.read_exact(&mut piece).await.unwrap();
    let start = Instant::now();
    let mut count = 0;
    while count < DOWNLOAD {
        count += stream.read(&mut piece).await.unwrap();
    }
    f64::from(u32::try_from(count / 1_000_000).unwrap()) / start.elapsed().as_secs_f64()
}

async fn round_trip(mut stream: Box<dyn ByteStream>) -> Duration {
    stream.write_all(b"e").await.unwrap();
    let mut answer = [0; 64];
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        stream.write_all(&[1; 64]).await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let (far, near) = (sshd.path("far"), sshd.path("near"));
    serve(&far);
    let forward = format!("{}:{}", near.display(), far.display());
    let mut tunnel = tokio::process::Command::new("ssh")
        .args(["-F", "none", "-N", "-o", "BatchMode=yes", "-o"])
        .arg(format!(
            "UserKnownHostsFile={}",
            sshd.path("known_hosts").display()
        ))
        .arg("-i")
        .arg(sshd.path("user"))
        .args(["-p", &sshd.port.to_string(), "-L", &forward, "root@127.0.0.1"])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while !near.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let far = far.display().to_string();
    for round in 0..3 {
        let theirs: Box<dyn ByteStream> = Box::new(UnixStream::connect(&near).await.unwrap());
        let their_speed = download(theirs).await;
        let bulk = download(link.connect_unix(&far, StreamUse::Bulk).await.unwrap()).await;
        let theirs: Box<dyn ByteStream> = Box::new(UnixStream::connect(&near).await.unwrap());
        let their_trip = round_trip(theirs).await;
        let trip = round_trip(link.connect_unix(&far, StreamUse::Control).await.unwrap()).await;
        println!(
            "{round}: download {bulk:.0} MB/s (OpenSSH {their_speed:.0}), round trip {trip:?} (OpenSSH {their_trip:?})"
        );
    }
    tunnel.kill().await.unwrap();
}
