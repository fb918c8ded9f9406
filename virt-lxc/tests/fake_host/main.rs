//! Machines this one is not: with cgroup v2 alone, without a memory controller, of an ordinary user, without liblxc. Their
//! tools are made up, so these run everywhere.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine;

use machine::{Layout, Machine};
use virt_core::ErrorKind;
use virt_core::domain::{ConfigScope, DomainState};
use virt_core::model::ByteSize;
use virt_core::stats::StatsGroups;

/// What a start may take, of whatever size the container is.
const ROUND_TRIPS: u64 = 8;

#[tokio::test]
async fn with_cgroup_v2_alone_limits_and_figures_are_those_of_v2() {
    let machine = Machine::new(Layout::Unified("cpuset cpu io memory pids"));
    let conn = machine.open().await.unwrap();
    let tuned = "<cputune><shares>512</shares><period>100000</period><quota>50000</quota></cputune>\
                 <memtune><hard_limit unit='MiB'>48</hard_limit></memtune>";
    let domain = conn.define_domain(&machine.document("web", tuned)).await.unwrap();
    let config = machine.config("web");
    assert!(config.contains("lxc.cgroup2.memory.max = 50331648\n"), "{config}");
    assert!(
        config.contains("lxc.cgroup2.cpu.max = 50000 100000\n"),
        "{config}"
    );
    assert!(config.contains("lxc.cgroup2.devices.deny = a\n"), "{config}");
    assert!(!config.contains("lxc.cgroup."), "{config}");
    domain.start().await.unwrap();
    let row = domain.stats(StatsGroups::all()).await.unwrap();
    assert!(row.error.is_none(), "{:?}", row.error);
    let cpu = row.stats.cpu.unwrap();
    assert_eq!(cpu.time.as_micros(), 4_000_000);
    let memory = row.stats.balloon.unwrap();
    assert_eq!(memory.current, 50_331_648);
    assert_eq!(memory.unused, Some(50_331_648 - 1_048_576));
    domain
        .set_memory(ByteSize::mib(32), ConfigScope::Live)
        .await
        .unwrap();
    let asked = machine.asked("lxc-cgroup");
    assert!(
        asked.iter().any(|words| words.ends_with("memory.max 33554432")),
        "{asked:?}"
    );
    domain.destroy().await.unwrap();
    assert_eq!(domain.info().await.unwrap().state, DomainState::ShutOff);
}

#[tokio::test]
async fn without_a_memory_controller_a_limit_is_refused_for_its_reason_and_a_size_is_not() {
    let machine = Machine::new(Layout::Unified("cpuset cpu io pids"));
    let conn = machine.open().await.unwrap();
    let limited = machine.document("web", "<memtune><hard_limit unit='MiB'>48</hard_limit></memtune>");
    let error = conn.define_domain(&limited).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let said = format!("{error}");
    assert!(
        said.contains("memory controller") && said.contains("cgroup v1 holds it"),
        "{said}"
    );
    assert!(!machine.has("web"), "something was written");
    // A size is what every domain has.
    let domain = conn.define_domain(&machine.document("web", "")).await.unwrap();
    assert!(!machine.config("web").contains("memory"));
    domain.start().await.unwrap();
    let error = domain
        .set_memory(ByteSize::mib(32), ConfigScope::Live)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(format!("{error}").contains("cgroup v1 holds it"), "{error}");
    let row = domain.stats(StatsGroups::all()).await.unwrap();
    assert!(row.error.is_none(), "{:?}", row.error);
    assert!(row.stats.cpu.is_some());
    domain.destroy().await.unwrap();
}

#[tokio::test]
async fn an_ordinary_user_with_no_group_of_his_own_is_told_what_cannot_be() {
    let machine = Machine::new(Layout::Hybrid).of_user(4242);
    let conn = machine.open().await.unwrap();
    let limited = machine.document("web", "<memtune><hard_limit unit='MiB'>48</hard_limit></memtune>");
    let error = conn.define_domain(&limited).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(format!("{error}").contains("ordinary user"), "{error}");
    let domain = conn.define_domain(&machine.document("web", "")).await.unwrap();
    let config = machine.config("web");
    assert!(!config.contains("lxc.cgroup"), "{config}");
    domain.start().await.unwrap();
    let error = domain.suspend().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(format!("{error}").contains("freezer"), "{error}");
    assert!(machine.asked("lxc-freeze").is_empty());
    domain.destroy().await.unwrap();
}

#[tokio::test]
async fn without_liblxc_the_package_is_named() {
    let machine = Machine::new(Layout::Hybrid).without_tools();
    for uri in [machine.uri(), "lxc:///embed".to_owned()] {
        let error = machine.open_at(&uri).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(format!("{error}").contains("install the package lxc"), "{error}");
    }
}

#[tokio::test]
async fn a_start_and_a_destroy_take_few_round_trips() {
    let machine = Machine::new(Layout::Hybrid);
    let conn = machine.open().await.unwrap();
    let tuned = "<cputune><shares>512</shares></cputune>";
    let domain = conn.define_domain(&machine.document("web", tuned)).await.unwrap();
    let (mut start, mut destroy) = (u64::MAX, u64::MAX);
    // The fewest of several: what is looked for on the side at the same time is not theirs.
    for _ in 0..5 {
        machine.host.forget();
        domain.start().await.unwrap();
        start = start.min(machine.host.batches());
        machine.host.forget();
        domain.destroy().await.unwrap();
        destroy = destroy.min(machine.host.batches());
    }
    assert!(start <= ROUND_TRIPS, "a start takes {start} round trips");
    assert!(destroy <= ROUND_TRIPS, "a destroy takes {destroy} round trips");
    for number in 0..20 {
        let config = machine.document(&format!("many{number}"), "");
        conn.define_domain(&config).await.unwrap().start().await.unwrap();
    }
    let mut statistics = u64::MAX;
    for _ in 0..5 {
        machine.host.forget();
        conn.domain_stats(StatsGroups::all()).await.unwrap();
        statistics = statistics.min(machine.host.batches());
    }
    assert_eq!(statistics, 1, "round trips of the statistics of 20 containers");
}
