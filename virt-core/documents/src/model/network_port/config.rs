//! The root and its parts.

use uuid::Uuid;

use crate::model::domain::devices::{Address, Bandwidth, HostDeviceDriver, PortIsolation, VirtualPort, Vlan};
use crate::model::network::{MacTableManager, NetworkMac};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a port leads to.
    pub enum PlugType {
        /// The bridge of a network libvirt made.
        Network = "network",
        /// A bridge of the host.
        Bridge = "bridge",
        /// A device of the host, through macvtap.
        Direct = "direct",
        /// A PCI device of the host, handed through.
        HostdevPci = "hostdev-pci",
    }

    /// How macvtap connects guests.
    pub enum PlugMode {
        /// The host connects them to each other.
        Bridge = "bridge",
        /// A device for one guest alone.
        Passthrough = "passthrough",
        /// Not to each other.
        Private = "private",
        /// By the switch outside.
        Vepa = "vepa",
    }
}

/// `<networkport>`, as `virNetworkPortCreateXML` takes it and `virNetworkPortGetXMLDesc` gives it (libvirt 5.5).
#[derive(Clone, Default, XmlElement)]
#[xml(element = "networkport")]
#[non_exhaustive]
pub struct NetworkPortConfig {
    /// The UUID, unique on the network; made when the port is created without.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// The guest.
    #[xml(child)]
    pub owner: Option<PortOwner>,
    /// The group of ports.
    #[xml(leaf)]
    pub group: Option<String>,
    /// The Ethernet address of the interface.
    #[xml(child)]
    pub mac: Option<NetworkMac>,
    /// What a switch is told.
    #[xml(child)]
    pub virtualport: Option<VirtualPort>,
    /// Its limits, and its class on the network.
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    /// Its VLAN tags.
    #[xml(child)]
    pub vlan: Option<Vlan>,
    /// Its isolation from other ports.
    #[xml(child)]
    pub port: Option<PortIsolation>,
    /// Whether the guest may change filters of the host.
    #[xml(child)]
    pub rxfilters: Option<PortRxFilters>,
    /// What it leads to.
    #[xml(child)]
    pub plug: Option<NetworkPortPlug>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<owner>`: the guest an interface belongs to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PortOwner {
    /// Its name.
    #[xml(leaf)]
    pub name: Option<String>,
    /// Its UUID.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PortOwner {
    /// A guest.
    pub fn new(name: impl Into<String>, uuid: Uuid) -> Self {
        Self {
            name: Some(name.into()),
            uuid: Some(uuid),
            ..Self::default()
        }
    }
}

/// `<rxfilters>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PortRxFilters {
    /// Whether the guest may change filters of the host.
    #[xml(attr = "trustGuest")]
    pub trust_guest: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<plug>`: what a port leads to. Which fields count depends on the type.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NetworkPortPlug {
    /// What it is.
    #[xml(attr = "type")]
    pub kind: Option<PlugType>,
    /// network, bridge: the bridge.
    #[xml(attr)]
    pub bridge: Option<String>,
    /// network, bridge: who fills its forwarding table.
    #[xml(attr = "macTableManager")]
    pub mac_table_manager: Option<MacTableManager>,
    /// direct: the device of the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// direct: how guests are connected.
    #[xml(attr)]
    pub mode: Option<PlugMode>,
    /// hostdev-pci: whether the device is detached from the host.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// hostdev-pci: the driver of the host.
    #[xml(child)]
    pub driver: Option<HostDeviceDriver>,
    /// hostdev-pci: the device.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
