//! Networks as documents: built by hand, read, checked, given back as libvirt does, changed in part.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::Ipv4Addr;

use virt_core::model::network::{
    DhcpHost, DnsHost, DnsService, DnsText, ForwardInterface, ForwardMode, NetworkUpdate, NetworkUpdateError,
    PortGroup, UpdateCommand, UpdateItem, UpdateSection,
};
use virt_core::model::{AnyDocument, NetworkConfig, NetworkPortConfig};
use virt_core::xml::XmlProblem;

const HOST: Ipv4Addr = Ipv4Addr::new(192, 168, 122, 1);
const UUID: &str = "81ff0d90-c91e-6742-64da-4a736edb9a9b";

fn web() -> NetworkConfig {
    NetworkConfig::builder("web")
        .uuid(UUID.parse().unwrap())
        .nat()
        .domain("example.com")
        .ip(HOST, 24)
        .dhcp_range(Ipv4Addr::new(192, 168, 122, 2), Ipv4Addr::new(192, 168, 122, 254))
        .dhcp_host(DhcpHost::new(
            "52:54:00:aa:bb:cc".parse().unwrap(),
            Ipv4Addr::new(192, 168, 122, 10),
        ))
        .dns_host(DnsHost::new(HOST, ["gateway"]))
        .dns_text("motto", "be kind")
        .dns_service(DnsService::new("ldap", "tcp").on("gateway", 389))
        .build()
        .unwrap()
}

#[test]
fn a_network_built_by_hand_is_read_back_equal() {
    let network = web();
    let xml = network.to_xml();
    assert_eq!(
        xml,
        "<network>
  <name>web</name>
  <uuid>81ff0d90-c91e-6742-64da-4a736edb9a9b</uuid>
  <forward mode='nat'/>
  <domain name='example.com'/>
  <dns>
    <txt name='motto' value='be kind'/>
    <srv service='ldap' protocol='tcp' target='gateway' port='389'/>
    <host ip='192.168.122.1'>
      <hostname>gateway</hostname>
    </host>
  </dns>
  <ip address='192.168.122.1' prefix='24'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
      <host mac='52:54:00:aa:bb:cc' ip='192.168.122.10'/>
    </dhcp>
  </ip>
</network>
"
    );
    assert_eq!(NetworkConfig::from_xml(&xml).unwrap(), network);
    assert!(matches!(
        AnyDocument::from_xml(&xml).unwrap(),
        AnyDocument::Network(_)
    ));
}

#[test]
fn every_way_of_forwarding_can_be_built() {
    let isolated = NetworkConfig::builder("a").isolated().build().unwrap();
    assert_eq!(isolated.forward_mode(), None);
    let routed = NetworkConfig::builder("a").routed().ip(HOST, 24).build().unwrap();
    assert_eq!(routed.forward_mode(), Some(ForwardMode::Route));
    let open = NetworkConfig::builder("a").open().ip(HOST, 24).build().unwrap();
    assert_eq!(open.forward_mode(), Some(ForwardMode::Open));
    let bridge = NetworkConfig::builder("a").bridge("br0").build().unwrap();
    assert_eq!(bridge.bridge.unwrap().name.as_deref(), Some("br0"));
    let direct = NetworkConfig::builder("a")
        .direct(ForwardMode::Vepa, ["eth0", "eth1"])
        .build();
    assert_eq!(direct.unwrap().forward.unwrap().interfaces.len(), 2);
    let options = NetworkConfig::builder("a")
        .dnsmasq_option("log-queries")
        .build()
        .unwrap();
    assert!(options.to_xml().contains("<dnsmasq:option value='log-queries'/>"));
}

#[test]
fn libvirt_gives_back_what_was_not_said() {
    let network = NetworkConfig::from_xml(
        "<network ipv6='no' connections='3'>
  <forward dev='eth1' managed='yes'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><bootp file='a'/></dhcp></ip>
  <ip family='ipv6' address='FE80::1'><dhcp><host name='a' ip='FE80::2'/></dhcp></ip>
  <mac address='52:54:00:AA:BB:CC'/>
  <bandwidth/><name>n</name><title></title>
  <vlan trunk='no'><tag id='0x7'/></vlan>
</network>",
    )
    .unwrap();
    assert_eq!(
        network.normalized().to_xml(),
        "<network>
  <name>n</name>
  <forward dev='eth1' mode='nat'>
    <interface dev='eth1'/>
  </forward>
  <bridge stp='on' delay='0'/>
  <mac address='52:54:00:aa:bb:cc'/>
  <vlan>
    <tag id='7'/>
  </vlan>
  <ip address='192.168.122.1' netmask='255.255.255.0'/>
  <ip family='ipv6' address='fe80::1'>
    <dhcp>
      <host name='a' ip='fe80::2'/>
    </dhcp>
  </ip>
</network>
"
    );
}

#[test]
fn the_ethernet_address_of_a_static_host_stays_as_it_was_written() {
    let network = NetworkConfig::from_xml(
        "<network><name>n</name><ip address='10.0.0.1'>
<dhcp><host ip='10.0.0.2' mac='52:54:00:AA:BB:CC'/></dhcp></ip></network>",
    )
    .unwrap();
    let given = network.normalized().to_xml();
    assert!(
        given.contains("<host mac='52:54:00:AA:BB:CC' ip='10.0.0.2'/>"),
        "{given}"
    );
}

#[test]
fn what_libvirt_refuses_is_refused_with_path_and_position() {
    let wrong = |inside: &str| {
        let xml = format!("<network>\n  <name>n</name>\n  {inside}\n</network>");
        let error = NetworkConfig::from_xml(&xml)
            .and_then(|network| network.validate())
            .unwrap_err();
        assert!(error.position().is_some(), "{error}");
        (error.path().to_owned(), error.position().unwrap().line())
    };
    let ip = |inside: &str| wrong(&format!("<ip address='10.0.0.1' prefix='24'>{inside}</ip>")).0;
    assert_eq!(
        wrong("<forward mode='sideways'/>"),
        ("/network/forward/@mode".to_owned(), 3)
    );
    assert_eq!(wrong("<forward/>").0, "/network/ip");
    assert_eq!(wrong("<ip address='10.0.0.333'/>").0, "/network/ip[1]/@address");
    assert_eq!(wrong("<ip address='a::1'/>").0, "/network/ip[1]/@family");
    assert_eq!(
        wrong("<ip address='10.0.0.1' prefix='33'/>").0,
        "/network/ip[1]/@prefix"
    );
    assert_eq!(
        ip("<dhcp><range start='10.0.1.2' end='10.0.1.9'/></dhcp>"),
        "/network/ip[1]/dhcp/range[1]/@start"
    );
    assert_eq!(
        ip("<dhcp><range start='10.0.0.9' end='10.0.0.2'/></dhcp>"),
        "/network/ip[1]/dhcp/range[1]"
    );
    assert_eq!(
        ip("<dhcp><range start='10.0.0.2' end='10.0.0.255'/></dhcp>"),
        "/network/ip[1]/dhcp/range[1]/@end"
    );
    assert_eq!(
        ip("<dhcp><host ip='10.0.0.2'/></dhcp>"),
        "/network/ip[1]/dhcp/host[1]"
    );
    assert_eq!(
        ip("<dhcp><host name='a' ip='10.0.0.2'><lease expiry='1'/></host></dhcp>"),
        "/network/ip[1]/dhcp/host[1]/lease/@expiry"
    );
    assert_eq!(
        wrong("<dns enable='no'><txt name='a' value='b'/></dns>").0,
        "/network/dns/@enable"
    );
    assert_eq!(
        wrong("<dns><txt name='a b' value='b'/></dns>").0,
        "/network/dns/txt[1]/@name"
    );
    assert_eq!(
        wrong("<dns><srv service='a' protocol='tcp' port='1'/></dns>").0,
        "/network/dns/srv[1]/@port"
    );
    assert_eq!(
        wrong("<route address='10.1.0.0' prefix='16' gateway='10.0.0.9'/>").0,
        "/network/route[1]/@gateway"
    );
    assert_eq!(
        wrong("<forward mode='hostdev'><address type='pci' bus='1'/><address type='pci' bus='1'/></forward>")
            .0,
        "/network/forward/address[2]"
    );
    assert_eq!(
        wrong("<forward mode='bridge'/><bridge name='br0' delay='5'/>").0,
        "/network/bridge/@delay"
    );
    assert_eq!(
        wrong("<portgroup name='a'/><portgroup name='a'/>").0,
        "/network/portgroup[2]/@name"
    );
    assert_eq!(
        wrong("<vlan><tag id='4096'/></vlan>").0,
        "/network/vlan/tag[1]/@id"
    );
    assert_eq!(wrong("<virtualport/>").0, "/network/virtualport/@type");
    assert_eq!(
        wrong("<bandwidth><inbound peak='5'/></bandwidth>").0,
        "/network/bandwidth/inbound/@average"
    );
    assert_eq!(
        wrong("<virtualport type='802.1Qbh'><parameters managerid='5'/></virtualport>").0,
        "/network/virtualport/parameters/@managerid"
    );
    let unnamed = NetworkConfig::default().validate().unwrap_err();
    assert!(matches!(unnamed.problem(), XmlProblem::Missing(_)));
    assert!(NetworkConfig::builder("a/b").build().is_err());
    assert!(
        NetworkConfig::builder("a")
            .dhcp_range(HOST, HOST)
            .build()
            .is_err()
    );
}

#[test]
fn one_part_of_a_network_is_changed() {
    let network = web();
    let change = |command, item: UpdateItem| network.updated(&NetworkUpdate::new(command, item));
    let host = |last: u8, name: &str| -> UpdateItem {
        DhcpHost::named(name, Ipv4Addr::new(192, 168, 122, last)).into()
    };

    let added = change(UpdateCommand::AddFirst, host(11, "b")).unwrap();
    let hosts = &added.ips.first().unwrap().dhcp.as_ref().unwrap().hosts;
    assert_eq!(hosts.first().unwrap().name.as_deref(), Some("b"));
    assert_eq!(hosts.len(), 2);
    assert_eq!(network, web(), "the network itself is as it was");

    let taken = change(UpdateCommand::AddLast, host(10, "b")).unwrap_err();
    assert!(matches!(taken, NetworkUpdateError::Exists { .. }), "{taken}");
    let missing = change(UpdateCommand::Modify, host(99, "b")).unwrap_err();
    assert!(
        matches!(missing, NetworkUpdateError::NotFound { .. }),
        "{missing}"
    );
    let removed = change(UpdateCommand::Delete, host(10, "b")).unwrap_err();
    assert!(
        matches!(removed, NetworkUpdateError::NotFound { .. }),
        "the name must match too"
    );

    let text = change(UpdateCommand::Modify, DnsText::new("motto", "be brave").into()).unwrap();
    let texts = text.dns.unwrap().texts;
    assert_eq!(texts.first().unwrap().value.as_deref(), Some("be brave"));

    let group = change(UpdateCommand::AddLast, PortGroup::new("staff").into()).unwrap();
    assert_eq!(group.portgroups.len(), 1);
    let device = change(UpdateCommand::AddLast, ForwardInterface::new("eth0").into());
    assert_eq!(device.unwrap().forward.unwrap().dev.as_deref(), Some("eth0"));

    let no_ip = network
        .updated(&NetworkUpdate::new(UpdateCommand::AddLast, host(11, "b")).of_ip(1))
        .unwrap_err();
    assert_eq!(no_ip.to_string(), "the network 'web' has no <ip> with number 1");
}

#[test]
fn sections_that_are_not_changed_say_so() {
    for section in UpdateSection::ALL {
        assert_eq!(UpdateSection::from_name(section.name()), Some(*section));
    }
    let bridge = UpdateItem::from_xml(UpdateSection::Bridge, "<bridge/>").unwrap_err();
    assert_eq!(
        bridge.to_string(),
        "the section bridge of a network cannot be updated"
    );
    let range = UpdateItem::from_xml(
        UpdateSection::DhcpRange,
        "<range start='192.168.122.2' end='192.168.122.254'/>",
    )
    .unwrap();
    let refused = web()
        .updated(&NetworkUpdate::new(UpdateCommand::Modify, range))
        .unwrap_err();
    assert!(matches!(refused, NetworkUpdateError::Unsupported { .. }));
    let other = UpdateItem::from_xml(UpdateSection::DnsText, "<srv service='a'/>").unwrap_err();
    assert!(matches!(other, NetworkUpdateError::Fragment(_)));
}

#[test]
fn a_network_port_needs_an_owner_and_what_it_leads_to() {
    let xml = |plug: &str| {
        format!(
            "<networkport>
  <owner><name>web</name><uuid>{UUID}</uuid></owner>
  <mac address='52:54:00:7b:35:93'/>
  {plug}
</networkport>"
        )
    };
    let check = |plug: &str| NetworkPortConfig::from_xml(&xml(plug)).and_then(|port| port.validate());
    assert_eq!(check("<plug type='bridge' bridge='br0'/>"), Ok(()));
    assert_eq!(
        check("<plug type='bridge'/>").unwrap_err().path(),
        "/networkport/plug/@bridge"
    );
    assert_eq!(
        check("<plug type='pipe'/>").unwrap_err().path(),
        "/networkport/plug/@type"
    );
    let nobody = NetworkPortConfig::from_xml("<networkport/>")
        .unwrap()
        .validate()
        .unwrap_err();
    assert_eq!(nobody.path(), "/networkport/owner");
}
