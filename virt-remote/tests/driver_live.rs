//! Connections to a real libvirtd that goes away and comes back: calls, events and consoles in the middle of it.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout};
use virt_core::backend::{BackendTable, PathRule};
use virt_core::domain::{StartOptions, XmlOptions};
use virt_core::event::{DomainChange, Event, EventFilter, EventStream};
use virt_core::model::{ByteSize, Console, DomainConfig, DomainType};
use virt_core::{Connection, DomainState, ErrorKind, Outcome};
use virt_remote::driver::RemoteBackend;
use virt_testkit::live::libvirtd::Libvirtd;

/// How long something that has to happen may take here.
const SOON: Duration = Duration::from_secs(60);

/// A private daemon; `None`, loudly, where there is no libvirtd.
async fn daemon() -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    Some(Libvirtd::start().await.expect("a private libvirtd"))
}

async fn open(daemon: &Libvirtd, uri: &str) -> Connection {
    let table = ["qemu", "test"]
        .into_iter()
        .fold(BackendTable::default(), |table, driver| {
            table.backend(driver, PathRule::Any, "rpc", Some(Arc::new(RemoteBackend::new())))
        });
    let uri = format!("{uri}?socket={}", daemon.socket().display());
    let opened = Connection::builder().backends(table).open(&uri).await;
    opened.expect("a connection")
}

/// A machine in which nothing boots.
fn machine(name: &str) -> DomainConfig {
    DomainConfig::builder(name)
        .kind(DomainType::Qemu)
        .machine("q35")
        .memory(ByteSize::mib(64))
        .console(Console::pty())
        .build()
        .expect("a machine")
}

async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    match timeout(SOON, work).await {
        Ok(done) => done,
        Err(_) => panic!("{what} took longer than {SOON:?}"),
    }
}

async fn until(events: &mut EventStream, what: &str, wanted: impl Fn(&Event) -> bool) {
    soon(what, async {
        loop {
            match events.next().await {
                Some(event) if wanted(&event) => return,
                Some(_) => {}
                None => panic!("the events ended before {what}"),
            }
        }
    })
    .await;
}

/// One daemon for all of it: starting one takes seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_goes_away_and_comes_back() {
    let Some(mut daemon) = daemon().await else { return };
    a_document_is_the_daemons_text_without_secrets(&daemon).await;
    events_go_on_after_a_resync(&mut daemon).await;
    reads_wait_and_changes_do_not(&mut daemon).await;
    a_change_that_is_cut_off_says_that_it_may_have_been_made(&mut daemon).await;
    what_is_closed_while_the_daemon_is_away_stays_closed(&mut daemon).await;
    calls_that_are_given_up_leave_nothing_behind(&daemon).await;
    daemon.stop().await.expect("an end");
}

/// libvirt shows the launch key and session of a guest to everybody; here they are secrets.
async fn a_document_is_the_daemons_text_without_secrets(daemon: &Libvirtd) {
    const SEALED: &str = "<domain type='test'><name>sealed</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
        <os><type>hvm</type></os><launchSecurity type='sev'><cbitpos>47</cbitpos>\
        <reducedPhysBits>1</reducedPhysBits><policy>0x0001</policy><dhCert>T1dORVI=</dhCert>\
        <session>U0VTU0lPTg==</session></launchSecurity></domain>";
    let conn = open(daemon, "test+unix:///default").await;
    let plain = conn.domain("test").await.expect("a domain");
    let text = plain.xml().await.expect("a text");
    assert!(
        text.starts_with("<domain type='test' id='1'>\n  <name>test</name>\n"),
        "{text}"
    );
    let config = plain.config().await.expect("a document");
    assert_eq!(DomainConfig::from_xml(&text).expect("a document"), config);
    let sealed = DomainConfig::from_xml(SEALED).expect("a document");
    let sealed = conn.define_domain(&sealed).await.expect("a domain");
    let shown = sealed.xml().await.expect("a text");
    assert!(shown.contains("<policy>0x0001</policy>"), "{shown}");
    assert!(
        !shown.contains("T1dORVI=") && !shown.contains("U0VTU0lPTg=="),
        "{shown}"
    );
    let asked = XmlOptions::default().secure();
    let whole = sealed.xml_with(&asked).await.expect("a text");
    assert!(whole.contains("<dhCert>T1dORVI=</dhCert>"), "{whole}");
    sealed.undefine().await.expect("undefined");
    conn.shutdown().await.expect("a goodbye");
}

async fn events_go_on_after_a_resync(daemon: &mut Libvirtd) {
    let conn = open(daemon, "qemu+unix:///system").await;
    let config = machine("survivor");
    let domain = conn.define_domain(&config).await.expect("a domain");
    domain
        .start_with(&StartOptions::default().paused())
        .await
        .expect("a start");
    let mut console = domain.console().await.expect("a console");
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    daemon.kill().await.expect("a kill");
    let mut rest = Vec::new();
    let read = soon("the end of the console", console.read_to_end(&mut rest)).await;
    read.expect_err("a console that is cut off ends with an error");
    soon("noticing that the daemon is away", async {
        while conn.is_alive() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    daemon.restart().await.expect("a restart");
    until(&mut events, "a resync", |event| *event == Event::Resync).await;
    assert!(conn.is_alive());
    // The guest went on, and the daemon tells of it as before.
    let info = domain.info().await.expect("what is known of it");
    assert_eq!(info.state, DomainState::Paused);
    domain.destroy().await.expect("an end");
    until(
        &mut events,
        "the end of the guest",
        |event| matches!(event, Event::Domain(event) if matches!(event.change, DomainChange::Stopped(_))),
    )
    .await;
    domain.undefine().await.expect("no definition");
    conn.shutdown().await.expect("a goodbye");
}

async fn reads_wait_and_changes_do_not(daemon: &mut Libvirtd) {
    let conn = open(daemon, "test+unix:///default").await;
    let domain = conn.domain("test").await.expect("a domain");
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let domain = domain.with_deadline(SOON);
            tokio::spawn(async move {
                let until = Instant::now() + Duration::from_secs(4);
                let mut answers = 0_u32;
                while Instant::now() < until {
                    domain
                        .info()
                        .await
                        .expect("an answer, whatever happens to the daemon");
                    answers += 1;
                }
                answers
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    daemon.kill().await.expect("a kill");
    soon("noticing that the daemon is away", async {
        while conn.is_alive() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let began = Instant::now();
    let refused = domain.suspend().await.expect_err("nobody suspends it now");
    assert_eq!(refused.kind(), ErrorKind::ConnectionLost);
    assert_eq!(refused.outcome(), Outcome::NotApplied);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "it took {:?}",
        began.elapsed()
    );
    // A read whose time is over before the daemon is back says why.
    let hasty = domain.with_deadline(Duration::from_millis(50)).info().await;
    assert_eq!(
        hasty.expect_err("nobody answers").kind(),
        ErrorKind::ConnectionLost
    );
    daemon.restart().await.expect("a restart");
    for caller in callers {
        let answers = soon("the end of a caller", caller).await.expect("its answers");
        assert!(answers > 0);
    }
    domain.suspend().await.expect("a suspend");
    conn.shutdown().await.expect("a goodbye");
}

async fn a_change_that_is_cut_off_says_that_it_may_have_been_made(daemon: &mut Libvirtd) {
    let conn = open(daemon, "qemu+unix:///system").await;
    let domain = conn.define_domain(&machine("cut")).await.expect("a domain");
    let starting = {
        let domain = domain.clone();
        tokio::spawn(async move { domain.start().await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    daemon.kill().await.expect("a kill");
    let started = soon("the end of the start", starting).await.expect("its result");
    let error = started.expect_err("the daemon was killed while it started a guest");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    daemon.restart().await.expect("a restart");
    let info = domain
        .with_deadline(SOON)
        .info()
        .await
        .expect("what became of it");
    if info.state.is_active() {
        match domain.destroy().await {
            // The daemon had not found out yet that nothing came of it.
            Err(error) if error.kind() == ErrorKind::InvalidState => {}
            destroyed => destroyed.expect("an end"),
        }
    }
    domain.undefine().await.expect("no definition");
    conn.shutdown().await.expect("a goodbye");
}

async fn what_is_closed_while_the_daemon_is_away_stays_closed(daemon: &mut Libvirtd) {
    let conn = open(daemon, "test+unix:///default").await;
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    daemon.kill().await.expect("a kill");
    let waiting = {
        let conn = conn.with_deadline(SOON);
        tokio::spawn(async move { conn.domains().await.map(drop) })
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    conn.close();
    let waited = soon("the end of what waits", waiting).await.expect("its result");
    assert_eq!(
        waited.expect_err("it was closed").kind(),
        ErrorKind::ConnectionLost
    );
    soon("the end of the events", async {
        while events.next().await.is_some() {}
    })
    .await;
    daemon.restart().await.expect("a restart");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!conn.is_alive());
    let refused = conn.domains().await.expect_err("it is closed");
    assert_eq!(refused.kind(), ErrorKind::ConnectionLost);
}

async fn calls_that_are_given_up_leave_nothing_behind(daemon: &Libvirtd) {
    const CALLS: u64 = 10_000;
    let conn = open(daemon, "test+unix:///default").await;
    let domain = conn.domain("test").await.expect("a domain");
    let before = resident_kib();
    for number in 0..CALLS {
        let patience = Duration::from_micros(number % 300);
        let _given_up = timeout(patience, domain.info()).await;
    }
    domain.info().await.expect("an answer after all of them");
    let grown = resident_kib().saturating_sub(before);
    assert!(
        grown < 16 * 1024,
        "{CALLS} calls that were given up left {grown} KiB"
    );
    conn.shutdown().await.expect("a goodbye");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("VmRSS");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse().expect("a number")
}
