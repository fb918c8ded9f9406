//! The addresses given to guests.

use std::net::IpAddr;

use crate::model::value::MacAddress;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// The unit of a lease.
    pub enum LeaseUnit {
        /// Seconds.
        Seconds = "seconds",
        /// Minutes.
        Minutes = "minutes",
        /// Hours.
        Hours = "hours",
    }
}

/// `<dhcp>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Dhcp {
    /// Addresses for any guest.
    #[xml(child = "range")]
    pub ranges: Vec<DhcpRange>,
    /// Addresses for certain guests.
    #[xml(child = "host")]
    pub hosts: Vec<DhcpHost>,
    /// IPv4: what guests boot from the network.
    #[xml(child)]
    pub bootp: Option<Bootp>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<range>`: addresses for any guest.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "range")]
#[non_exhaustive]
pub struct DhcpRange {
    /// The first.
    #[xml(attr)]
    pub start: Option<IpAddr>,
    /// The last; 65535 addresses at most.
    #[xml(attr)]
    pub end: Option<IpAddr>,
    /// How long they are lent.
    #[xml(child)]
    pub lease: Option<DhcpLease>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DhcpRange {
    /// The addresses from `start` to `end`.
    pub fn new(start: impl Into<IpAddr>, end: impl Into<IpAddr>) -> Self {
        Self {
            start: Some(start.into()),
            end: Some(end.into()),
            ..Self::default()
        }
    }
}

/// `<host>` of `<dhcp>`: the address of a certain guest, known by its Ethernet address, DUID or name.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "host")]
#[non_exhaustive]
pub struct DhcpHost {
    /// IPv4: its Ethernet address.
    #[xml(attr)]
    pub mac: Option<MacAddress>,
    /// IPv6: its DUID, hexadecimal bytes with colons (libvirt 1.0.3).
    #[xml(attr)]
    pub id: Option<String>,
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// The address it gets.
    #[xml(attr)]
    pub ip: Option<IpAddr>,
    /// How long it is lent.
    #[xml(child)]
    pub lease: Option<DhcpLease>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DhcpHost {
    /// IPv4: the guest with that Ethernet address gets `ip`.
    pub fn new(mac: MacAddress, ip: impl Into<IpAddr>) -> Self {
        Self {
            mac: Some(mac),
            ip: Some(ip.into()),
            ..Self::default()
        }
    }

    /// The guest of that name gets `ip`.
    pub fn named(name: impl Into<String>, ip: impl Into<IpAddr>) -> Self {
        Self {
            name: Some(name.into()),
            ip: Some(ip.into()),
            ..Self::default()
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// `<lease>`: how long an address is lent (libvirt 6.3).
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DhcpLease {
    /// How long, two minutes at least; 0 for ever.
    #[xml(attr)]
    pub expiry: Option<u64>,
    /// The unit; minutes unless said.
    #[xml(attr)]
    pub unit: Option<LeaseUnit>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bootp>`: what guests boot from the network.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Bootp {
    /// The file.
    #[xml(attr)]
    pub file: Option<String>,
    /// The server it is on; the host unless said.
    #[xml(attr)]
    pub server: Option<IpAddr>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
