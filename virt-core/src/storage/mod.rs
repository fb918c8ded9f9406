//! Storage: pools and the volumes in them, and the content of volumes as streams.

mod connection;
mod pool;
mod reference;
mod transfer;
mod volume;

pub use pool::{
    PoolBuildMode, PoolBuildOptions, PoolDeleteOptions, PoolOverwrite, PoolStartOptions, StoragePool,
    StoragePoolFilter, StoragePoolInfo, StoragePoolSelector, StoragePoolState,
};
pub use reference::{StoragePoolRef, StorageVolumeRef};
pub use transfer::{
    DownloadOptions, TransferProgress, UploadOptions, VolumeDownload, VolumePiece, VolumeUpload,
};
pub use volume::{
    StorageVolume, StorageVolumeInfo, StorageVolumeSelector, VolumeCreateOptions, VolumeDeleteOptions,
    VolumeResize, VolumeResizeOptions, WipeAlgorithm,
};
