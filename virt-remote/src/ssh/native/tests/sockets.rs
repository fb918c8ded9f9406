//! Unix sockets of the far machine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use virt_core::ErrorKind;
use virt_core::credentials::CredentialSource;
use virt_core::host::StreamUse;

use super::sshd::need_sshd;
use super::{Sshd, dial, native, say};
use crate::ssh::link::Link;

/// Sends back what comes.
fn echo(path: &Path) -> tokio::task::JoinHandle<()> {
    let listener = UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.into_split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    })
}

/// Sends without end, whoever comes.
fn flood(path: &Path) -> tokio::task::JoinHandle<()> {
    let listener = UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { while stream.write_all(&[7; 65_536]).await.is_ok() {} });
        }
    })
}

async fn ask(link: &dyn Link, path: &Path) {
    let path = path.display().to_string();
    let mut stream = link.connect_unix(&path, StreamUse::Control).await.unwrap();
    for number in 0..20_u8 {
        stream.write_all(&[number; 64]).await.unwrap();
        let mut answer = [0; 64];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [number; 64]);
    }
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_streams_at_once() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let path = sshd.path("echo");
    let server = echo(&path);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (link, path) = (Arc::clone(&link), path.clone());
        asking.spawn(async move { ask(&*link, &path).await });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap();
    }
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_socket_is_told() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let absent = sshd.path("absent");
    let deaf = sshd.path("deaf");
    drop(UnixListener::bind(&deaf).unwrap());
    for (path, kind, part) in [
        (absent, ErrorKind::NotFound, "no such socket"),
        (deaf, ErrorKind::ConnectionLost, "nobody listens"),
        (sshd.path("sshd_config"), ErrorKind::InvalidArgument, "no socket"),
    ] {
        let path = path.display().to_string();
        for stream_use in [StreamUse::Control, StreamUse::Bulk] {
            let error = link.connect_unix(&path, stream_use).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(
                error.to_string().contains(part) && error.to_string().contains(&path),
                "{error}"
            );
        }
    }
    let error = link.connect_unix("/a\nb", StreamUse::Control).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sshd_forbids_sockets_the_setting_is_named() {
    need_sshd!();
    let sshd = Sshd::start(&["AllowStreamLocalForwarding no"]).await;
    let link = dial(sshd.config()).await.unwrap();
    let path = sshd.path("echo");
    let server = echo(&path);
    let path = path.display().to_string();
    let error = link.connect_unix(&path, StreamUse::Control).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(
        error.to_string().contains("AllowStreamLocalForwarding"),
        "{error}"
    );
    assert_eq!(say(&*link, "echo fine").await, "fine");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_streams_that_nobody_reads_hold_up_nobody() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    let (echo_path, flood_path) = (sshd.path("echo"), sshd.path("flood"));
    let servers = [echo(&echo_path), flood(&flood_path)];
    let path = flood_path.display().to_string();
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(link.connect_unix(&path, StreamUse::Bulk).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let work = async {
        ask(&link, &echo_path).await;
        assert_eq!(say(&link, "echo fine").await, "fine");
        let mut read = link.connect_unix(&path, StreamUse::Bulk).await.unwrap();
        let mut much = vec![0; 40 << 20];
        read.read_exact(&mut much).await.unwrap();
        // They only waited.
        for stream in &mut unread {
            stream.read_exact(&mut much).await.unwrap();
            assert!(much.iter().all(|byte| *byte == 7));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), work).await.unwrap();
    drop(unread);
    for server in servers {
        server.abort();
    }
    link.close().await;
    sshd.until_without_sessions().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_stream_that_nobody_reads_fails_alone() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = native(sshd.config(), CredentialSource::default()).await.unwrap();
    let (echo_path, flood_path) = (sshd.path("echo"), sshd.path("flood"));
    let servers = [echo(&echo_path), flood(&flood_path)];
    let path = flood_path.display().to_string();
    let mut unread = link.connect_unix(&path, StreamUse::Control).await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), async {
        while link.open_channels() > 0 {
            ask(&link, &echo_path).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    let error = unread.read_u8().await.unwrap_err();
    assert!(error.to_string().contains("16 MiB"), "{error}");
    unread.write_all(b"x").await.unwrap_err();
    ask(&link, &echo_path).await;
    for server in servers {
        server.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_bulk_streams_than_there_are_connections_share_one() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let path = sshd.path("echo");
    let server = echo(&path);
    let path = path.display().to_string();
    let mut streams = Vec::new();
    for _ in 0..12 {
        streams.push(link.connect_unix(&path, StreamUse::Bulk).await.unwrap());
    }
    for stream in &mut streams {
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ping");
    }
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_arrives_though_the_stream_is_dropped() {
    need_sshd!();
    let sshd = Sshd::start(&[]).await;
    let link = dial(sshd.config()).await.unwrap();
    let path = sshd.path("sink");
    let listener = UnixListener::bind(&path).unwrap();
    let path = path.display().to_string();
    for stream_use in [StreamUse::Control, StreamUse::Bulk] {
        let mut stream = link.connect_unix(&path, stream_use).await.unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            accepted.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        stream.write_all(&vec![1; 6_000_000]).await.unwrap();
        drop(stream);
        assert_eq!(reading.await.unwrap(), 6_000_000);
    }
}
