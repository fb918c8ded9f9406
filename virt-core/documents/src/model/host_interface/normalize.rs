//! The interface as libvirt gives it back.

use super::bond::{ArpMonitor, Bond, MiiMonitor};
use super::bridge::{HostBridge, HostVlan, VlanDevice};
use super::config::{HostInterfaceConfig, HostInterfaceStart, HostInterfaceType, HostLink};
use super::protocol::{AddressFamily, HostAutoconf, HostDhcp, HostIpAddress, HostProtocol, HostRoute};
use crate::model::complaint::said;
use crate::model::domain::devices::{InterfaceMac, InterfaceMtu};
use crate::xml::keep_unknown;

impl HostInterfaceConfig {
    /// The document as libvirt gives it back when it read this one: only what an interface of its type has at its
    /// place, in libvirt's order and spelling. What this version does not understand is kept in what is.
    ///
    /// What is invalid is left as it is: see [`validate`](Self::validate).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let start = self.start.as_ref().and_then(|start| start.mode.clone());
        let mtu = self
            .mtu
            .as_ref()
            .and_then(|mtu| mtu.size)
            .filter(|size| *size > 0);
        let mut normal = Self {
            start: start
                .filter(|mode| !mode.as_str().is_empty())
                .map(|mode| HostInterfaceStart {
                    mode: Some(mode),
                    ..HostInterfaceStart::default()
                }),
            mtu: mtu.map(|size| InterfaceMtu {
                size: Some(size),
                ..InterfaceMtu::default()
            }),
            protocols: self.protocols.iter().map(normal_protocol).collect(),
            ..normal_member(self)
        };
        keep_unknown(&mut normal, self);
        normal
    }
}

/// What an interface has on a bridge or in a bond, too.
fn normal_member(interface: &HostInterfaceConfig) -> HostInterfaceConfig {
    let is = |kind| interface.kind == kind;
    let address = interface.mac.as_ref().and_then(|mac| mac.address);
    HostInterfaceConfig {
        kind: interface.kind.clone(),
        name: interface.name.clone(),
        link: interface
            .link
            .as_ref()
            .filter(|_| !is(HostInterfaceType::Bridge))
            .and_then(normal_link),
        mac: address
            .filter(|_| is(HostInterfaceType::Ethernet))
            .map(|address| InterfaceMac {
                address: Some(address),
                ..InterfaceMac::default()
            }),
        bridge: interface
            .bridge
            .as_ref()
            .filter(|_| is(HostInterfaceType::Bridge))
            .map(normal_bridge),
        bond: interface
            .bond
            .as_ref()
            .filter(|_| is(HostInterfaceType::Bond))
            .map(normal_bond),
        vlan: interface
            .vlan
            .as_ref()
            .filter(|_| is(HostInterfaceType::Vlan))
            .map(normal_vlan),
        ..HostInterfaceConfig::default()
    }
}

fn normal_protocol(protocol: &HostProtocol) -> HostProtocol {
    let is_ipv6 = protocol.family == Some(AddressFamily::Ipv6);
    let addresses = protocol.addresses.iter().filter(|ip| ip.address.is_some());
    let gateway = protocol
        .route
        .as_ref()
        .and_then(|route| said(route.gateway.as_ref()));
    HostProtocol {
        family: protocol.family.clone(),
        autoconf: protocol
            .autoconf
            .as_ref()
            .filter(|_| is_ipv6)
            .map(|_| HostAutoconf::default()),
        dhcp: protocol.dhcp.as_ref().map(|dhcp| HostDhcp {
            peerdns: dhcp.peerdns,
            ..HostDhcp::default()
        }),
        addresses: addresses.map(normal_address).collect(),
        route: gateway.map(|gateway| HostRoute {
            gateway: Some(gateway.to_owned()),
            ..HostRoute::default()
        }),
        ..HostProtocol::default()
    }
}

fn normal_address(ip: &HostIpAddress) -> HostIpAddress {
    let mut normal = HostIpAddress {
        address: ip.address.clone(),
        prefix: ip.prefix.filter(|bits| *bits > 0),
        ..HostIpAddress::default()
    };
    keep_unknown(&mut normal, ip);
    normal
}

fn normal_link(link: &HostLink) -> Option<HostLink> {
    let normal = HostLink {
        speed: link.speed.filter(|speed| *speed > 0),
        state: link.state.clone(),
        ..HostLink::default()
    };
    (normal != HostLink::default()).then_some(normal)
}

fn normal_bridge(bridge: &HostBridge) -> HostBridge {
    HostBridge {
        stp: bridge.stp,
        delay: bridge.delay.clone(),
        interfaces: bridge.interfaces.iter().map(normal_member).collect(),
        ..HostBridge::default()
    }
}

fn normal_bond(bond: &Bond) -> Bond {
    let miimon = bond.miimon.as_ref().map(|monitor| MiiMonitor {
        freq: monitor.freq,
        downdelay: monitor.downdelay.filter(|delay| *delay > 0),
        updelay: monitor.updelay.filter(|delay| *delay > 0),
        carrier: monitor
            .carrier
            .clone()
            .filter(|carrier| !carrier.as_str().is_empty()),
        ..MiiMonitor::default()
    });
    let arpmon = bond.arpmon.as_ref().filter(|_| miimon.is_none());
    Bond {
        mode: bond.mode.clone().filter(|mode| !mode.as_str().is_empty()),
        arpmon: arpmon.map(|monitor| ArpMonitor {
            interval: monitor.interval,
            target: monitor.target.clone(),
            validate: monitor.validate.clone().filter(|word| !word.as_str().is_empty()),
            ..ArpMonitor::default()
        }),
        miimon,
        interfaces: bond.interfaces.iter().map(normal_member).collect(),
        ..Bond::default()
    }
}

fn normal_vlan(vlan: &HostVlan) -> HostVlan {
    let device = vlan.interface.as_ref().map(|device| VlanDevice {
        name: device.name.clone(),
        ..VlanDevice::default()
    });
    HostVlan {
        tag: vlan.tag,
        interface: device,
        ..HostVlan::default()
    }
}
