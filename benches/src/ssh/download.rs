//! Bytes from a unix socket of the far machine, through our tunnel and through OpenSSH's.

use super::openssh::Tunnel;
use super::{direct, host};
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::qemu::Bench;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;
use virt_sdk::host::{ByteStream, StreamUse};
use virt_testkit::live::far::FarMachine;

const PAIRS: usize = 11;
const SIZE: usize = 256 << 20;
const PIECE: usize = 256 << 10;

/// Measures it with a server in this process.
pub(super) fn measure(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome {
    let there = bench.directory().join("download.sock");
    let uri = direct(runtime, far, bench)?;
    runtime.block_on(async {
        let server = tokio::spawn(serve(UnixListener::bind(&there)?));
        let host = host(&uri).await?;
        let tunnel = Tunnel::open(far, bench, &there)?;
        let (mut ours, mut theirs, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
        for _ in 0..PAIRS {
            let path = there.display().to_string();
            let mine = throughput(host.sockets().connect_unix(&path, StreamUse::Bulk).await?).await?;
            let openssh = throughput(Box::new(UnixStream::connect(tunnel.socket()).await?)).await?;
            ours.add(mine);
            theirs.add(openssh);
            ratios.add(mine / openssh);
        }
        server.abort();
        figure::print("ssh.download_mb_per_s", "MB/s", Bar::Open, &ours);
        figure::print("ssh.download_openssh_mb_per_s", "MB/s", Bar::Open, &theirs);
        figure::print("ssh.download_over_openssh", "ratio", Bar::AtLeast(0.9), &ratios);
        Ok(())
    })
}

/// Gives everybody who connects the same number of bytes.
async fn serve(listener: UnixListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let piece = vec![0x5a; PIECE];
            for _ in 0..SIZE / PIECE {
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn throughput(mut stream: Box<dyn ByteStream>) -> Outcome<f64> {
    let mut buffer = vec![0; PIECE];
    let mut read = 0;
    let began = Instant::now();
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => read += count,
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    match read {
        SIZE => Ok(f64::from(u32::try_from(SIZE)?) / 1e6 / seconds),
        _ => failed(format!("{read} bytes came, {SIZE} were sent")),
    }
}
