//! Networks: switches of a host, and what there is beside them in a vCenter.

use virt_core::domain::ConfigScope;
use virt_core::event::{Event, EventFilter, EventStream, NetworkChange};
use virt_core::model::NetworkConfig;
use virt_core::model::network::{
    ForwardInterface, NetworkUpdate, PortGroup, UpdateCommand, UpdateItem, UpdateSection,
};
use virt_core::network::NetworkFilter;
use virt_core::{Connection, ErrorKind, Outcome};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};
use virt_testkit::skip;

use crate::fixture::{SOON, open, simulator};

/// A simulator of a host with a connection to it.
async fn opened() -> Option<(Simulator, Connection)> {
    let simulator = simulator(SimulatorOptions::esx()).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    Some((simulator, conn))
}

fn config(xml: &str) -> NetworkConfig {
    NetworkConfig::from_xml(xml).expect("a document")
}

/// A network `inside` by the host's second card, with two port groups.
fn inside() -> NetworkConfig {
    config(
        "<network><name>inside</name><forward mode='bridge'><interface dev='vmnic1'/></forward>
         <bandwidth><inbound average='1000' peak='5000' burst='5120'/>
         <outbound average='1000' peak='5000' burst='5120'/></bandwidth>
         <portgroup name='front'><vlan><tag id='12'/></vlan></portgroup>
         <portgroup name='back'><bandwidth><inbound average='100'/><outbound average='100'/></bandwidth></portgroup>
         </network>",
    )
}

fn named(name: &str) -> UpdateItem {
    UpdateItem::PortGroup(Box::new(PortGroup::new(name)))
}

fn groups(config: &NetworkConfig) -> Vec<String> {
    config
        .portgroups
        .iter()
        .filter_map(|group| group.name.clone())
        .collect()
}

async fn names(conn: &Connection) -> Vec<String> {
    let infos = conn
        .network_infos(&NetworkFilter::all())
        .await
        .expect("the networks");
    infos.into_iter().map(|info| info.network.name).collect()
}

/// The next changes of networks.
async fn told(events: &mut EventStream, count: usize) -> Vec<NetworkChange> {
    let mut changes = Vec::new();
    let waiting = async {
        while changes.len() < count {
            if let Some(Event::Network(event)) = events.next().await {
                changes.push(event.change);
            }
        }
    };
    tokio::time::timeout(SOON, waiting).await.expect("they are told");
    changes
}

#[tokio::test]
async fn a_hosts_switch_is_a_network() {
    let Some((simulator, conn)) = opened().await else {
        return;
    };
    assert_eq!(names(&conn).await, ["vSwitch0"]);
    let network = conn.network("vSwitch0").await.expect("it is there");
    let info = network.info().await.expect("what it is");
    assert!(info.active && info.persistent && info.autostart && info.bridge.is_none());
    let again = conn.network(network.uuid()).await.expect("it is there");
    assert_eq!(again.name(), "vSwitch0");
    let config = network.config().await.expect("its document");
    let cards = config.forward.as_ref().map(|forward| &forward.interfaces);
    let first = cards.and_then(|cards| cards.first()?.dev.clone());
    assert_eq!(first.as_deref(), Some("vmnic0"));
    // What the host keeps for itself is no port group for guests.
    assert_eq!(groups(&config), ["VM Network"]);
    config.validate().expect("it is valid");

    // libvirt's own driver is asked on the same simulator.
    let uuid = simulator
        .virsh(&simulator.esx_uri(), &["net-uuid", "vSwitch0"])
        .await;
    match uuid {
        Ok(uuid) => assert_eq!(uuid.trim(), network.uuid().to_string()),
        Err(missing) => skip::declare(&missing.to_string()),
    }
    let error = conn.network("none").await.expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("vSwitch0"), "{error}");

    network.set_autostart(true).await.expect("it does already");
    let kinds = [
        network.start().await.expect_err("it is active").kind(),
        network.destroy().await.expect_err("it goes on").kind(),
        network.set_autostart(false).await.expect_err("it does").kind(),
        network.dhcp_leases().await.expect_err("none").kind(),
        network.ports().await.expect_err("none").kind(),
        conn.create_network(&inside()).await.expect_err("it stays").kind(),
    ];
    let unsupported = ErrorKind::Unsupported;
    assert_eq!(kinds[0], ErrorKind::InvalidState);
    assert!(kinds[1..].iter().all(|kind| *kind == unsupported), "{kinds:?}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_switch_is_made_and_removed_with_its_port_groups() {
    let Some((_simulator, conn)) = opened().await else {
        return;
    };
    let mut events = conn.events(EventFilter::all()).await.expect("events");
    let network = conn.define_network(&inside()).await.expect("it is made");
    assert_eq!(
        told(&mut events, 2).await,
        [NetworkChange::Defined, NetworkChange::Started]
    );
    assert_eq!(names(&conn).await, ["inside", "vSwitch0"]);
    let made = network.config().await.expect("its document");
    let mut wanted = inside();
    wanted.uuid = Some(network.uuid());
    wanted.forward.as_mut().expect("it is bridged").dev = Some("vmnic1".to_owned());
    assert_eq!(made.normalized().to_xml(), wanted.normalized().to_xml());

    // Its own document again changes nothing; another name for its uuid, or its name without, is refused.
    let same = conn.define_network(&made).await.expect("it is so");
    assert_eq!(same.uuid(), network.uuid());
    assert_eq!(told(&mut events, 1).await, [NetworkChange::Defined]);
    let mut other = made.clone();
    other.name = "other".to_owned();
    for refused in [&other, &inside()] {
        let error = conn.define_network(refused).await.expect_err("it is there");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    }
    let mut changed = made.clone();
    changed.bandwidth = None;
    changed.portgroups.remove(0);
    changed.portgroups.push(PortGroup::new("third"));
    conn.define_network(&changed).await.expect("it is changed");
    assert_eq!(told(&mut events, 1).await, [NetworkChange::Defined]);
    let now = network.config().await.expect("its document");
    assert!(now.bandwidth.is_none());
    assert_eq!(groups(&now), ["back", "third"]);

    network.undefine().await.expect("it is removed");
    assert_eq!(
        told(&mut events, 2).await,
        [NetworkChange::Stopped, NetworkChange::Undefined]
    );
    assert_eq!(names(&conn).await, ["vSwitch0"]);
    let error = network.info().await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    conn.define_network(&inside())
        .await
        .expect("all its names are free");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_done() {
    let Some((simulator, conn)) = opened().await else {
        return;
    };
    let network = |inner: &str| config(&format!("<network><name>wrong</name>{inner}</network>"));
    for (inner, kind) in [
        (
            "<forward mode='bridge'><interface dev='vmnic7'/></forward>",
            ErrorKind::InvalidConfig,
        ),
        (
            "<forward mode='bridge'><interface dev='vmnic0'/></forward>",
            ErrorKind::Busy,
        ),
        ("<portgroup name='VM Network'/>", ErrorKind::AlreadyExists),
        ("<portgroup name='Management Network'/>", ErrorKind::AlreadyExists),
        ("<ip address='10.1.0.1' prefix='24'/>", ErrorKind::Unsupported),
        (
            "<uuid>6ba7b810-9dad-11d1-80b4-00c04fd430c8</uuid>",
            ErrorKind::Unsupported,
        ),
        (
            "<portgroup name='a'><bandwidth><inbound average='1'/></bandwidth></portgroup>",
            ErrorKind::Unsupported,
        ),
    ] {
        let error = conn.define_network(&network(inner)).await.expect_err(inner);
        assert_eq!(error.kind(), kind, "{inner}: {error}");
        assert_eq!(error.outcome(), Outcome::NotApplied, "{inner}");
    }
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(calls.of("AddVirtualSwitch"), 0);
    assert_eq!(names(&conn).await, ["vSwitch0"]);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_part_that_fails_takes_back_the_rest() {
    let Some((simulator, conn)) = opened().await else {
        return;
    };
    let mut wanted = inside();
    // Longer than a host takes.
    wanted.portgroups.push(PortGroup::new("x".repeat(81)));
    let error = conn.define_network(&wanted).await.expect_err("a part fails");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_eq!(error.outcome(), Outcome::NotApplied, "{error}");
    let calls = simulator.calls().await.expect("what was called");
    assert_eq!(
        (
            calls.of("AddPortGroup"),
            calls.of("RemovePortGroup"),
            calls.of("RemoveVirtualSwitch")
        ),
        (3, 2, 1)
    );
    assert_eq!(names(&conn).await, ["vSwitch0"]);
    conn.define_network(&inside())
        .await
        .expect("nothing is in the way");

    let network = conn.network("inside").await.expect("it is there");
    let before = network.config().await.expect("its document");
    let mut wanted = before.clone();
    wanted.bandwidth = None;
    wanted.portgroups.remove(0);
    wanted.portgroups.push(PortGroup::new("x".repeat(81)));
    let error = conn.define_network(&wanted).await.expect_err("a part fails");
    assert_eq!(error.outcome(), Outcome::NotApplied, "{error}");
    let after = network.config().await.expect("its document");
    let sorted = |mut config: NetworkConfig| {
        config.portgroups.sort_by(|a, b| a.name.cmp(&b.name));
        config.to_xml()
    };
    assert_eq!(sorted(after), sorted(before), "it is as it was");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_is_in_use_stays_and_who_uses_it_is_named() {
    let Some((_simulator, conn)) = opened().await else {
        return;
    };
    let network = conn.network("vSwitch0").await.expect("it is there");
    let error = network.undefine().await.expect_err("it is used");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert!(error.to_string().contains("ha-host_VM0"), "{error}");
    let delete = NetworkUpdate::new(UpdateCommand::Delete, named("VM Network"));
    let error = network
        .update(&delete, ConfigScope::Current)
        .await
        .expect_err("it is used");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert!(error.to_string().contains("ha-host_VM1"), "{error}");

    for domain in conn.domains().await.expect("the machines") {
        domain.destroy().await.expect("it ends");
        domain.undefine().await.expect("it is forgotten");
    }
    let error = network.undefine().await.expect_err("the host uses it");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    assert!(error.to_string().contains("vmk0"), "{error}");
    network
        .update(&delete, ConfigScope::Current)
        .await
        .expect("nobody uses it");
    let config = network.config().await.expect("its document");
    assert!(config.portgroups.is_empty());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn port_groups_and_cards_come_change_and_go() {
    let Some((_simulator, conn)) = opened().await else {
        return;
    };
    let network = conn.define_network(&inside()).await.expect("it is made");
    let update = |command, item: UpdateItem| {
        let network = network.clone();
        async move {
            let update = NetworkUpdate::new(command, item);
            network.update(&update, ConfigScope::Current).await
        }
    };
    let group = |xml: &str| UpdateItem::from_xml(UpdateSection::PortGroup, xml).expect("a port group");
    update(UpdateCommand::AddLast, named("third"))
        .await
        .expect("it comes");
    let error = update(UpdateCommand::AddLast, named("third"))
        .await
        .expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    let tagged = group("<portgroup name='third'><vlan trunk='yes'><tag id='4095'/></vlan></portgroup>");
    update(UpdateCommand::Modify, tagged).await.expect("it changes");
    update(UpdateCommand::Delete, named("front"))
        .await
        .expect("it goes");
    let now = network.config().await.expect("its document");
    assert_eq!(groups(&now), ["back", "third"]);
    let tag = now.portgroups[1]
        .vlan
        .as_ref()
        .and_then(|vlan| vlan.tags.first()?.id);
    assert_eq!(tag, Some(4095));

    let card = || UpdateItem::ForwardInterface(ForwardInterface::new("vmnic1"));
    update(UpdateCommand::Delete, card()).await.expect("it goes");
    assert!(network.config().await.expect("its document").forward.is_none());
    update(UpdateCommand::AddLast, card()).await.expect("it comes");
    let now = network.config().await.expect("its document");
    let cards = now.forward.as_ref().map(|forward| forward.interfaces.len());
    assert_eq!(cards, Some(1));
    let error = update(
        UpdateCommand::AddLast,
        UpdateItem::from_xml(
            UpdateSection::DnsHost,
            "<host ip='10.0.0.1'><hostname>a</hostname></host>",
        )
        .expect("a host"),
    )
    .await
    .expect_err("a switch has no DNS");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_vcenter_shows_port_groups_and_switches_of_one_host_alone() {
    let Some(simulator) = simulator(SimulatorOptions::vcenter()).await else {
        return;
    };
    let root = format!("vpx://{}/", simulator.host_port());
    let conn = open(&simulator, &root, "").await.expect("it opens");
    let all = names(&conn).await;
    assert!(all.contains(&"VM Network".to_owned()), "{all:?}");
    assert!(all.contains(&"DC0_DVPG0".to_owned()), "{all:?}");
    assert!(!all.iter().any(|name| name.contains("DVUplinks")), "{all:?}");
    let network = conn.network("DC0_DVPG0").await.expect("it is there");
    let config = network.config().await.expect("its document");
    config.validate().expect("it is valid");
    let error = network.undefine().await.expect_err("the vCenter's");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let error = conn.define_network(&inside()).await.expect_err("on which host?");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("host"), "{error}");
    conn.shutdown().await.expect("it ends");

    let one = format!("{root}DC0/DC0_H0/DC0_H0");
    let conn = open(&simulator, &one, "").await.expect("it opens");
    let network = conn.define_network(&inside()).await.expect("it is made");
    let all = names(&conn).await;
    for name in ["DC0_DVPG0", "inside", "vSwitch0"] {
        assert!(all.contains(&name.to_owned()), "{name}: {all:?}");
    }
    network.undefine().await.expect("it is removed");
    conn.shutdown().await.expect("it ends");
}
