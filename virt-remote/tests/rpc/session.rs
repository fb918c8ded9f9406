//! Opening a session: logging in, what the daemon is asked, and the goodbye.

use super::*;
use tokio::net::TcpListener;
use virt_core::connection::AccessMode;
use virt_core::{ConnectUri, ErrorKind};
use virt_remote::protocol::remote::auth::{AuthList, AuthListRet, AuthPolkit, AuthPolkitRet, AuthType};
use virt_remote::protocol::remote::connect::{
    ConnectClose, ConnectOpen, ConnectOpenArgs, ConnectSupportsFeature, ConnectSupportsFeatureArgs,
    ConnectSupportsFeatureRet,
};
use virt_remote::rpc::{EndReason, KeepalivePolicy};
use virt_remote::session::{Session, SessionOptions};
use virt_remote::transport::tcp;

const URI: &str = "qemu+tcp://127.0.0.1/system?mode=legacy";

/// A daemon that lets in whoever comes by one of these ways, and has these features.
fn daemon(ways: &[AuthType], features: &'static [i32]) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    let list = encoded(&AuthListRet { types: ways.to_vec() });
    daemon.on(REMOTE, AuthList::INFO.number, move |_| {
        FakeReply::Return(list.clone())
    });
    daemon.on(REMOTE, ConnectSupportsFeature::INFO.number, move |args| {
        let asked: ConnectSupportsFeatureArgs = xdr::from_bytes(args).expect("arguments");
        let supported = i32::from(features.contains(&asked.feature));
        FakeReply::Return(encoded(&ConnectSupportsFeatureRet { supported }))
    });
    for done in [ConnectOpen::INFO, ConnectClose::INFO] {
        daemon.on(REMOTE, done.number, |_| FakeReply::done());
    }
    daemon
}

async fn open(daemon: &FakeDaemon, options: SessionOptions) -> virt_core::Result<Session> {
    let uri: ConnectUri = URI.parse().expect("a URI");
    let opened = Session::open(daemon.connect(), &uri, options, soon()).await;
    opened.map(|(session, _events)| session)
}

/// What the daemon was asked, in order.
fn asked(daemon: &FakeDaemon) -> Vec<i32> {
    daemon.calls().iter().map(|call| call.number).collect()
}

#[tokio::test]
async fn a_session_is_opened_in_two_round_trips_and_closed_in_one() {
    let daemon = daemon(&[AuthType::NONE], &[10, 14, 15]);
    let session = open(&daemon, SessionOptions::default()).await.expect("a session");
    assert_eq!(session.uri(), "qemu:///system");
    session.shutdown(soon()).await.expect("a goodbye");
    assert_eq!(asked(&daemon), [66, 60, 1, 2]);
    let opened = daemon
        .calls()
        .into_iter()
        .find(|call| call.number == 1)
        .expect("an open");
    let args: ConnectOpenArgs = xdr::from_bytes(&opened.args).expect("arguments");
    // The way to the daemon is not the daemon's business.
    assert_eq!(args.name.expect("a name"), "qemu:///system");
    assert_eq!(args.flags, 0);
    assert!(matches!(
        session.connection().end_reason(),
        Some(EndReason::Closed)
    ));
}

#[tokio::test]
async fn a_daemon_without_features_is_not_pinged() {
    let daemon = daemon(&[], &[]);
    let often = KeepalivePolicy::new(Duration::from_millis(5), 1);
    let options = SessionOptions::default()
        .with_keepalive(Some(often))
        .with_access(AccessMode::ReadOnly);
    let _session = open(&daemon, options).await.expect("a session");
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(daemon.pings(), 0);
    assert_eq!(asked(&daemon), [66, 60, 1]);
    let opened = daemon
        .calls()
        .into_iter()
        .find(|call| call.number == 1)
        .expect("an open");
    let args: ConnectOpenArgs = xdr::from_bytes(&opened.args).expect("arguments");
    assert_eq!(args.flags, 1);
}

#[tokio::test]
async fn polkit_decides_where_the_daemon_wants_it() {
    for (answer, let_in) in [(1, true), (0, false)] {
        let daemon = daemon(&[AuthType::POLKIT], &[]);
        let answer = encoded(&AuthPolkitRet { complete: answer });
        daemon.on(REMOTE, AuthPolkit::INFO.number, move |_| {
            FakeReply::Return(answer.clone())
        });
        match open(&daemon, SessionOptions::default()).await {
            Ok(_) => assert!(let_in),
            Err(error) => {
                assert!(!let_in, "{error}");
                assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
                assert_eq!(error.operation(), Some("open"));
            }
        }
    }
}

#[tokio::test]
async fn a_way_of_logging_in_that_is_not_known_is_named() {
    let daemon = daemon(&[AuthType(78), AuthType(77)], &[]);
    let error = open(&daemon, SessionOptions::default())
        .await
        .expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("AuthType(78), AuthType(77)"), "{error}");
    assert_eq!(asked(&daemon), [66]);
}

#[tokio::test]
async fn what_is_no_daemon_is_found_out() {
    let daemon = FakeDaemon::new();
    let silent = daemon.connect();
    daemon.send(b"SSH-2.0-OpenSSH_10.0\r\n".to_vec());
    let uri: ConnectUri = URI.parse().expect("a URI");
    let opened = Session::open(silent, &uri, SessionOptions::default(), soon()).await;
    assert_eq!(opened.expect_err("an error").kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn a_session_is_opened_over_tcp() {
    let daemon = daemon(&[AuthType::NONE], &[14]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let serving = daemon.clone();
    let accepting = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        serving.serve(stream);
    });
    let uri: ConnectUri = format!("qemu+tcp://127.0.0.1:{port}/system")
        .parse()
        .expect("a URI");
    let stream = tcp::connect(&uri).await.expect("a connection");
    let (session, _events) = Session::open(stream, &uri, SessionOptions::default(), soon())
        .await
        .expect("a session");
    assert_eq!(session.uri(), "qemu:///system");
    session.shutdown(soon()).await.expect("a goodbye");
    accepting.await.expect("served");
}
