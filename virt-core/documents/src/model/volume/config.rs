//! The root: what a volume is, element by element in libvirt's order.

use super::builder::VolumeBuilder;
use super::target::{VolumeBacking, VolumeTarget};
use crate::model::domain::ScaledText;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a volume is on the host.
    pub enum VolumeType {
        File = "file",
        Block = "block",
        Dir = "dir",
        /// Reached over the network by the hypervisor itself.
        Network = "network",
        /// A directory reached over the network.
        Netdir = "netdir",
        /// A ploop image with its description (libvirt 1.3.4).
        Ploop = "ploop",
    }
}

/// `<volume>`: a volume of a pool, as `virStorageVolCreateXML` takes it and `virStorageVolGetXMLDesc` gives it.
///
/// What it means depends on the type of the pool, see [`VolumeConfig::validate_in`] and
/// [`VolumeConfig::normalized_in`].
#[derive(Clone, Default, XmlElement)]
#[xml(element = "volume")]
#[non_exhaustive]
pub struct VolumeConfig {
    /// What it is on the host; told, not asked for.
    #[xml(attr = "type")]
    pub kind: Option<VolumeType>,
    /// The name, unique in the pool.
    #[xml(leaf, required)]
    pub name: String,
    /// A key, unique on the host; told, not asked for.
    #[xml(leaf)]
    pub key: Option<String>,
    /// What it is made of; told, not asked for.
    #[xml(child)]
    pub source: Option<VolumeSource>,
    /// How large the guest sees it, in bytes unless a unit is said; below 8 EiB.
    #[xml(child)]
    pub capacity: Option<ScaledText>,
    /// How much of it is allocated at first, all of it unless said; in bytes unless a unit is said; below 8 EiB.
    #[xml(child)]
    pub allocation: Option<ScaledText>,
    /// How much it takes on the host; told, not asked for (libvirt 3.0.0).
    #[xml(child)]
    pub physical: Option<ScaledText>,
    /// Where and how it lies in the pool.
    #[xml(child)]
    pub target: Option<VolumeTarget>,
    /// What it is based on; `None` or without a path when it is based on nothing.
    #[xml(child = "backingStore")]
    pub backing_store: Option<VolumeBacking>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of a volume: the devices it lies on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeSource {
    /// The devices.
    #[xml(child = "device")]
    pub devices: Vec<VolumeDevice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<device>` a volume lies on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeDevice {
    /// Its path.
    #[xml(attr)]
    pub path: Option<String>,
    /// Which parts of it.
    #[xml(child = "extent")]
    pub extents: Vec<VolumeExtent>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<extent>`: a part of a device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeExtent {
    /// Where it begins, in bytes.
    #[xml(attr)]
    pub start: Option<u64>,
    /// Where it ends, in bytes.
    #[xml(attr)]
    pub end: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl VolumeConfig {
    /// Starts a volume by its name.
    pub fn builder(name: impl Into<String>) -> VolumeBuilder {
        VolumeBuilder::new(name.into())
    }

    /// The target, an empty one if the document has none.
    pub fn target_mut(&mut self) -> &mut VolumeTarget {
        self.target.get_or_insert_default()
    }
}
