//! What is known of a pool at a glance.

use std::fmt;

use uuid::Uuid;

use crate::model::ByteSize;
use crate::storage::{StoragePoolRef, StorageVolumeRef};

/// How a pool is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoragePoolSelector {
    /// By name (`virStoragePoolLookupByName`).
    Name(String),
    /// By uuid (`virStoragePoolLookupByUUID`).
    Uuid(Uuid),
    /// By where it lies on the host (`virStoragePoolLookupByTargetPath`); active pools only.
    TargetPath(String),
    /// By a volume in it (`virStoragePoolLookupByVolume`).
    Volume(StorageVolumeRef),
}

impl fmt::Display for StoragePoolSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::TargetPath(path) => write!(f, "at {path}"),
            Self::Volume(volume) => write!(f, "of {volume}"),
        }
    }
}

impl From<Uuid> for StoragePoolSelector {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<&str> for StoragePoolSelector {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for StoragePoolSelector {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

/// The state of a pool (`virStoragePoolState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoragePoolState {
    /// Not in use.
    Inactive,
    /// Being made.
    Building,
    /// In use.
    Running,
    /// In use, though a part of it is broken.
    Degraded,
    /// In use, though it can't be reached now.
    Inaccessible,
    /// One that has no name here, as the driver numbers it.
    Native(i32),
}

impl StoragePoolState {
    /// Whether its volumes can be had, or could be if it was whole.
    #[must_use]
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Inactive | Self::Building)
    }
}

impl fmt::Display for StoragePoolState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("inactive"),
            Self::Building => f.write_str("building"),
            Self::Running => f.write_str("running"),
            Self::Degraded => f.write_str("degraded"),
            Self::Inaccessible => f.write_str("inaccessible"),
            Self::Native(number) => write!(f, "state {number}"),
        }
    }
}

/// A pool at a glance (`virStoragePoolGetInfo`, `virStoragePoolIsPersistent`, `virStoragePoolGetAutostart`), as it was
/// when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoragePoolInfo {
    /// Which pool.
    pub pool: StoragePoolRef,
    /// Its state.
    pub state: StoragePoolState,
    /// Whether it has a definition that outlives its run.
    pub persistent: bool,
    /// Whether it starts with the daemon.
    pub autostart: bool,
    /// How much there is; 0 when it is not active.
    pub capacity: ByteSize,
    /// How much of it is taken; 0 when it is not active.
    pub allocation: ByteSize,
    /// How much of it is free; 0 when it is not active.
    pub available: ByteSize,
}

impl StoragePoolInfo {
    /// What is known of a persistent pool that is not active, to be filled in by its driver.
    #[must_use]
    pub fn inactive(pool: StoragePoolRef) -> Self {
        Self {
            pool,
            state: StoragePoolState::Inactive,
            persistent: true,
            autostart: false,
            capacity: ByteSize::ZERO,
            allocation: ByteSize::ZERO,
            available: ByteSize::ZERO,
        }
    }
}
