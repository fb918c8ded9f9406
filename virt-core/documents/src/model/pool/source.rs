//! What a pool is made of.

use super::adapter::PoolAdapter;
use super::kind::PoolFormat;
use crate::model::domain::devices::{Initiator, SourceAuth, SourceHost};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<source>` of a pool: what it is made of. Which parts count depends on the type of the pool.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "source")]
#[non_exhaustive]
pub struct PoolSource {
    /// netfs, iscsi, iscsi-direct, rbd, sheepdog, gluster: the servers.
    #[xml(child = "host")]
    pub hosts: Vec<SourceHost>,
    /// fs, logical, disk, zfs: block devices of the host. iscsi, iscsi-direct: the target.
    #[xml(child = "device")]
    pub devices: Vec<PoolDevice>,
    /// netfs: the directory on the server. gluster: the one in the volume, `/` unless said.
    #[xml(child)]
    pub dir: Option<PoolDirectory>,
    /// scsi: the adapter.
    #[xml(child)]
    pub adapter: Option<PoolAdapter>,
    /// logical, rbd, sheepdog, gluster, zfs, vstorage: the name of the group, pool, volume or cluster.
    #[xml(leaf)]
    pub name: Option<String>,
    /// iscsi, iscsi-direct: our name.
    #[xml(child)]
    pub initiator: Option<Initiator>,
    /// fs, netfs, logical, disk: the format.
    #[xml(child)]
    pub format: Option<PoolSourceFormat>,
    /// iscsi, iscsi-direct, rbd: who we are; the type is `chap` or `ceph`.
    #[xml(child)]
    pub auth: Option<SourceAuth>,
    /// netfs: the version of the protocol.
    #[xml(child)]
    pub protocol: Option<PoolProtocol>,
    /// Who made the device; for people.
    #[xml(child)]
    pub vendor: Option<PoolVendor>,
    /// What the device is called; for people.
    #[xml(child)]
    pub product: Option<PoolProduct>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<device>` of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolDevice {
    /// A block device of the host, or the name of an iSCSI target.
    #[xml(attr)]
    pub path: Option<String>,
    /// disk: whether the names of partitions have a `p` before the number (device mapper, libvirt 1.3.2).
    #[xml(attr)]
    pub part_separator: Option<YesNo>,
    /// disk: where there is room for another partition; told, not asked for.
    #[xml(child = "freeExtent")]
    pub free_extents: Vec<FreeExtent>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<freeExtent>`: room for another partition.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FreeExtent {
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

/// `<dir>` of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolDirectory {
    /// The path.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<format>` of the source of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolSourceFormat {
    /// The format.
    #[xml(attr = "type")]
    pub kind: Option<PoolFormat>,
    /// Who made the device (the schema has it here too).
    #[xml(child)]
    pub vendor: Option<PoolVendor>,
    /// What the device is called (the schema has it here too).
    #[xml(child)]
    pub product: Option<PoolProduct>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<protocol>` of a network file system.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolProtocol {
    /// The version of NFS, as `4.1` (libvirt 5.1.0).
    #[xml(attr = "ver")]
    pub version: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vendor>` of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolVendor {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<product>` of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolProduct {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<&str> for PoolDevice {
    fn from(path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::default()
        }
    }
}

impl From<&str> for PoolDirectory {
    fn from(path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::default()
        }
    }
}

impl From<PoolFormat> for PoolSourceFormat {
    fn from(kind: PoolFormat) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }
}

impl From<&str> for PoolVendor {
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

impl From<&str> for PoolProduct {
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}
