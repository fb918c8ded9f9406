//! Storage pools, their volumes, and the content of these as streams.

mod download;
mod pool_definitions;
mod pool_lists;
mod pools;
mod refusal;
mod sparse;
mod upload;
mod volume_life;
mod volume_lookup;
mod volumes;

use virt_core::driver::{StorageDriver, StoragePoolDriver, StorageVolumeDriver};
use virt_core::storage::{StoragePoolRef, StorageVolumeRef};

use super::RemoteConnection;
use super::objects::pool_ref;
use crate::protocol::remote::object::{StoragePool, StorageVol};

impl StorageDriver for RemoteConnection {
    fn pools(&self) -> &dyn StoragePoolDriver {
        self
    }

    fn volumes(&self) -> &dyn StorageVolumeDriver {
        self
    }
}

/// A pool as the daemon is told of it: some drivers go by its name, some by its uuid.
fn wire_pool(pool: &StoragePoolRef) -> StoragePool {
    StoragePool {
        name: pool.name.as_str().into(),
        uuid: pool.uuid,
    }
}

/// A volume as the daemon is told of it.
fn wire_volume(volume: &StorageVolumeRef) -> StorageVol {
    StorageVol {
        pool: volume.pool.as_str().into(),
        name: volume.name.as_str().into(),
        key: volume.key.as_str().into(),
    }
}

/// A volume as the daemon told of it.
fn volume_ref(volume: &StorageVol) -> StorageVolumeRef {
    StorageVolumeRef::new(volume.pool.text(), volume.name.text(), volume.key.text())
}
