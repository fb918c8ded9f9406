//! The machine behind a connection, and the hosts, clusters and interfaces of an inventory.

use virt_core::model::domain::Cpu;
use virt_core::model::{Capabilities, DomainType};
use virt_core::node::HypervisorTarget;
use virt_core::{Capability, ErrorKind, Support};
use virt_esx::{DrsAutomation, HostConnection, HostInterfaceKind, clusters, host_interfaces, hosts};
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{open, simulator};

#[tokio::test]
async fn a_host_tells_what_it_and_its_machines_can_do() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let can = conn.capabilities();
    assert!(can.has(Capability::HostCapabilities) && can.has(Capability::DomainCapabilities));
    assert_eq!(can.support(Capability::HostStatistics), Support::Unknown);
    let (node, info) = (conn.node(), conn.node_info().await.expect("its host"));
    let found: Capabilities = node.capabilities().await.expect("its document");
    found.validate().expect("a valid one");
    assert_eq!(found.host_arch(), Some(info.arch.as_str()));
    assert_eq!(u32::try_from(found.cells().len()), Ok(info.cells));
    assert_eq!(u32::try_from(found.online_cpus().count()), Ok(info.cpus));
    assert!(
        found.supports("x86_64", &DomainType::Vmware),
        "{}",
        found.to_xml()
    );
    assert!(found.host.as_ref().is_some_and(|host| host.uuid.is_some()));
    assert_eq!(
        found.host_cpu().and_then(|cpu| cpu.vendor.as_deref()),
        Some("Intel")
    );
    let target = HypervisorTarget::default();
    let guests = node.domain_capabilities(&target).await.expect("of its machines");
    assert_eq!(guests.domain, Some(DomainType::Vmware));
    assert_eq!(guests.max_vcpus(), Some(128));
    assert_eq!(node.max_vcpus(None).await.expect("the most vCPUs"), 128);
    let wrong = target.machine("q35");
    let error = node
        .domain_capabilities(&wrong)
        .await
        .map(drop)
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let error = node
        .max_vcpus(Some(&DomainType::Kvm))
        .await
        .expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let tables = node.sysinfo().await.expect("its tables");
    let system = tables.system.expect("the system");
    assert_eq!(system.value("manufacturer"), Some("VMware, Inc."));
    assert!(
        system
            .value("serial")
            .is_some_and(|serial| serial.starts_with("VMware-"))
    );
    assert!(tables.bios.is_some_and(|bios| bios.value("version").is_some()));
    assert!(node.manager_version().await.expect("a version").major >= 6);
    for error in [
        node.cpu_models("x86_64")
            .await
            .map(drop)
            .expect_err("none are known"),
        node.compare_cpu(&Cpu::default())
            .await
            .map(drop)
            .expect_err("none are compared"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_host_tells_how_busy_it_is() {
    let Some(simulator) = simulator(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let (node, info) = (conn.node(), conn.node_info().await.expect("its host"));
    let map = node.cpu_map().await.expect("its processors");
    assert_eq!(u32::try_from(map.online_cpus().count()), Ok(info.cpus));
    let memory = node.memory_stats(None).await.expect("its memory");
    assert_eq!(memory.total.map(|total| total.as_kib()), Some(info.memory_kib));
    let free = node.free_memory().await.expect("what is free");
    assert!(
        !free.is_zero() && Some(free) <= memory.total,
        "{free} of {memory:?}"
    );
    let cells = node.cells_free_memory(0..9).await.expect("of the only cell");
    assert_eq!(cells.len(), 1);
    let all = node.cpu_stats(None).await.expect("all processors");
    assert!(
        all.utilization_percent.is_some_and(|percent| percent <= 100),
        "{all:?}"
    );
    assert_eq!((all.user, all.idle), (None, None));
    let one = node.cpu_stats(Some(0)).await.expect("one processor");
    assert!(one.utilization_percent.is_some(), "{one:?}");
    for error in [
        node.cpu_stats(Some(999))
            .await
            .map(drop)
            .expect_err("there is none"),
        node.memory_stats(Some(99))
            .await
            .map(drop)
            .expect_err("there is none"),
        node.cells_free_memory(7..9)
            .await
            .map(drop)
            .expect_err("there are none"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    assert_eq!(clusters(&conn).await.expect("none"), []);
    let small = virt_core::model::ByteSize::kib(4);
    let error = node
        .free_pages(&[small], 0..1)
        .await
        .map(drop)
        .expect_err("not told");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn an_inventory_has_hosts_clusters_and_interfaces() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter()).await else {
        return;
    };
    let root = format!("vpx://{}", simulator.host_port());
    let conn = open(&simulator, &format!("{root}/"), "").await.expect("it opens");
    let (all, found) = (
        hosts(&conn).await.expect("the hosts"),
        clusters(&conn).await.expect("the clusters"),
    );
    let cluster = found.first().expect("a cluster");
    assert_eq!(
        (cluster.name.as_str(), cluster.drs, cluster.ha),
        ("DC0_C0", true, true)
    );
    assert_eq!(cluster.drs_automation, Some(DrsAutomation::Full));
    assert!(cluster.cpu_mhz > 0 && !cluster.memory.is_zero(), "{cluster:?}");
    let of_it: Vec<&str> = all
        .iter()
        .filter(|host| host.cluster.as_ref() == Some(&cluster.id))
        .map(|host| host.id.as_str())
        .collect();
    let mut listed: Vec<&str> = cluster.hosts.iter().map(String::as_str).collect();
    listed.sort_unstable();
    let mut told = of_it.clone();
    told.sort_unstable();
    assert!(told.len() > 1 && told == listed, "{told:?} and {listed:?}");
    for host in &all {
        assert!(host.is_on && !host.in_maintenance, "{host:?}");
        assert_eq!(host.connection, HostConnection::Connected);
        assert!(
            host.version.starts_with('6') && host.product.contains("ESXi"),
            "{host:?}"
        );
        assert!(
            host.uptime.is_some() && host.booted.is_some() && host.uuid.is_some(),
            "{host:?}"
        );
        assert!(
            host.memory_used.is_some_and(|used| used < host.memory),
            "{host:?}"
        );
        assert!(
            host.cores > 0 && host.cpu_mhz > 0 && host.cpu_used_mhz.is_some(),
            "{host:?}"
        );
    }
    let control = simulator.control();
    control.reset_calls().await.expect("it counts anew");
    let interfaces = host_interfaces(&conn).await.expect("the interfaces");
    let calls = control.calls().await.expect("counts");
    assert_eq!(calls.of("RetrievePropertiesEx"), 1, "of all hosts at once");
    for host in &all {
        let own: Vec<_> = interfaces.iter().filter(|one| one.host == host.id).collect();
        let card = own
            .iter()
            .find(|one| one.kind == HostInterfaceKind::Physical)
            .expect("a card");
        assert!(
            card.name.starts_with("vmnic") && card.mac.is_some() && card.speed_mbits.is_some(),
            "{card:?}"
        );
        let kernel = own
            .iter()
            .find(|one| one.kind == HostInterfaceKind::Kernel)
            .expect("its own");
        assert!(
            kernel.name.starts_with("vmk") && !kernel.addresses.is_empty(),
            "{kernel:?}"
        );
        assert!(kernel.mtu.is_some() && kernel.port_group.is_some(), "{kernel:?}");
    }
    conn.shutdown().await.expect("it ends");
    // A connection about one host tells of that.
    let conn = open(&simulator, &format!("{root}/DC0/DC0_H0/DC0_H0"), "").await;
    let conn = conn.expect("it opens");
    let one = hosts(&conn).await.expect("the host");
    assert_eq!(
        one.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(),
        ["DC0_H0"]
    );
    assert_eq!(one.first().and_then(|host| host.cluster.clone()), None);
    assert_eq!(clusters(&conn).await.expect("none"), []);
    let found = conn.node().capabilities().await.expect("its document");
    assert_eq!(
        found.host.and_then(|host| host.uuid),
        one.first().and_then(|host| host.uuid)
    );
    conn.shutdown().await.expect("it ends");
}
