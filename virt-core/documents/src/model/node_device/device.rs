//! The device itself.

use super::capability::NodeCapability;
use crate::xml::{Rest, XmlElement, xml_enum};

/// `<device>`: a device of the host.
///
/// Made by hand for two things: mediated devices ([`NodeDeviceConfig::mdev`]) and virtual Fibre Channel adapters
/// ([`NodeDeviceConfig::virtual_hba`]).
#[derive(Clone, Default, XmlElement)]
#[xml(element = "device")]
#[non_exhaustive]
pub struct NodeDeviceConfig {
    /// The name, such as `pci_0000_02_00_0`; the host chooses that of a device that is made.
    #[xml(leaf)]
    pub name: Option<String>,
    /// Where the device is in sysfs.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Its nodes below `/dev` and the links to them.
    #[xml(child = "devnode")]
    pub devnodes: Vec<DevNode>,
    /// The device it sits on.
    #[xml(child)]
    pub parent: Option<NodeParent>,
    /// The driver of the host's kernel; the host says it, nobody sets it.
    #[xml(child)]
    pub driver: Option<NodeDriver>,
    /// What the device is; one, usually.
    #[xml(child = "capability")]
    pub capabilities: Vec<NodeCapability>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

xml_enum! {
    /// What a path below `/dev` is.
    pub enum DevNodeKind {
        /// The node.
        Dev = "dev",
        /// A link to it.
        Link = "link",
    }
}

/// `<devnode>`: a path below `/dev`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DevNode {
    /// What it is.
    #[xml(attr = "type")]
    pub kind: Option<DevNodeKind>,
    /// The path.
    #[xml(text)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<parent>`: the device another sits on, by its name, or, for a virtual Fibre Channel adapter that is to be made,
/// by the names of its ports (since libvirt 3.0).
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NodeParent {
    /// The world wide node name of the adapter, 16 hexadecimal digits; only with `wwpn`.
    #[xml(attr)]
    pub wwnn: Option<String>,
    /// The world wide port name of the adapter, 16 hexadecimal digits; only with `wwnn`.
    #[xml(attr)]
    pub wwpn: Option<String>,
    /// The world wide name of the fabric the adapter is at.
    #[xml(attr)]
    pub fabric_wwn: Option<String>,
    /// The name of the device.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>`: the driver of the host's kernel.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NodeDriver {
    /// Its name, such as `e1000e`.
    #[xml(leaf)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<&str> for NodeParent {
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}
