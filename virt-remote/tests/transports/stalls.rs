//! Peers that say nothing: every step of the way ends at the deadline, and says so.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UnixListener};
use tokio::time::Instant;
use virt_core::{ConnectUri, Error, ErrorKind};
use virt_remote::session::{Session, SessionOptions};

use super::pki::Authority;
use super::{chain, nobody};

async fn given_up(uri: &str) -> Error {
    let uri: ConnectUri = uri.parse().expect("a URI");
    let deadline = Instant::now() + Duration::from_millis(300);
    let nobody = nobody();
    let connecting = Session::connect(&uri, &nobody, SessionOptions::default(), deadline);
    let connected = tokio::time::timeout(Duration::from_secs(20), connecting).await;
    connected.expect("in time").expect_err("an error")
}

/// Takes connections, says these bytes, and no more.
async fn mute(says: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _gone = stream.write_all(says).await;
            kept.push(stream);
        }
    });
    port
}

#[tokio::test]
async fn a_peer_that_says_nothing_keeps_nobody() {
    let directory = tempfile::tempdir().expect("a directory");
    Authority::new("ours").write(directory.path());
    let pki = directory.path().display();
    let socket = directory.path().join("sock");
    let _listener = UnixListener::bind(&socket).expect("a listener");
    // A hello of a TLS server is announced, and does not come; a message, and does not come.
    let (tls, tcp) = (mute(b"\x16\x03\x03\x40\x00").await, mute(b"\0\0\0\x40").await);
    let ssh = mute(b"SSH-2.0-mute\r\n").await;
    for uri in [
        format!("test+tcp://127.0.0.1:{}/default", mute(b"").await),
        format!("test+tcp://127.0.0.1:{tcp}/default"),
        format!("test+tls://127.0.0.1:{}/default?pkipath={pki}", mute(b"").await),
        format!("test+tls://127.0.0.1:{tls}/default?pkipath={pki}"),
        format!("test+ssh://127.0.0.1:{ssh}/default?sshconfig=none"),
        format!("test+unix:///default?socket={}", socket.display()),
    ] {
        let error = given_up(&uri).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{uri}: {}", chain(&error));
        assert_eq!(error.operation(), Some("open"), "{uri}");
    }
}

#[tokio::test]
async fn garbage_is_no_daemon() {
    for says in [
        &b"SSH-2.0-OpenSSH_10.0\r\n"[..],
        b"\0\0\0\0",
        b"\xff\xff\xff\xff\xff",
        b"\0\0\0\x1c\0\0\0\0",
    ] {
        let port = mute(says).await;
        let error = given_up(&format!("test+tcp://127.0.0.1:{port}/default")).await;
        assert!(
            matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout),
            "{says:?}: {}",
            chain(&error)
        );
    }
}
