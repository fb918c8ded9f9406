//! How a network is connected to the outside.

use std::net::Ipv4Addr;

use crate::model::domain::devices::{AddressType, HostDeviceDriver};
use crate::model::value::{AddressNumber, Hex8, Hex32, OnOff, PciAddress, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How a network is connected to the outside.
    pub enum ForwardMode {
        /// Guests appear with the address of the host.
        Nat = "nat",
        /// Packets are routed as they are, as far as rules of the firewall allow.
        Route = "route",
        /// Packets are routed, and libvirt adds no rules to the firewall (libvirt 2.2).
        Open = "open",
        /// Guests are on a bridge of the host, or on its network through macvtap.
        Bridge = "bridge",
        /// macvtap: guests reach the outside, but not each other.
        Private = "private",
        /// macvtap: the switch outside connects guests to each other.
        Vepa = "vepa",
        /// macvtap: a device of the host for each guest.
        Passthrough = "passthrough",
        /// A PCI device of the host for each guest.
        Hostdev = "hostdev",
    }
}

impl ForwardMode {
    /// Whether the host has addresses on the network and forwards between it and the outside itself.
    pub fn is_routed(&self) -> bool {
        matches!(self, Self::Nat | Self::Route | Self::Open)
    }
}

/// `<forward>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Forward {
    /// The device of the host; the same as the first interface.
    #[xml(attr)]
    pub dev: Option<String>,
    /// How; NAT unless said.
    #[xml(attr)]
    pub mode: Option<ForwardMode>,
    /// hostdev: whether devices are detached from the host when they are needed.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// hostdev: the driver of the host.
    #[xml(child)]
    pub driver: Option<HostDeviceDriver>,
    /// nat: the addresses and ports guests appear with.
    #[xml(child)]
    pub nat: Option<Nat>,
    /// The device whose virtual functions are used.
    #[xml(child)]
    pub pf: Option<ForwardPf>,
    /// The devices of the host that are used.
    #[xml(child = "interface")]
    pub interfaces: Vec<ForwardInterface>,
    /// The PCI devices of the host that are used.
    #[xml(child = "address")]
    pub addresses: Vec<ForwardAddress>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<nat>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Nat {
    /// Whether IPv6 is translated too (libvirt 6.5).
    #[xml(attr)]
    pub ipv6: Option<YesNo>,
    /// The addresses guests appear with.
    #[xml(child)]
    pub address: Option<NatAddresses>,
    /// The ports guests appear with.
    #[xml(child)]
    pub port: Option<NatPorts>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<address>` of `<nat>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NatAddresses {
    /// The first.
    #[xml(attr)]
    pub start: Option<Ipv4Addr>,
    /// The last.
    #[xml(attr)]
    pub end: Option<Ipv4Addr>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<port>` of `<nat>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NatPorts {
    /// The first.
    #[xml(attr)]
    pub start: Option<u16>,
    /// The last.
    #[xml(attr)]
    pub end: Option<u16>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pf>`: the device whose virtual functions are used.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ForwardPf {
    /// Its name on the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<interface>` of `<forward>`: a device of the host.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "interface")]
#[non_exhaustive]
pub struct ForwardInterface {
    /// Its name on the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// How many guests use it; shown of a running network only.
    #[xml(attr)]
    pub connections: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl ForwardInterface {
    /// The device of that name.
    pub fn new(dev: impl Into<String>) -> Self {
        Self {
            dev: Some(dev.into()),
            ..Self::default()
        }
    }
}

/// `<address>` of `<forward>`: a PCI device of the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ForwardAddress {
    /// `pci`.
    #[xml(attr = "type")]
    pub kind: Option<AddressType>,
    /// The domain, 0 to 0xffff.
    #[xml(attr)]
    pub domain: Option<Hex32>,
    /// The bus, 0 to 0xff.
    #[xml(attr)]
    pub bus: Option<AddressNumber>,
    /// The slot, 0 to 0x1f.
    #[xml(attr)]
    pub slot: Option<AddressNumber>,
    /// The function, 0 to 7.
    #[xml(attr)]
    pub function: Option<Hex8>,
    /// Whether other functions of the slot are used; not kept by libvirt.
    #[xml(attr)]
    pub multifunction: Option<OnOff>,
    /// How many guests use it; shown of a running network only.
    #[xml(attr)]
    pub connections: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl ForwardAddress {
    /// The address, when all that is said is in range. Domain, bus, slot and function are 0 unless said.
    pub fn pci(&self) -> Option<PciAddress> {
        let domain = u16::try_from(self.domain.unwrap_or_default().0).ok()?;
        let bus = u8::try_from(self.bus.unwrap_or_default().value()).ok()?;
        let slot = u8::try_from(self.slot.unwrap_or_default().value()).ok()?;
        PciAddress::new(domain, bus, slot, self.function.unwrap_or_default().0)
    }
}

impl From<PciAddress> for ForwardAddress {
    fn from(place: PciAddress) -> Self {
        Self {
            kind: Some(AddressType::Pci),
            domain: Some(Hex32(u32::from(place.domain()))),
            bus: Some(AddressNumber::hexadecimal(u32::from(place.bus()))),
            slot: Some(AddressNumber::hexadecimal(u32::from(place.slot()))),
            function: Some(Hex8(place.function())),
            ..Self::default()
        }
    }
}
