//! A connection that a stream has for itself is fenced like the first, with a real sshd.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use virt_core::credentials::CredentialSource;
use virt_core::host::{Host, LocalHost, StreamUse};
use virt_testkit::live::proxy::Proxy;

use super::super::{HostOptions, SshHost};
use super::leases::{is_there, processes_of, request};
use super::{at, limited};
use crate::ssh::native::NativeDialer;
use crate::ssh::native::tests::sshd::{children, need_sshd};
use crate::ssh::native::tests::{Sshd, no_jumps};

#[test]
fn what_a_stream_of_its_own_connection_was_told_does_not_arrive_once_the_lease_is_free() {
    limited(async {
        need_sshd!();
        let sshd = Sshd::start(&[]).await;
        let line = Proxy::start(([127, 0, 0, 1], sshd.port).into()).await.unwrap();
        let mut config = sshd.config();
        config.host_key_alias = Some(format!("[127.0.0.1]:{}", sshd.port));
        config.port = line.address().port();
        let dialer = NativeDialer::new("far".to_owned(), config, no_jumps(), CredentialSource::default());
        let host = SshHost::connect(Arc::new(dialer), HostOptions::default())
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "lease");
        let _lease = host.lease(&path, request("far")).await.unwrap();
        let before = sshd.sessions();
        let socket = at(&directory, "console");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut stream = host
            .sockets()
            .connect_unix(&socket, StreamUse::Bulk)
            .await
            .unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        // It came by an sshd of its own, which those who hold the lease know.
        let mut newcomers = sshd.sessions();
        newcomers.retain(|pid| !before.contains(pid));
        assert_eq!(newcomers.len(), 1, "{newcomers:?}");
        let fenced = processes_of(&host).await;
        for pid in before.iter().chain(&newcomers) {
            // From version 10 on, a root's session too is a process below the connection's.
            let theirs = [vec![*pid], children(*pid)].concat();
            assert!(
                fenced.iter().any(|process| theirs.contains(&process.pid)),
                "{pid} is not in {fenced:?}"
            );
        }
        stream.write_all(b"heard").await.unwrap();
        accepted.read_exact(&mut [0; 5]).await.unwrap();
        line.stall();
        stream.write_all(b"too late").await.unwrap();
        let begun = Instant::now();
        let local = LocalHost::new();
        let near = loop {
            match local.lease(&path, request("near")).await {
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                Ok(lease) => break lease,
            }
            assert!(begun.elapsed() < Duration::from_secs(17), "still held");
        };
        let left: Vec<_> = fenced.iter().filter(|process| is_there(process)).collect();
        assert!(left.is_empty(), "{left:?} of {fenced:?}");
        line.resume();
        let mut heard = Vec::new();
        let reading = accepted.read_to_end(&mut heard);
        // Whether it ends in order or not is sshd's.
        let ended = tokio::time::timeout(Duration::from_secs(10), reading).await;
        assert!(ended.is_ok(), "the stream goes on");
        assert_eq!(heard, b"");
        near.release().await.unwrap();
    });
}
