use virt_core::model::AnyDocument;
use virt_core::model::host_interface::{
    AddressFamily, BondMode, HostInterfaceConfig, HostInterfaceType, MiiMonitor, StartMode,
};
use virt_core::model::value::{MacAddress, OnOff};

use crate::place;

#[test]
fn a_bridge_over_a_bond_is_written_as_libvirt_reads_it() {
    let bond = HostInterfaceConfig::bond("bond0", BondMode::ActiveBackup)
        .port("eth1")
        .port("eth2")
        .with(|bond| {
            let mut monitor = MiiMonitor::default();
            monitor.freq = Some(100);
            bond.bond.get_or_insert_default().miimon = Some(monitor);
        })
        .build()
        .unwrap();
    let bridge = HostInterfaceConfig::bridge("br0")
        .start(StartMode::Onboot)
        .mtu(1500)
        .address("192.0.2.1".parse().unwrap(), 24)
        .address("2001:db8::1".parse().unwrap(), 64)
        .gateway("192.0.2.254".parse().unwrap())
        .stp(OnOff::Off)
        .port("eth0")
        .member(bond)
        .build()
        .unwrap();
    let text = "<interface type='bridge' name='br0'>
  <start mode='onboot'/>
  <mtu size='1500'/>
  <protocol family='ipv4'>
    <ip address='192.0.2.1' prefix='24'/>
    <route gateway='192.0.2.254'/>
  </protocol>
  <protocol family='ipv6'>
    <ip address='2001:db8::1' prefix='64'/>
  </protocol>
  <bridge stp='off'>
    <interface type='ethernet' name='eth0'/>
    <interface type='bond' name='bond0'>
      <bond mode='active-backup'>
        <miimon freq='100'/>
        <interface type='ethernet' name='eth1'/>
        <interface type='ethernet' name='eth2'/>
      </bond>
    </interface>
  </bridge>
</interface>
";
    assert_eq!(bridge.to_xml(), text);
    assert_eq!(bridge.normalized(), bridge);
    assert_eq!(bridge.members().len(), 2);
    let any = AnyDocument::from_xml(text).unwrap();
    assert!(matches!(&any, AnyDocument::HostInterface(same) if **same == bridge));
    assert!(any.unknown().is_empty());
}

#[test]
fn adapters_and_vlans_are_built_too() {
    let mac: MacAddress = "52:54:00:12:34:56".parse().unwrap();
    let adapter = HostInterfaceConfig::ethernet("eth0")
        .mac(mac)
        .dhcp(AddressFamily::Ipv4)
        .dhcp(AddressFamily::Ipv6)
        .autoconf()
        .build()
        .unwrap();
    assert_eq!(adapter.protocols.len(), 2);
    assert_eq!(adapter.normalized(), adapter);
    let vlan = HostInterfaceConfig::vlan("eth0", 42).build().unwrap();
    assert_eq!(vlan.name.as_deref(), Some("eth0.42"));
    assert_eq!(HostInterfaceConfig::from_xml(&vlan.to_xml()), Ok(vlan));
    assert!(HostInterfaceConfig::vlan("eth0", 4096).build().is_err());
}

#[test]
fn libvirt_gives_back_only_what_an_interface_has_at_its_place() {
    let text = "<interface type='bridge' name='br0'><link speed='10'/><mtu size='0'/><mac address='52:54:00:12:34:56'/>\
                <protocol family='ipv4'><autoconf/><ip prefix='3'/><ip address='192.0.2.1' prefix='0'/></protocol>\
                <bridge><interface type='ethernet' name='eth0'><start mode='none'/><mtu size='9000'/>\
                <link speed='0' state='up'/></interface></bridge></interface>";
    let normal = HostInterfaceConfig::from_xml(text).unwrap().normalized();
    assert_eq!(
        normal.to_xml(),
        "<interface type='bridge' name='br0'>
  <protocol family='ipv4'>
    <ip address='192.0.2.1'/>
  </protocol>
  <bridge>
    <interface type='ethernet' name='eth0'>
      <link state='up'/>
    </interface>
  </bridge>
</interface>
"
    );
}

#[test]
fn what_does_not_go_together_is_refused_with_its_place() {
    let eth = "<interface type='ethernet' name='e'/>";
    for (attributes, inside, path) in [
        ("type='token-ring' name='a'", String::new(), "/interface/@type"),
        ("type='ethernet'", String::new(), "/interface/@name"),
        ("type='bridge' name='a'", String::new(), "/interface/bridge"),
        ("type='bond' name='a'", String::new(), "/interface/bond"),
        ("type='vlan' name='a'", String::new(), "/interface/vlan"),
        (
            "type='vlan' name='a'",
            "<vlan/>".to_owned(),
            "/interface/vlan/@tag",
        ),
        (
            "type='vlan' name='a'",
            "<vlan tag='4096'/>".to_owned(),
            "/interface/vlan/@tag",
        ),
        (
            "type='vlan' name='a'",
            "<vlan tag='1'/>".to_owned(),
            "/interface/vlan/interface/@name",
        ),
        (
            "type='ethernet' name='a'",
            "<start mode='never'/>".to_owned(),
            "/interface/start/@mode",
        ),
        (
            "type='ethernet' name='a'",
            "<mtu size='100001'/>".to_owned(),
            "/interface/mtu/@size",
        ),
        (
            "type='ethernet' name='a'",
            "<protocol family='ipv4'/><protocol/>".to_owned(),
            "/interface/protocol[2]/@family",
        ),
        (
            "type='ethernet' name='a'",
            "<protocol family='ipx'/>".to_owned(),
            "/interface/protocol[1]/@family",
        ),
        (
            "type='ethernet' name='a'",
            "<link state='odd'/>".to_owned(),
            "/interface/link/@state",
        ),
        (
            "type='bridge' name='a'",
            format!("<bridge>{eth}<interface type='bridge' name='b'/></bridge>"),
            "/interface/bridge/interface[2]/@type",
        ),
        (
            "type='bond' name='a'",
            "<bond><interface type='vlan' name='b'/></bond>".to_owned(),
            "/interface/bond/interface[1]/@type",
        ),
        (
            "type='bond' name='a'",
            format!("<bond mode='odd'>{eth}</bond>"),
            "/interface/bond/@mode",
        ),
        (
            "type='bond' name='a'",
            "<bond><miimon/></bond>".to_owned(),
            "/interface/bond/miimon/@freq",
        ),
        (
            "type='bond' name='a'",
            "<bond><arpmon interval='1'/></bond>".to_owned(),
            "/interface/bond/arpmon/@target",
        ),
        (
            "type='bond' name='a'",
            "<bond><arpmon interval='1' target='192.0.2.1' validate='none'/></bond>".to_owned(),
            "/interface/bond/arpmon/@validate",
        ),
    ] {
        let text = format!("<interface {attributes}>\n{inside}\n</interface>");
        let interface = HostInterfaceConfig::from_xml(&text).unwrap();
        assert_eq!(place(interface.validate()), path, "{text}");
    }
    assert_eq!(
        HostInterfaceConfig::named(HostInterfaceType::Ethernet, "a\u{0}")
            .validate()
            .unwrap_err()
            .path(),
        "/interface/@name"
    );
}
