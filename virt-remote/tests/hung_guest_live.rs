//! A real libvirtd with a guest whose QEMU is stopped: statistics and lists of all guests keep to their deadline, and tell
//! of the others what there is to tell.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use virt_core::backend::{BackendTable, PathRule};
use virt_core::domain::{ConfigScope, DomainFilter};
use virt_core::model::{ByteSize, DomainConfig, DomainType};
use virt_core::stats::{DomainStatsRow, StatsGroups};
use virt_core::{Connection, Domain, DomainState, ErrorKind};
use virt_remote::driver::RemoteBackend;
use virt_testkit::live::leftovers;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

/// What a busy machine may add to a deadline.
const GRACE: Duration = Duration::from_secs(2);

/// A private daemon; `None`, loudly, where there is no libvirtd.
async fn daemon() -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    let started = Libvirtd::start_with(&LibvirtdOptions::default().apart()).await;
    Some(started.expect("a private libvirtd"))
}

async fn open(daemon: &Libvirtd) -> Connection {
    let backend = Arc::new(RemoteBackend::new());
    let table = BackendTable::default().backend("qemu", PathRule::Any, "rpc", Some(backend));
    let opened = Connection::builder().backends(table).open(&daemon.uri()).await;
    opened.expect("a connection")
}

/// A guest that runs, in which nothing boots.
async fn running(conn: &Connection, name: &str) -> Domain {
    let config = DomainConfig::builder(name)
        .kind(DomainType::Qemu)
        .machine("q35")
        .memory(ByteSize::mib(32))
        .build()
        .expect("a machine");
    let domain = conn.define_domain(&config).await.expect("a domain");
    domain.start().await.expect("a start");
    domain
}

/// Sends a signal to the QEMU of a domain.
fn signal(domain: &Domain, name: &str) {
    let argument = format!("guest={},", domain.name());
    let found = leftovers::processes_with(&argument).expect("/proc");
    let [qemu] = found.as_slice() else {
        panic!("{found:?} are the QEMUs of {}", domain.name())
    };
    let sent = Command::new("kill")
        .args([format!("-{name}"), qemu.pid.to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

fn of<'a>(rows: &'a [DomainStatsRow], domain: &Domain) -> &'a DomainStatsRow {
    let found = rows.iter().find(|row| row.domain.uuid == domain.uuid());
    found.unwrap_or_else(|| panic!("no row of {}", domain.name()))
}

fn is_whole(row: &DomainStatsRow) -> bool {
    row.error.is_none() && row.stats.state.is_some() && row.stats.cpu.is_some() && !row.stats.vcpus.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_guest_costs_its_own_row() {
    let Some(daemon) = daemon().await else { return };
    let conn = open(&daemon).await;
    let name = |what: &str| format!("{what}-{}", std::process::id());
    let (well, hung) = (
        running(&conn, &name("well")).await,
        running(&conn, &name("hung")).await,
    );
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("statistics");
    assert!(
        is_whole(of(&rows, &well)) && is_whole(of(&rows, &hung)),
        "{rows:?}"
    );
    signal(&hung, "STOP");
    // Again and again: each time may cost the daemon a worker, and must not in the end cost all.
    for round in 0..8 {
        let begun = Instant::now();
        let rows = conn.domain_stats(StatsGroups::all()).await.expect("statistics");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "round {round} took {took:?}");
        assert!(is_whole(of(&rows, &well)), "round {round}: {rows:?}");
        let row = of(&rows, &hung);
        assert_eq!(
            row.stats.state.map(|(state, _)| state),
            Some(DomainState::Running),
            "round {round}"
        );
        let kind = row.error.as_ref().map(virt_core::Error::kind);
        assert_eq!(kind, Some(ErrorKind::Timeout), "round {round}: {row:?}");
        println!("round {round}: {took:?}");
    }
    for round in 0..8 {
        let begun = Instant::now();
        let infos = conn.domain_infos(&DomainFilter::all()).await.expect("a list");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "list {round} took {took:?}");
        let sizes = infos.iter().map(|info| (info.state, info.memory, info.vcpus));
        let expected = (DomainState::Running, ByteSize::mib(32), 1);
        assert_eq!(sizes.collect::<Vec<_>>(), [expected, expected], "{infos:?}");
        println!("list {round}: {took:?}");
    }
    // What asks the hung guest alone ends with its deadline.
    let deadline = Duration::from_secs(2);
    let begun = Instant::now();
    let hasty = hung.with_deadline(deadline);
    let error = hasty.set_memory(ByteSize::mib(16), ConfigScope::Live).await;
    let error = error.expect_err("nobody answers");
    assert!(begun.elapsed() < deadline + GRACE, "{:?}", begun.elapsed());
    assert!(
        matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Busy),
        "{error:?}"
    );
    // A deadline that is too short for that keeps, too.
    let begun = Instant::now();
    let hasty = Duration::from_millis(300);
    let rows = conn.with_deadline(hasty).domain_stats(StatsGroups::all()).await;
    assert!(begun.elapsed() < hasty + GRACE, "{:?}", begun.elapsed());
    match rows {
        Ok(rows) => assert!(is_whole(of(&rows, &well)), "{rows:?}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}"),
    }
    signal(&hung, "CONT");
    let recovered = async {
        loop {
            let rows = conn.domain_stats(StatsGroups::all()).await.expect("statistics");
            if is_whole(of(&rows, &hung)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let recovered = tokio::time::timeout(Duration::from_secs(60), recovered).await;
    recovered.expect("a guest that goes on has its row again");
    conn.shutdown().await.expect("a goodbye");
    daemon.stop().await.expect("an end");
}
