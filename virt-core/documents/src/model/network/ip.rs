//! The addresses of the host on a network.

use std::net::IpAddr;

use super::dhcp::Dhcp;
use crate::model::value::{YesNo, prefix_of_mask};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which protocol an address is of.
    pub enum IpFamily {
        /// IPv4.
        Ipv4 = "ipv4",
        /// IPv6.
        Ipv6 = "ipv6",
    }
}

/// `<ip>`: an address of the host on the network.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NetworkIp {
    /// Which protocol; IPv4 unless said.
    #[xml(attr)]
    pub family: Option<IpFamily>,
    /// The address.
    #[xml(attr)]
    pub address: Option<IpAddr>,
    /// IPv4: the mask of the network, instead of the prefix.
    #[xml(attr)]
    pub netmask: Option<IpAddr>,
    /// Bits of the network, 1 to 32 or 128; that of the address's class, or 64, unless said.
    #[xml(attr)]
    pub prefix: Option<u32>,
    /// Whether names of addresses of the network are never asked for outside (libvirt 3.0).
    #[xml(attr = "localPtr")]
    pub local_ptr: Option<YesNo>,
    /// IPv4: files for guests that boot from the network.
    #[xml(child)]
    pub tftp: Option<Tftp>,
    /// The addresses given to guests.
    #[xml(child)]
    pub dhcp: Option<Dhcp>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl NetworkIp {
    /// An address with the bits of its network.
    pub fn new(address: IpAddr, prefix: u8) -> Self {
        Self {
            family: address.is_ipv6().then_some(IpFamily::Ipv6),
            address: Some(address),
            prefix: Some(u32::from(prefix)),
            ..Self::default()
        }
    }

    /// How many bits the network has: as said, by its mask, else by the class of the address (IPv4) or 64 (IPv6).
    pub fn prefix_len(&self) -> Option<u8> {
        if let Some(prefix) = self.prefix.filter(|prefix| *prefix > 0) {
            return u8::try_from(prefix).ok();
        }
        if let Some(mask) = self.netmask {
            return prefix_of_mask(mask);
        }
        match self.address? {
            IpAddr::V6(_) => Some(64),
            IpAddr::V4(address) => match address.octets() {
                [0..=127, ..] => Some(8),
                [128..=191, ..] => Some(16),
                [192..=223, ..] => Some(24),
                _ => None,
            },
        }
    }

    /// Whether guests get addresses of this network.
    pub(super) fn has_dhcp(&self) -> bool {
        self.dhcp
            .as_ref()
            .is_some_and(|dhcp| !dhcp.ranges.is_empty() || !dhcp.hosts.is_empty())
    }

    /// Whether the address is IPv6.
    pub(super) fn is_ipv6(&self) -> bool {
        self.address.is_some_and(|address| address.is_ipv6())
    }
}

/// `<tftp>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Tftp {
    /// The directory with the files.
    #[xml(attr)]
    pub root: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
