//! The root: what an interface of the host is, element by element in libvirt's order.

use super::bond::Bond;
use super::bridge::{HostBridge, HostVlan};
use super::protocol::HostProtocol;
use crate::model::domain::devices::{InterfaceMac, InterfaceMtu};
use crate::xml::{Rest, XmlElement, xml_enum, xml_value_slot};

xml_enum! {
    /// What an interface of the host is.
    #[derive(Default)]
    pub enum HostInterfaceType {
        /// An Ethernet adapter.
        #[default]
        Ethernet = "ethernet",
        /// A bridge with interfaces on it.
        Bridge = "bridge",
        /// Several adapters used as one.
        Bond = "bond",
        /// A VLAN on another interface.
        Vlan = "vlan",
    }

    /// When an interface is brought up.
    pub enum StartMode {
        /// With the host.
        Onboot = "onboot",
        /// By hand.
        None = "none",
        /// When it is plugged in.
        Hotplug = "hotplug",
    }

    /// What the kernel says of a link.
    pub enum HostLinkState {
        /// The kernel does not know.
        Undetermined = "unknown",
        NotPresent = "notpresent",
        Down = "down",
        /// What it lies on is down.
        LowerLayerDown = "lowerlayerdown",
        Testing = "testing",
        /// Up, but waiting for something.
        Dormant = "dormant",
        Up = "up",
    }
}

xml_value_slot!(HostInterfaceType);

/// `<interface>`: a network interface of the host, as `virInterfaceDefineXML` takes it and `virInterfaceGetXMLDesc`
/// gives it; or one on a bridge or in a bond.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "interface")]
#[non_exhaustive]
pub struct HostInterfaceConfig {
    /// What it is.
    #[xml(attr = "type", required)]
    pub kind: HostInterfaceType,
    /// The name, as `eth0`.
    #[xml(attr)]
    pub name: Option<String>,
    /// When it is brought up; only of an interface by itself.
    #[xml(child)]
    pub start: Option<HostInterfaceStart>,
    /// The largest packet in bytes, up to 100000; only of an interface by itself.
    #[xml(child)]
    pub mtu: Option<InterfaceMtu>,
    /// Its addresses, one entry a family; only of an interface by itself.
    #[xml(child = "protocol")]
    pub protocols: Vec<HostProtocol>,
    /// What its link is like; told, not asked for (libvirt 1.2.6). Not of bridges.
    #[xml(child)]
    pub link: Option<HostLink>,
    /// ethernet: the address.
    #[xml(child)]
    pub mac: Option<InterfaceMac>,
    /// bridge: what is on it.
    #[xml(child)]
    pub bridge: Option<HostBridge>,
    /// bond: what is in it.
    #[xml(child)]
    pub bond: Option<Bond>,
    /// vlan: its tag, and what it lies on.
    #[xml(child)]
    pub vlan: Option<HostVlan>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<start>`: when an interface is brought up.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostInterfaceStart {
    /// When.
    #[xml(attr)]
    pub mode: Option<StartMode>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<link>` of an interface of the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostLink {
    /// Mbit/s.
    #[xml(attr)]
    pub speed: Option<u32>,
    /// What the kernel says.
    #[xml(attr)]
    pub state: Option<HostLinkState>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl HostInterfaceConfig {
    /// An interface with that name and nothing else: one that is put on a bridge or into a bond.
    pub fn named(kind: HostInterfaceType, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// The interfaces that are on it or in it.
    pub fn members(&self) -> &[Self] {
        let bridge = self.bridge.as_ref().map(|bridge| bridge.interfaces.as_slice());
        let bond = self.bond.as_ref().map(|bond| bond.interfaces.as_slice());
        match self.kind {
            HostInterfaceType::Bridge => bridge.unwrap_or_default(),
            HostInterfaceType::Bond => bond.unwrap_or_default(),
            _ => &[],
        }
    }
}
