//! Addresses of an interface of the host.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// IPv4 or IPv6.
    pub enum AddressFamily {
        Ipv4 = "ipv4",
        Ipv6 = "ipv6",
    }
}

/// `<protocol>`: the addresses of one family.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostProtocol {
    /// The family.
    #[xml(attr)]
    pub family: Option<AddressFamily>,
    /// IPv6: addresses are made from what routers tell.
    #[xml(child)]
    pub autoconf: Option<HostAutoconf>,
    /// Addresses are asked for by DHCP.
    #[xml(child)]
    pub dhcp: Option<HostDhcp>,
    /// Addresses.
    #[xml(child = "ip")]
    pub addresses: Vec<HostIpAddress>,
    /// The default route.
    #[xml(child)]
    pub route: Option<HostRoute>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<autoconf>`: addresses are made from what routers tell.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostAutoconf {
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<dhcp>`: addresses are asked for by DHCP.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostDhcp {
    /// Whether name servers are taken from the answer.
    #[xml(attr)]
    pub peerdns: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ip>`: an address.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostIpAddress {
    /// The address.
    #[xml(attr)]
    pub address: Option<String>,
    /// How many bits of it name the network: 0 to 32 for IPv4, to 128 for IPv6.
    #[xml(attr)]
    pub prefix: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<route>`: the default route.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostRoute {
    /// The address of the router.
    #[xml(attr)]
    pub gateway: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl HostProtocol {
    /// No addresses yet.
    pub fn of(family: AddressFamily) -> Self {
        Self {
            family: Some(family),
            ..Self::default()
        }
    }
}
