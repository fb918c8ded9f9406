//! Storage: datastores as pools, their disks and images as volumes.
//!
//! Nothing of it is kept here: each look asks the server, by as many calls for a thousand datastores as for one.

mod browse;
mod clone;
mod create;
mod datastore;
mod document;
mod files;
mod mount;
mod names;
mod pools;
mod selection;
mod spec;
mod transfer;
mod upload;
mod volumes;
mod work;

pub(super) use datastore::Datastore;
pub use files::DatastoreEntry;
pub(super) use selection::Datastores;

use virt_core::driver::{StorageDriver, StoragePoolDriver, StorageVolumeDriver};

use super::EsxDriver;

impl StorageDriver for EsxDriver {
    fn pools(&self) -> &dyn StoragePoolDriver {
        self
    }

    fn volumes(&self) -> &dyn StorageVolumeDriver {
        self
    }
}
