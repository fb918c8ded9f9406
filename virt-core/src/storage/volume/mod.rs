//! Volumes of storage pools.

mod content;
mod handle;
mod info;
mod options;

pub use handle::StorageVolume;
pub use info::{StorageVolumeInfo, StorageVolumeSelector};
pub use options::{
    VolumeCreateOptions, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions, WipeAlgorithm,
};
