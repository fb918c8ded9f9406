//! What a device can do beside being what it is.

use super::kind::{NestedCapabilityKind, NetFeatureName, NetLinkState};
use super::pci::VpdFields;
use crate::model::domain::devices::Address;
use crate::xml::{Rest, XmlElement};

/// `<capability>` of a `<capability>`. Which fields count depends on the kind.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NestedCapability {
    /// What it is about.
    #[xml(attr = "type")]
    pub kind: Option<NestedCapabilityKind>,
    /// virt_functions: how many there can be; since libvirt 1.3.
    #[xml(attr = "maxCount")]
    pub max_count: Option<u32>,
    /// phys_function: the function; virt_functions: those there are.
    #[xml(child = "address")]
    pub addresses: Vec<Address>,
    /// mdev_types: the types.
    #[xml(child = "type")]
    pub types: Vec<MediatedType>,
    /// vpd: the name of the product.
    #[xml(leaf)]
    pub name: Option<String>,
    /// vpd: the fields.
    #[xml(child = "fields")]
    pub fields: Vec<VpdFields>,
    /// fc_host: the world wide node name, 16 hexadecimal digits.
    #[xml(leaf)]
    pub wwnn: Option<String>,
    /// fc_remote_port: the name of the port.
    #[xml(leaf)]
    pub rport: Option<String>,
    /// fc_host, fc_remote_port: the world wide port name, 16 hexadecimal digits.
    #[xml(leaf)]
    pub wwpn: Option<String>,
    /// fc_host: the world wide name of the fabric.
    #[xml(leaf)]
    pub fabric_wwn: Option<String>,
    /// vport_ops: how many virtual adapters there can be.
    #[xml(leaf)]
    pub max_vports: Option<u32>,
    /// vport_ops: how many there are.
    #[xml(leaf)]
    pub vports: Option<u32>,
    /// removable: 1 with media, 0 without.
    #[xml(leaf)]
    pub media_available: Option<u8>,
    /// removable: the size of the media in bytes.
    #[xml(leaf)]
    pub media_size: Option<u64>,
    /// removable: the label of the media.
    #[xml(leaf)]
    pub media_label: Option<String>,
    /// removable: the size of a block in bytes.
    #[xml(leaf)]
    pub logical_block_size: Option<u64>,
    /// removable: how many blocks the media has.
    #[xml(leaf)]
    pub num_blocks: Option<u64>,
    /// ccwgroup_member: the node device of the group.
    #[xml(leaf)]
    pub group_device: Option<String>,
    /// qeth: which card it is.
    #[xml(leaf)]
    pub card_type: Option<String>,
    /// qeth: the channel path.
    #[xml(leaf)]
    pub chpid: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<type>` of `mdev_types`: a kind of mediated device that can be made.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MediatedType {
    /// The identifier, as `i915-GVTg_V5_8`.
    #[xml(attr)]
    pub id: Option<String>,
    /// A name for people.
    #[xml(leaf)]
    pub name: Option<String>,
    /// How it is handed to a guest: `vfio-pci`, `vfio-ccw`, `vfio-ap`.
    #[xml(leaf = "deviceAPI")]
    pub device_api: Option<String>,
    /// How many more can be made.
    #[xml(leaf = "availableInstances")]
    pub available_instances: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<attr>`: an attribute of a mediated device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MediatedAttribute {
    /// Its name in sysfs.
    #[xml(attr)]
    pub name: Option<String>,
    /// What is written there.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<feature>` of a network interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NetFeature {
    /// Its name.
    #[xml(attr)]
    pub name: Option<NetFeatureName>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<link>` of a network interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NetLink {
    /// Megabits a second.
    #[xml(attr)]
    pub speed: Option<u32>,
    /// Whether it is there.
    #[xml(attr)]
    pub state: Option<NetLinkState>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl NestedCapability {
    /// A capability of that kind, nothing said.
    pub fn of(kind: NestedCapabilityKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }
}
