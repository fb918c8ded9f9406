//! Statistics in bulk, and what machines are doing.

use std::time::Duration;

use virt_core::domain::{DomainState, StateReason};
use virt_core::model::ByteSize;
use virt_core::stats::{DomainStatsRow, StatsGroup, StatsGroups};
use virt_core::{Capability, Connection, Domain, ErrorKind};
use virt_esx::{usage, usages};
use virt_testkit::live::vsphere::{Calls, SimulatorOptions};

use crate::fixture::{open, simulator};

/// How many calls one method costs, without those that are answered in the background.
fn asked(calls: &Calls) -> Vec<(String, u64)> {
    let background = ["WaitForUpdatesEx", "CurrentTime"];
    let asked = calls.iter().filter(|(method, _)| !background.contains(method));
    asked.map(|(method, count)| (method.to_owned(), count)).collect()
}

async fn first(conn: &Connection) -> Domain {
    let domains = conn.domains().await.expect("the machines");
    domains.into_iter().next().expect("one")
}

async fn row(domain: &Domain, groups: StatsGroups) -> DomainStatsRow {
    let row = domain.stats(groups).await.expect("its statistics");
    assert!(row.error.is_none(), "{:?}", row.error);
    row
}

#[tokio::test]
async fn statistics_tell_what_is_known_and_rates_as_rates() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    assert!(conn.capabilities().has(Capability::Statistics));
    let domain = first(&conn).await;
    let info = domain.info().await.expect("what it is");
    let row = row(&domain, StatsGroups::all()).await;
    let stats = &row.stats;
    assert_eq!(stats.state, Some((DomainState::Running, StateReason::Booted)));
    // Nothing of what ESX tells is a count since the start.
    assert_eq!(stats.cpu, None);
    let balloon = stats.balloon.as_ref().expect("its memory");
    assert_eq!(balloon.maximum, info.max_memory.as_bytes());
    assert!(
        balloon.current <= balloon.maximum && balloon.rss.is_some(),
        "{balloon:?}"
    );
    assert_eq!((balloon.unused, balloon.swap_in), (None, None));
    let vcpus: Vec<u32> = stats.vcpus.iter().map(|vcpu| vcpu.index).collect();
    assert_eq!(vcpus, (0..info.vcpus).collect::<Vec<_>>());
    assert!(
        stats
            .vcpus
            .iter()
            .all(|vcpu| vcpu.time.is_none() && vcpu.wait.is_none())
    );
    let config = domain.config().await.expect("its document");
    let devices = config.devices.expect("devices");
    for disk in &devices.disks {
        let target = disk.target.as_ref().and_then(|target| target.dev.as_deref());
        let found = stats
            .block
            .iter()
            .find(|block| Some(block.target.as_str()) == target);
        let found = found.unwrap_or_else(|| panic_with(&format!("{target:?} is not in {:?}", stats.block)));
        assert!(found.uncounted && found.read_requests == 0, "{found:?}");
    }
    let disk = stats
        .block
        .iter()
        .find(|block| block.capacity.is_some())
        .expect("a disk");
    assert!(
        disk.path.as_deref().is_some_and(|path| path.ends_with(".vmdk")),
        "{disk:?}"
    );
    assert!(disk.physical.is_some() && disk.allocation.is_none(), "{disk:?}");
    let macs: Vec<Option<String>> = devices
        .interfaces
        .iter()
        .map(|interface| interface.mac.as_ref()?.address.map(|mac| mac.to_string()))
        .collect();
    let told: Vec<Option<String>> = stats.interfaces.iter().map(|one| one.mac.clone()).collect();
    assert_eq!(told, macs);
    assert!(
        stats
            .interfaces
            .iter()
            .all(|one| one.traffic.is_none() && one.name == "ethernet0")
    );
    for name in [
        "esx.interval",
        "esx.cpu.usage",
        "esx.cpu.percent",
        "esx.vcpu.0.used",
        "esx.memory.active",
        "esx.net.0.rx.rate",
    ] {
        assert!(stats.rest.get(name).is_some(), "{name} of {:?}", stats.rest);
    }
    let has_rates = (0..stats.block.len()).any(|index| {
        let name = format!("esx.block.{index}.rd.rate");
        stats.rest.get(&name).is_some()
    });
    assert!(has_rates, "{:?}", stats.rest);
    conn.shutdown().await.expect("it ends");
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
fn panic_with<T>(message: &str) -> T {
    panic!("{message}")
}

#[tokio::test]
async fn only_what_is_asked_for_is_told_and_a_state_costs_no_call() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domain = first(&conn).await;
    simulator.control().reset_calls().await.expect("it counts anew");
    let state = row(&domain, StatsGroup::State.into()).await;
    assert!(state.stats.state.is_some() && state.stats.rest.is_empty());
    assert_eq!(asked(&simulator.calls().await.expect("counts")), []);
    for group in StatsGroup::ALL {
        let stats = row(&domain, (*group).into()).await.stats;
        let there = [
            (StatsGroup::State, stats.state.is_some()),
            (StatsGroup::Balloon, stats.balloon.is_some()),
            (StatsGroup::Vcpu, !stats.vcpus.is_empty()),
            (StatsGroup::Block, !stats.block.is_empty()),
            (StatsGroup::Interface, !stats.interfaces.is_empty()),
        ];
        for (other, is_there) in there {
            assert_eq!(
                is_there,
                other == *group,
                "{other:?} where {group:?} was asked for"
            );
        }
    }
    domain.destroy().await.expect("it ends");
    let off = row(&domain, StatsGroups::all()).await.stats;
    assert_eq!(off.state.map(|(state, _)| state), Some(DomainState::ShutOff));
    assert!(
        off.balloon.is_none() && off.block.is_empty() && off.rest.is_empty(),
        "{off:?}"
    );
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("of all");
    assert!(
        rows.iter().all(|row| row.domain.uuid != domain.uuid()),
        "it does not run"
    );
    domain.undefine().await.expect("it is forgotten");
    let error = domain.stats(StatsGroups::all()).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn many_machines_cost_as_many_calls_as_one() {
    let options = SimulatorOptions::esx().with_machines(60);
    let Some(simulator) = simulator(options).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    // So much takes its time on a machine that is busy.
    let conn = conn.with_deadline(Duration::from_secs(60));
    let domain = first(&conn).await;
    row(&domain, StatsGroups::all()).await;
    let control = simulator.control();
    control.reset_calls().await.expect("it counts anew");
    row(&domain, StatsGroups::all()).await;
    let of_one = asked(&control.reset_calls().await.expect("counts"));
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("of all");
    assert_eq!(rows.len(), 60);
    let names: Vec<&str> = rows.iter().map(|row| row.domain.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let complete = |row: &DomainStatsRow| {
        row.error.is_none() && row.stats.balloon.is_some() && row.stats.rest.get("esx.cpu.used").is_some()
    };
    let wrong = rows.iter().find(|row| !complete(row));
    assert!(wrong.is_none(), "{wrong:?}");
    let of_all = asked(&control.reset_calls().await.expect("counts"));
    assert_eq!(of_all, of_one);
    let total: u64 = of_all.iter().map(|(_, count)| count).sum();
    assert_eq!(total, 2, "{of_all:?}: one for what is, one for what was measured");
    // A server that does not answer so much at once is asked for less, and for as much from then on.
    control.measure_at_most(20).await.expect("it refuses more");
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("of all");
    let wrong = rows.iter().find(|row| !complete(row));
    assert!(rows.len() == 60 && wrong.is_none(), "{wrong:?}");
    control.reset_calls().await.expect("it counts anew");
    let rows = conn.domain_stats(StatsGroups::all()).await.expect("of all");
    assert!(rows.iter().all(complete));
    let calls = control.calls().await.expect("counts");
    assert_eq!(calls.of("QueryPerf"), 4, "60 by 15");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_is_not_measured_costs_only_that() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let domain = first(&conn).await;
    simulator
        .control()
        .crash_at("PerformanceManager.perfCounter")
        .await
        .expect("it crashes");
    // The first answer is lost, and asked for again.
    row(&domain, StatsGroups::all()).await;
    domain.suspend().await.expect("it is suspended");
    let suspended = row(&domain, StatsGroups::all()).await.stats;
    let balloon = suspended.balloon.expect("its memory");
    assert_eq!((balloon.current, balloon.rss), (balloon.maximum, None));
    assert!(!suspended.block.is_empty() && suspended.rest.get("esx.cpu.usage").is_none());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn usage_is_told_with_its_interval() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter()).await else {
        return;
    };
    let uri = format!("vpx://{}/", simulator.host_port());
    let conn = open(&simulator, &uri, "").await.expect("it opens");
    let all = usages(&conn).await.expect("of all");
    let domains = conn.domains().await.expect("the machines");
    assert_eq!(all.len(), domains.len());
    let domain = domains.first().expect("one");
    let one = usage(domain).await.expect("of one");
    assert!(one.error.is_none(), "{one:?}");
    assert_eq!(one.domain.uuid, domain.uuid());
    assert_eq!(one.interval.map(|interval| interval.as_secs()), Some(20));
    assert!(one.measured.is_some() && one.uptime.is_some(), "{one:?}");
    assert!(one.cpu.mhz.is_some() && one.cpu.used.is_some() && one.cpu.percent.is_some());
    assert!(
        one.cpu
            .vcpus
            .iter()
            .all(|vcpu| vcpu.used.is_some() && vcpu.ready.is_some()),
        "{one:?}"
    );
    let info = domain.info().await.expect("what it is");
    assert_eq!(one.memory.configured, info.max_memory);
    assert!(
        one.memory.active.is_some() && one.memory.granted.is_some(),
        "{:?}",
        one.memory
    );
    let disk = one
        .disks
        .iter()
        .find(|disk| disk.capacity.is_some())
        .expect("a disk");
    assert!(
        disk.read_rate.is_some() && disk.write_latency.is_some(),
        "{disk:?}"
    );
    assert!(disk.device.starts_with("scsi0:"), "{disk:?}");
    let card = one.interfaces.first().expect("an interface");
    assert!(card.rx_rate.is_some() && card.tx_packets.is_some(), "{card:?}");
    let root = one.filesystems.first().expect("a file system");
    assert_eq!((root.path.as_str(), root.capacity), ("/", Some(ByteSize::gib(8))));
    conn.shutdown().await.expect("it ends");
}
