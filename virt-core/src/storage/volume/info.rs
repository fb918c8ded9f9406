//! What is known of a volume at a glance.

use std::fmt;

use crate::model::ByteSize;
use crate::model::volume::VolumeType;
use crate::storage::{StoragePoolRef, StorageVolumeRef};

/// How a volume is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageVolumeSelector {
    /// By its name in a pool (`virStorageVolLookupByName`).
    Name {
        /// The pool.
        pool: StoragePoolRef,
        /// The name.
        name: String,
    },
    /// By its key, in any active pool (`virStorageVolLookupByKey`).
    Key(String),
    /// By where it lies on the host, in any active pool (`virStorageVolLookupByPath`).
    Path(String),
}

impl StorageVolumeSelector {
    /// By its key.
    pub fn key(key: impl Into<String>) -> Self {
        Self::Key(key.into())
    }

    /// By where it lies on the host.
    pub fn path(path: impl Into<String>) -> Self {
        Self::Path(path.into())
    }
}

impl fmt::Display for StorageVolumeSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, .. } => f.write_str(name),
            Self::Key(key) => f.write_str(key),
            Self::Path(path) => f.write_str(path),
        }
    }
}

/// A volume at a glance (`virStorageVolGetInfoFlags`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageVolumeInfo {
    /// Which volume.
    pub volume: StorageVolumeRef,
    /// What it is on the host.
    pub kind: VolumeType,
    /// How large the guest sees it.
    pub capacity: ByteSize,
    /// How much room it takes.
    pub allocation: ByteSize,
    /// How far it reaches on the host, holes counted: a file's length; `None` where it is not told (libvirt 3.0.0).
    pub physical: Option<ByteSize>,
}

impl StorageVolumeInfo {
    /// What is known of a volume without content, to be filled in by its driver.
    #[must_use]
    pub fn empty(volume: StorageVolumeRef) -> Self {
        Self {
            volume,
            kind: VolumeType::File,
            capacity: ByteSize::ZERO,
            allocation: ByteSize::ZERO,
            physical: None,
        }
    }
}
