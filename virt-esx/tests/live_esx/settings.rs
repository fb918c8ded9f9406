//! Machines that start by themselves, what they get of their hosts, and what is added to them while they run.

use std::time::Duration;

use virt_core::domain::{ConfigScope, DomainFilter};
use virt_core::model::ByteSize;
use virt_core::{Connection, Domain, ErrorKind, Outcome};
use virt_esx::{
    AllocationChange, HotAddChange, Limit, MOST_SHARES, ShareChange, Shares, allocation, hot_add,
    set_allocation, set_hot_add,
};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{SOON, open, simulator};

async fn opened(simulator: &Simulator) -> (Connection, Domain) {
    let conn = open(simulator, &simulator.esx_uri(), "").await.expect("it opens");
    let domains = conn.domains().await.expect("the machines");
    let domain = domains.into_iter().next().expect("one");
    (conn, domain)
}

async fn starts_by_itself(domain: &Domain) -> bool {
    domain.info().await.expect("what it is").autostart
}

#[tokio::test]
async fn whether_a_machine_starts_by_itself_is_set_and_told_to_all() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let (conn, domain) = opened(&simulator).await;
    let (other, same) = opened(&simulator).await;
    assert_eq!(same.uuid(), domain.uuid());
    assert!(!starts_by_itself(&domain).await);
    domain.set_autostart(true).await.expect("it starts by itself");
    assert!(starts_by_itself(&domain).await);
    let mut filter = DomainFilter::all();
    filter.autostart = Some(true);
    let infos = conn.domain_infos(&filter).await.expect("those that do");
    assert_eq!(infos.len(), 1, "{infos:?}");
    // Another connection is told, and asks nothing.
    let told = async |wanted: bool| {
        let waiting = async {
            while starts_by_itself(&same).await != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, waiting).await.expect("it is told");
    };
    told(true).await;
    let control = simulator.control();
    control.reset_calls().await.expect("it counts anew");
    domain.set_autostart(true).await.expect("it does already");
    let calls = control.calls().await.expect("counts");
    assert_eq!(calls.of("ReconfigureAutostart"), 0);
    domain.set_autostart(false).await.expect("it does not any more");
    assert!(!starts_by_itself(&domain).await);
    told(false).await;
    // One that begins later knows it from the beginning.
    domain.set_autostart(true).await.expect("it starts by itself");
    let (later, it) = opened(&simulator).await;
    assert!(starts_by_itself(&it).await);
    for conn in [conn, other, later] {
        conn.shutdown().await.expect("it ends");
    }
}

#[tokio::test]
async fn a_part_of_an_inventory_tells_who_starts_by_itself() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter()).await else {
        return;
    };
    for path in ["", "DC0/DC0_H0/DC0_H0", "DC0/DC0_C0"] {
        let uri = format!("vpx://{}/{path}", simulator.host_port());
        let conn = open(&simulator, &uri, "").await.expect("it opens");
        let domains = conn.domains().await.expect("the machines");
        let domain = domains.last().expect("one");
        domain.set_autostart(true).await.expect("it starts by itself");
        conn.shutdown().await.expect("it ends");
        let conn = open(&simulator, &uri, "").await.expect("it opens");
        let again = conn.domain(domain.uuid()).await.expect("it is there");
        assert!(starts_by_itself(&again).await, "{path}");
        again.set_autostart(false).await.expect("it does not any more");
        conn.shutdown().await.expect("it ends");
    }
}

#[tokio::test]
async fn what_a_machine_gets_is_changed_and_told() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let (conn, domain) = opened(&simulator).await;
    let info = domain.info().await.expect("what it is");
    let before = allocation(&domain).await.expect("what it gets");
    assert_eq!(
        (before.cpu.shares, before.cpu.limit),
        (Shares::Normal, Limit::Unlimited)
    );
    let cpu = ShareChange::default()
        .with_shares(Shares::Custom(777))
        .with_reservation(100)
        .with_limit(Limit::AtMost(2000));
    let memory = ShareChange::default()
        .with_shares(Shares::High)
        .with_reservation(16);
    let change = AllocationChange::default().with_cpu(cpu).with_memory(memory);
    set_allocation(&domain, &change).await.expect("it is changed");
    let after = allocation(&domain).await.expect("what it gets");
    assert_eq!((after.cpu.shares, after.cpu.count), (Shares::Custom(777), 777));
    assert_eq!(
        (after.cpu.reservation, after.cpu.limit),
        (100, Limit::AtMost(2000))
    );
    assert_eq!(
        (after.memory.shares, after.memory.reservation),
        (Shares::High, 16)
    );
    assert_eq!(u64::from(after.memory.count), 20 * info.max_memory.as_mib());
    // Its document tells what it has elements for.
    let config = domain.config().await.expect("its document");
    assert_eq!(config.cputune.as_ref().and_then(|tune| tune.shares), Some(777));
    let granted = config
        .memtune
        .as_ref()
        .and_then(|tune| tune.min_guarantee.as_ref()?.size);
    assert_eq!(granted, Some(ByteSize::mib(16)));
    // What is not named stays.
    let only = AllocationChange::default().with_cpu(ShareChange::default().with_limit(Limit::Unlimited));
    set_allocation(&domain, &only).await.expect("it is changed");
    let last = allocation(&domain).await.expect("what it gets");
    assert_eq!(
        (last.cpu.shares, last.cpu.reservation),
        (Shares::Custom(777), 100)
    );
    assert_eq!((last.cpu.limit, &last.memory), (Limit::Unlimited, &after.memory));
    simulator.control().reset_calls().await.expect("it counts anew");
    set_allocation(&domain, &only).await.expect("it is so already");
    let calls = simulator.calls().await.expect("counts");
    assert_eq!(calls.of("ReconfigVM_Task"), 0);
    let share = ShareChange::default;
    let wrong = [
        AllocationChange::default().with_cpu(share().with_shares(Shares::Custom(MOST_SHARES + 1))),
        AllocationChange::default().with_cpu(share().with_limit(Limit::AtMost(99))),
        AllocationChange::default().with_memory(share().with_reservation(info.max_memory.as_mib() + 1)),
    ];
    for change in wrong {
        let error = set_allocation(&domain, &change)
            .await
            .expect_err("it can be none");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert_eq!(error.outcome(), Outcome::NotApplied);
    }
    let calls = simulator.calls().await.expect("counts");
    assert_eq!(
        calls.of("ReconfigVM_Task"),
        0,
        "refused before anything was changed"
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_is_added_to_a_machine_that_runs_is_what_it_was_let() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let (conn, domain) = opened(&simulator).await;
    let current = ConfigScope::Current;
    let info = domain.info().await.expect("what it is");
    let more = ByteSize::mib(info.max_memory.as_mib() + 100);
    for refused in [
        domain.set_vcpus(info.vcpus + 1, current).await,
        domain.set_max_memory(more, current).await,
        set_hot_add(&domain, &HotAddChange::default().with_vcpus(true)).await,
    ] {
        let error = refused.expect_err("it runs");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        assert!(error.to_string().contains("end it first"), "{error}");
    }
    domain
        .set_vcpus(info.vcpus, current)
        .await
        .expect("it is so already");
    domain.destroy().await.expect("it ends");
    let change = HotAddChange::default().with_vcpus(true).with_memory(true);
    set_hot_add(&domain, &change).await.expect("it is let");
    domain.start().await.expect("it starts");
    let can = hot_add(&domain).await.expect("what it can");
    assert!(can.vcpus && can.memory && !can.vcpus_away, "{can:?}");
    assert_eq!(can.memory_step_mib, Some(128));
    domain
        .set_vcpus(info.vcpus + 1, current)
        .await
        .expect("one is added");
    domain
        .set_max_memory(more, ConfigScope::Live)
        .await
        .expect("some is added");
    let after = domain.info().await.expect("what it is");
    assert_eq!(after.vcpus, info.vcpus + 1);
    assert_eq!(
        after.max_memory.as_mib(),
        info.max_memory.as_mib() + 128,
        "whole steps"
    );
    let most = can.most_memory_mib.expect("a limit");
    for refused in [
        domain.set_vcpus(info.vcpus, current).await,
        domain.set_max_memory(info.max_memory, current).await,
        domain.set_max_memory(ByteSize::mib(most + 1), current).await,
    ] {
        let error = refused.expect_err("it runs");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    }
    domain.suspend().await.expect("it is suspended");
    let error = domain
        .set_vcpus(info.vcpus + 2, current)
        .await
        .expect_err("it is suspended");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    conn.shutdown().await.expect("it ends");
}
