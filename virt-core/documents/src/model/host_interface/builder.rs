//! An interface of the host written down in Rust.

use std::net::IpAddr;

use super::bond::{Bond, BondMode};
use super::bridge::{HostBridge, HostVlan, VlanDevice};
use super::config::{HostInterfaceConfig, HostInterfaceStart, HostInterfaceType, StartMode};
use super::protocol::{AddressFamily, HostAutoconf, HostDhcp, HostIpAddress, HostProtocol, HostRoute};
use crate::model::domain::devices::{InterfaceMac, InterfaceMtu};
use crate::model::value::{MacAddress, OnOff};
use crate::xml::XmlError;

/// Builds a [`HostInterfaceConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone)]
#[must_use]
pub struct HostInterfaceBuilder {
    interface: HostInterfaceConfig,
}

impl HostInterfaceConfig {
    /// An Ethernet adapter.
    pub fn ethernet(name: impl Into<String>) -> HostInterfaceBuilder {
        HostInterfaceBuilder {
            interface: Self::named(HostInterfaceType::Ethernet, name),
        }
    }

    /// A bridge, with nothing on it yet.
    pub fn bridge(name: impl Into<String>) -> HostInterfaceBuilder {
        let mut interface = Self::named(HostInterfaceType::Bridge, name);
        interface.bridge = Some(HostBridge::default());
        HostInterfaceBuilder { interface }
    }

    /// A bond, with nothing in it yet.
    pub fn bond(name: impl Into<String>, mode: BondMode) -> HostInterfaceBuilder {
        let mut interface = Self::named(HostInterfaceType::Bond, name);
        interface.bond = Some(Bond {
            mode: Some(mode),
            ..Bond::default()
        });
        HostInterfaceBuilder { interface }
    }

    /// The VLAN `tag` on `device`, called as in `eth0.42`.
    pub fn vlan(device: impl Into<String>, tag: u16) -> HostInterfaceBuilder {
        let device = device.into();
        let mut interface = Self::named(HostInterfaceType::Vlan, format!("{device}.{tag}"));
        interface.vlan = Some(HostVlan {
            tag: Some(tag),
            interface: Some(VlanDevice {
                name: Some(device),
                ..VlanDevice::default()
            }),
            ..HostVlan::default()
        });
        HostInterfaceBuilder { interface }
    }
}

impl HostInterfaceBuilder {
    /// When it is brought up.
    pub fn start(mut self, mode: StartMode) -> Self {
        self.interface.start = Some(HostInterfaceStart {
            mode: Some(mode),
            ..HostInterfaceStart::default()
        });
        self
    }

    /// The largest packet in bytes.
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.interface.mtu = Some(InterfaceMtu {
            size: Some(bytes),
            ..InterfaceMtu::default()
        });
        self
    }

    /// ethernet: the address.
    pub fn mac(mut self, address: MacAddress) -> Self {
        self.interface.mac = Some(InterfaceMac {
            address: Some(address),
            ..InterfaceMac::default()
        });
        self
    }

    /// Addresses of that family are asked for by DHCP.
    pub fn dhcp(mut self, family: AddressFamily) -> Self {
        self.protocol(family).dhcp = Some(HostDhcp::default());
        self
    }

    /// IPv6 addresses are made from what routers tell.
    pub fn autoconf(mut self) -> Self {
        self.protocol(AddressFamily::Ipv6).autoconf = Some(HostAutoconf::default());
        self
    }

    /// One more address, and how many bits of it name the network.
    pub fn address(mut self, address: IpAddr, prefix: u8) -> Self {
        self.protocol(family(address)).addresses.push(HostIpAddress {
            address: Some(address.to_string()),
            prefix: Some(u32::from(prefix)),
            ..HostIpAddress::default()
        });
        self
    }

    /// The default route of the router's family.
    pub fn gateway(mut self, router: IpAddr) -> Self {
        self.protocol(family(router)).route = Some(HostRoute {
            gateway: Some(router.to_string()),
            ..HostRoute::default()
        });
        self
    }

    /// bridge: whether it speaks the spanning tree protocol.
    pub fn stp(mut self, state: OnOff) -> Self {
        self.interface.bridge.get_or_insert_default().stp = Some(state);
        self
    }

    /// bridge, bond: one more Ethernet adapter, by its name.
    pub fn port(self, name: impl Into<String>) -> Self {
        self.member(HostInterfaceConfig::named(HostInterfaceType::Ethernet, name))
    }

    /// bridge, bond: one more interface. Its start mode, MTU and addresses do not count there.
    pub fn member(mut self, member: HostInterfaceConfig) -> Self {
        match self.interface.kind {
            HostInterfaceType::Bond => &mut self.interface.bond.get_or_insert_default().interfaces,
            _ => &mut self.interface.bridge.get_or_insert_default().interfaces,
        }
        .push(member);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut HostInterfaceConfig)) -> Self {
        change(&mut self.interface);
        self
    }

    /// The interface, checked by [`HostInterfaceConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<HostInterfaceConfig, XmlError> {
        self.interface.validate()?;
        Ok(self.interface)
    }

    fn protocol(&mut self, family: AddressFamily) -> &mut HostProtocol {
        let protocols = &mut self.interface.protocols;
        let of_family = |protocol: &HostProtocol| protocol.family.as_ref() == Some(&family);
        let found = protocols.iter().position(of_family).unwrap_or(protocols.len());
        if found == protocols.len() {
            protocols.push(HostProtocol::of(family));
        }
        #[expect(clippy::indexing_slicing, reason = "it was found, or just pushed")]
        &mut protocols[found]
    }
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Ipv4,
        IpAddr::V6(_) => AddressFamily::Ipv6,
    }
}
