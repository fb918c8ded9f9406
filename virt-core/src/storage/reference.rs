//! Which pool, which volume.

use std::fmt;

use uuid::Uuid;

use crate::error::Subject;

/// Which storage pool: its uuid, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StoragePoolRef {
    /// Its uuid: never changes.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
}

impl StoragePoolRef {
    /// A reference to the pool of this uuid and name.
    pub fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            name: name.into(),
        }
    }
}

impl fmt::Display for StoragePoolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl From<&StoragePoolRef> for Subject {
    fn from(pool: &StoragePoolRef) -> Self {
        Self::StoragePool(pool.name.clone())
    }
}

/// Which volume: the pool it is in, its name there, and its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StorageVolumeRef {
    /// The name of its pool.
    pub pool: String,
    /// Its name, unique in its pool.
    pub name: String,
    /// Its key, unique on a connection; often its path.
    pub key: String,
}

impl StorageVolumeRef {
    /// A reference to the volume of this name and key in this pool.
    pub fn new(pool: impl Into<String>, name: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            pool: pool.into(),
            name: name.into(),
            key: key.into(),
        }
    }
}

impl fmt::Display for StorageVolumeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.pool, self.name))
    }
}

impl From<&StorageVolumeRef> for Subject {
    fn from(volume: &StorageVolumeRef) -> Self {
        Self::StorageVolume(volume.to_string())
    }
}
