//! Bridges and VLANs of the host.

use super::config::HostInterfaceConfig;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement};

/// `<bridge>`: what is on a bridge.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostBridge {
    /// Whether it speaks the spanning tree protocol.
    #[xml(attr)]
    pub stp: Option<OnOff>,
    /// How long it listens before it forwards, in seconds, as `0` or `2.5`.
    #[xml(attr)]
    pub delay: Option<String>,
    /// The interfaces on it: Ethernet adapters, bonds, VLANs.
    #[xml(child = "interface")]
    pub interfaces: Vec<HostInterfaceConfig>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vlan>`: the tag of a VLAN, and what it lies on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostVlan {
    /// The tag, 0 to 4095.
    #[xml(attr)]
    pub tag: Option<u16>,
    /// The interface it lies on.
    #[xml(child)]
    pub interface: Option<VlanDevice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<interface>` a VLAN lies on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VlanDevice {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
