//! A recorded libvirtd 11.3: what it once said is still understood, and a live one and its recording are the same.
//!
//! With `VIRT_RECORD=1` the recording and what follows from it are made anew.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixStream};
use tokio::time::timeout;
use virt_core::Connection;
use virt_core::backend::{BackendTable, PathRule};
use virt_core::domain::DomainFilter;
use virt_core::event::{Event, EventFilter};
use virt_core::network::NetworkFilter;
use virt_core::stats::StatsGroups;
use virt_core::storage::StoragePoolFilter;
use virt_remote::driver::RemoteBackend;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::recorded_daemon::Recording;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recorded")
        .join(name)
}

async fn connect(port: u16) -> Connection {
    let backend = Arc::new(RemoteBackend::new());
    let table = BackendTable::default().backend("test", PathRule::Any, "rpc", Some(backend));
    let uri = format!("test+tcp://127.0.0.1:{port}/default?name=test:///default");
    let opened = Connection::builder().backends(table).open(&uri).await;
    opened.expect("a connection")
}

/// What a program asks and does, and what it is told, a line each.
async fn told(port: u16) -> String {
    let conn = connect(port).await;
    let mut lines = Vec::new();
    let mut tell = |what: &str, said: String| lines.push(format!("{what}: {said}"));
    tell("node", format!("{:?}", conn.node_info().await.expect("a node")));
    let infos = conn.domain_infos(&DomainFilter::all()).await.expect("domains");
    tell("domains", format!("{infos:?}"));
    let networks = conn.network_infos(&NetworkFilter::all()).await.expect("networks");
    tell("networks", format!("{networks:?}"));
    let pools = conn
        .storage_pool_infos(&StoragePoolFilter::all())
        .await
        .expect("pools");
    tell("pools", format!("{pools:?}"));
    let missing = conn.domain("nobody").await.expect_err("no such domain");
    tell(
        "a domain that is not there",
        format!("{:?} {missing}", missing.kind()),
    );
    let domain = conn.domain("test").await.expect("a domain");
    tell("document", domain.xml().await.expect("a document"));
    let interfaces = domain
        .config()
        .await
        .expect("a document")
        .devices
        .expect("devices")
        .interfaces;
    tell("interfaces", interfaces.len().to_string());
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("statistics");
    for row in rows {
        tell("state", format!("{} {:?}", row.domain.name, row.stats.state));
    }
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    domain.suspend().await.expect("a suspend");
    let again = domain.suspend().await;
    tell(
        "paused again",
        format!("{:?}", again.map_err(|error| error.kind())),
    );
    domain.resume().await.expect("a resume");
    domain.destroy().await.expect("an end");
    domain.start().await.expect("a start");
    let mut changes = Vec::new();
    while changes.len() < 5 {
        let next = timeout(Duration::from_secs(30), events.next()).await;
        match next.unwrap_or_else(|_| panic!("there came only {changes:?}")) {
            Some(Event::Domain(event)) => changes.push((event.domain.name, event.change)),
            other => panic!("{other:?}"),
        }
    }
    tell("events", format!("{changes:?}"));
    conn.shutdown().await.expect("a goodbye");
    lines.join("\n") + "\n"
}

/// What the program is told by a recording.
async fn replayed(recording: &Recording) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let daemon = recording.daemon();
    let serving = async {
        let (stream, _) = listener.accept().await.expect("a client");
        daemon.serve(stream);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        said = told(port) => said,
        () = serving => String::new(),
    }
}

#[tokio::test]
async fn what_a_real_daemon_once_said_is_understood() {
    let messages = std::fs::read_to_string(file("libvirt-11.3-test.messages")).expect("a recording");
    let recording = Recording::parse(&messages).expect("a recording");
    assert!(recording.calls() > 30, "{} calls", recording.calls());
    let expected = std::fs::read_to_string(file("libvirt-11.3-test.told")).expect("what it told");
    let replayed = timeout(Duration::from_secs(60), replayed(&recording)).await;
    assert_eq!(replayed.expect("its end in time"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_says_what_its_daemon_said() {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip!("libvirtd is not installed: `cargo xtask install libvirt` installs it");
    }
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let socket = daemon.socket();
    let recording = async {
        let (client, _) = listener.accept().await.expect("a client");
        let real = UnixStream::connect(socket).await.expect("the daemon");
        Recording::make(client, real).await
    };
    let (live, recording) = tokio::join!(told(port), recording);
    daemon.stop().await.expect("an end");
    let written = Recording::parse(&recording.to_text()).expect("a recording");
    assert_eq!(written, recording);
    assert_eq!(replayed(&recording).await, live);
    if std::env::var_os("VIRT_RECORD").is_some() {
        std::fs::write(file("libvirt-11.3-test.messages"), recording.to_text()).expect("written");
        std::fs::write(file("libvirt-11.3-test.told"), live).expect("written");
    }
}
