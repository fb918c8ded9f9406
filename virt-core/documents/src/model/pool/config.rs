//! The root: what a pool is, element by element in libvirt's order.

use uuid::Uuid;

use super::builder::PoolBuilder;
use super::kind::{Part, PoolType};
use super::options::{MountOptions, RbdOptions};
use super::permissions::Permissions;
use super::source::PoolSource;
use crate::model::complaint::said;
use crate::model::domain::ScaledText;
use crate::model::namespace;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How much of a volume counts as allocated when a pool is refreshed.
    pub enum RefreshAllocation {
        /// What is.
        Default = "default",
        /// All of its capacity: quicker.
        Capacity = "capacity",
    }
}

/// `<pool>`: a storage pool, as `virStoragePoolDefineXML` takes it and `virStoragePoolGetXMLDesc` gives it.
///
/// What [`PoolConfig::validate`] checks is checked by the builder and by drivers, not by the parser.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "pool")]
#[non_exhaustive]
pub struct PoolConfig {
    /// What it is.
    #[xml(attr = "type", required)]
    pub kind: PoolType,
    /// The name, unique on a connection. logical, rbd, sheepdog, gluster, zfs and vstorage: that of the source unless
    /// said.
    #[xml(leaf)]
    pub name: Option<String>,
    /// The UUID, unique on a connection.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// How much there is; told, not asked for.
    #[xml(child)]
    pub capacity: Option<ScaledText>,
    /// How much of it volumes take; told, not asked for.
    #[xml(child)]
    pub allocation: Option<ScaledText>,
    /// How much of it is free; told, not asked for.
    #[xml(child)]
    pub available: Option<ScaledText>,
    /// Features of the file system (libvirt 6.6.0).
    #[xml(child)]
    pub features: Option<PoolFeatures>,
    /// What it is made of.
    #[xml(child)]
    pub source: Option<PoolSource>,
    /// Where it lies on the host.
    #[xml(child)]
    pub target: Option<PoolTarget>,
    /// How it is refreshed (libvirt 5.2.0).
    #[xml(child)]
    pub refresh: Option<PoolRefresh>,
    /// fs, netfs: options of the mount, as they are (libvirt 5.1.0).
    #[xml(child = "mount_opts", namespace = namespace::POOL_FS)]
    pub mount_options: Option<MountOptions>,
    /// rbd: options of librados, as they are (libvirt 5.1.0).
    #[xml(child = "config_opts", namespace = namespace::POOL_RBD)]
    pub rbd_options: Option<RbdOptions>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<features>` of a pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolFeatures {
    /// dir, fs: whether the file system copies on write.
    #[xml(child)]
    pub cow: Option<CowFeature>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cow>`: whether the file system of a pool copies on write; found out unless said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CowFeature {
    /// With `no`, images of btrfs get the attribute NOCOW.
    #[xml(attr)]
    pub state: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a pool: where it lies on the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolTarget {
    /// The path. logical: `/dev/` and the name of the group; zfs: `/dev/zvol/` and the name of the pool.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Who may do what with the directory when it is built.
    #[xml(child)]
    pub permissions: Option<Permissions>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<refresh>`: how a pool is refreshed.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolRefresh {
    /// What happens to each volume.
    #[xml(child)]
    pub volume: Option<RefreshVolume>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<volume>` of `<refresh>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RefreshVolume {
    /// How much of it counts as allocated.
    #[xml(attr)]
    pub allocation: Option<RefreshAllocation>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PoolConfig {
    /// Starts a pool by its name.
    pub fn builder(name: impl Into<String>, kind: PoolType) -> PoolBuilder {
        PoolBuilder::new(name.into(), kind)
    }

    /// The name: that of the pool, else that of the source where it may stand in.
    pub fn name(&self) -> Option<&str> {
        said(self.name.as_ref()).or_else(|| {
            let source = self.source.as_ref().filter(|_| self.kind.has(Part::Name))?;
            said(source.name.as_ref())
        })
    }

    /// The name of the source, where the type of the pool has one: that of the pool unless said.
    pub fn source_name(&self) -> Option<&str> {
        if !self.kind.has(Part::Name) {
            return None;
        }
        let source = self.source.as_ref();
        source
            .and_then(|source| said(source.name.as_ref()))
            .or_else(|| said(self.name.as_ref()))
    }

    /// The source, an empty one if the document has none.
    pub fn source_mut(&mut self) -> &mut PoolSource {
        self.source.get_or_insert_default()
    }

    /// The target, an empty one if the document has none.
    pub fn target_mut(&mut self) -> &mut PoolTarget {
        self.target.get_or_insert_default()
    }
}
