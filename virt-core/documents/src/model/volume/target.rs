//! Where and how a volume lies in its pool, and what it is based on.

use super::format::VolumeTargetFormat;
use crate::model::domain::devices::Encryption;
use crate::model::pool::Permissions;
use crate::model::value::ByteSize;
use crate::xml::{Rest, XmlElement};

/// `<target>` of a volume: where and how it lies in its pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeTarget {
    /// Its path, or its URI; told, not asked for.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Its format.
    #[xml(child)]
    pub format: Option<VolumeTargetFormat>,
    /// Who may do what with it.
    #[xml(child)]
    pub permissions: Option<Permissions>,
    /// When it was used and changed; told, not asked for.
    #[xml(child)]
    pub timestamps: Option<Timestamps>,
    /// How it is encrypted.
    #[xml(child)]
    pub encryption: Option<Encryption>,
    /// qcow2: the version of QEMU that can still read it, `0.10` or `1.1` (libvirt 1.1.0).
    #[xml(leaf)]
    pub compat: Option<String>,
    /// dir, fs on btrfs: the image is not copied on write (libvirt 1.2.2).
    #[xml(flag)]
    pub nocow: bool,
    /// qcow2: the size of a cluster, in bytes unless a unit is said (libvirt 7.4.0).
    #[xml(child = "clusterSize")]
    pub cluster_size: Option<ClusterSize>,
    /// qcow2: features; with it, even empty, `compat` is 1.1 unless said (libvirt 1.1.0).
    #[xml(child)]
    pub features: Option<VolumeFeatures>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<backingStore>` of a volume: what it is based on.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeBacking {
    /// Its path.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Its format.
    #[xml(child)]
    pub format: Option<VolumeTargetFormat>,
    /// Who may do what with it; told, not asked for.
    #[xml(child)]
    pub permissions: Option<Permissions>,
    /// When it was used and changed; told, not asked for.
    #[xml(child)]
    pub timestamps: Option<Timestamps>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<timestamps>`: seconds since 1970, with nine digits after the point where the file system has them.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Timestamps {
    /// The last reading.
    #[xml(leaf)]
    pub atime: Option<String>,
    /// The last writing.
    #[xml(leaf)]
    pub mtime: Option<String>,
    /// The last change of its metadata.
    #[xml(leaf)]
    pub ctime: Option<String>,
    /// When it was made, where the file system tells.
    #[xml(leaf)]
    pub btime: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<clusterSize>` of a qcow2 image.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ClusterSize {
    /// The size, in bytes unless a unit is said.
    #[xml(text, scaled = "B")]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<features>` of a qcow2 image.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VolumeFeatures {
    /// Reference counts are written late: quicker, slower after a crash.
    #[xml(flag)]
    pub lazy_refcounts: bool,
    /// Clusters are allocated in parts (libvirt 8.0.0).
    #[xml(flag)]
    pub extended_l2: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<ByteSize> for ClusterSize {
    fn from(size: ByteSize) -> Self {
        Self {
            size: Some(size),
            ..Self::default()
        }
    }
}
