//! The interfaces of a host by its properties.

use std::net::{IpAddr, Ipv4Addr};

use super::small;
use crate::extension::{HostAddress, HostInterface, HostInterfaceKind};
use crate::vim::{HostIpConfig, HostVirtualNic, HostVirtualSwitch, ObjectContent, PhysicalNic};

pub(super) const PROPERTIES: &[&str] = &[
    "config.network.pnic",
    "config.network.vnic",
    "config.network.consoleVnic",
    "config.network.vswitch",
];

/// Network cards first.
pub(super) fn of(content: ObjectContent) -> Vec<HostInterface> {
    let host = content.obj.value;
    let (mut cards, mut own, mut of_console, mut switches) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for property in content.prop_set {
        let value = property.val;
        match property.name.as_str() {
            "config.network.pnic" => cards = value.list::<PhysicalNic>().unwrap_or_default(),
            "config.network.vnic" => own = value.list::<HostVirtualNic>().unwrap_or_default(),
            "config.network.consoleVnic" => of_console = value.list::<HostVirtualNic>().unwrap_or_default(),
            "config.network.vswitch" => switches = value.list::<HostVirtualSwitch>().unwrap_or_default(),
            _ => {}
        }
    }
    let cards = cards.iter().map(|card| physical(&host, card, &switches));
    let kernel = own
        .iter()
        .map(|nic| virtual_one(&host, nic, HostInterfaceKind::Kernel));
    let console = of_console
        .iter()
        .map(|nic| virtual_one(&host, nic, HostInterfaceKind::Console));
    cards.chain(kernel).chain(console).collect()
}

fn physical(host: &str, card: &PhysicalNic, switches: &[HostVirtualSwitch]) -> HostInterface {
    let key = card.key.as_deref().unwrap_or_default();
    let switch = switches
        .iter()
        .find(|switch| switch.pnic.iter().any(|card| card == key));
    let link = card.link_speed.as_ref();
    HostInterface {
        host: host.to_owned(),
        name: card.device.clone(),
        kind: HostInterfaceKind::Physical,
        mac: card.mac.as_deref().and_then(|mac| mac.parse().ok()),
        speed_mbits: link.map(|link| small(link.speed_mb)),
        full_duplex: link.map(|link| link.duplex),
        mtu: switch.and_then(|switch| switch.mtu).map(small),
        addresses: card.spec.ip.as_ref().map(addresses).unwrap_or_default(),
        dhcp: false,
        port_group: None,
        driver: card.driver.clone().filter(|driver| !driver.is_empty()),
        pci: Some(card.pci.clone()).filter(|pci| !pci.is_empty()),
    }
}

fn virtual_one(host: &str, nic: &HostVirtualNic, kind: HostInterfaceKind) -> HostInterface {
    let spec = &nic.spec;
    let ip = spec.ip.as_ref();
    HostInterface {
        host: host.to_owned(),
        name: nic.device.clone(),
        kind,
        mac: spec.mac.as_deref().and_then(|mac| mac.parse().ok()),
        speed_mbits: None,
        full_duplex: None,
        mtu: spec.mtu.map(small),
        addresses: ip.map(addresses).unwrap_or_default(),
        dhcp: ip.is_some_and(|ip| ip.dhcp),
        port_group: Some(nic.portgroup.clone()).filter(|group| !group.is_empty()),
        driver: None,
        pci: None,
    }
}

fn addresses(ip: &HostIpConfig) -> Vec<HostAddress> {
    let four = ip.ip_address.as_deref().and_then(|address| {
        let address: Ipv4Addr = address.parse().ok()?;
        let mask: Ipv4Addr = ip.subnet_mask.as_deref()?.parse().ok()?;
        let bits = u8::try_from(mask.to_bits().leading_ones()).ok()?;
        // A server says so where it has none yet.
        (!address.is_unspecified()).then_some(HostAddress::new(IpAddr::V4(address), bits))
    });
    let six = ip.ip_v6_config.iter().flat_map(|config| &config.ip_v6_address);
    let six = six.filter_map(|told| {
        let address = told
            .ip_address
            .parse()
            .ok()
            .filter(|address: &IpAddr| address.is_ipv6())?;
        Some(HostAddress::new(address, u8::try_from(told.prefix_length).ok()?))
    });
    four.into_iter().chain(six).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{HostIpConfigIpV6Address, HostIpConfigIpV6AddressConfiguration};

    #[test]
    fn addresses_are_told_with_the_bits_of_their_networks() {
        let told = HostIpConfigIpV6Address {
            ip_address: "fe80::1".to_owned(),
            prefix_length: 64,
            ..HostIpConfigIpV6Address::default()
        };
        let mut ip = HostIpConfig {
            ip_address: Some("10.1.2.3".to_owned()),
            subnet_mask: Some("255.255.252.0".to_owned()),
            ip_v6_config: Some(HostIpConfigIpV6AddressConfiguration {
                ip_v6_address: vec![told],
                ..HostIpConfigIpV6AddressConfiguration::default()
            }),
            ..HostIpConfig::default()
        };
        let found: Vec<(String, u8)> = addresses(&ip)
            .into_iter()
            .map(|found| (found.address.to_string(), found.prefix))
            .collect();
        assert_eq!(found, [("10.1.2.3".to_owned(), 22), ("fe80::1".to_owned(), 64)]);
        ip.ip_address = Some("0.0.0.0".to_owned());
        assert_eq!(addresses(&ip).len(), 1);
    }

    #[test]
    fn a_card_has_the_largest_packet_of_its_switch() {
        let card = PhysicalNic {
            key: Some("key-vim.host.PhysicalNic-vmnic0".to_owned()),
            device: "vmnic0".to_owned(),
            mac: Some("00:0c:29:81:d8:a0".to_owned()),
            ..PhysicalNic::default()
        };
        let switch = HostVirtualSwitch {
            mtu: Some(9000),
            pnic: vec!["key-vim.host.PhysicalNic-vmnic0".to_owned()],
            ..HostVirtualSwitch::default()
        };
        let found = physical("ha-host", &card, &[switch]);
        assert_eq!(
            (found.mtu, found.speed_mbits, found.mac.is_some()),
            (Some(9000), None, true)
        );
    }
}
