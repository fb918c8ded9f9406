//! The bridge of a network, and the domain its guests are in.

use crate::model::value::{MacAddress, OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Who fills the forwarding table of a bridge.
    pub enum MacTableManager {
        /// The kernel, by learning and flooding.
        Kernel = "kernel",
        /// libvirt, from the addresses of the guests.
        Libvirt = "libvirt",
    }
}

/// `<bridge>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Bridge {
    /// The name of the device; chosen as `virbr0`, `virbr1`, … unless said.
    #[xml(attr)]
    pub name: Option<String>,
    /// The firewalld zone it is put into (libvirt 5.1).
    #[xml(attr)]
    pub zone: Option<String>,
    /// Whether the spanning tree protocol is spoken; on unless said.
    #[xml(attr)]
    pub stp: Option<OnOff>,
    /// Seconds before a port forwards; 0 unless said.
    #[xml(attr)]
    pub delay: Option<u64>,
    /// Who fills its forwarding table; the kernel unless said (libvirt 1.2.11).
    #[xml(attr = "macTableManager")]
    pub mac_table_manager: Option<MacTableManager>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mac>` of a network.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NetworkMac {
    /// The Ethernet address, no group.
    #[xml(attr)]
    pub address: Option<MacAddress>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<domain>` of a network: the DNS domain of its guests.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DnsDomain {
    /// The name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether names in it are never asked for outside (libvirt 1.2.12).
    #[xml(attr = "localOnly")]
    pub local_only: Option<YesNo>,
    /// Whether the resolver of the host is told of it (libvirt 10.1).
    #[xml(attr)]
    pub register: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
