//! The storage pools of a connection, and their volumes.

use async_trait::async_trait;

use crate::deadline::CallContext;
use crate::error::Result;
use crate::model::pool::PoolSource;
use crate::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType, VolumeConfig};
use crate::storage::{
    DownloadOptions, PoolBuildOptions, PoolDeleteOptions, PoolStartOptions, StoragePoolFilter,
    StoragePoolInfo, StoragePoolRef, StoragePoolSelector, StorageVolumeInfo, StorageVolumeRef,
    StorageVolumeSelector, UploadOptions, VolumeCreateOptions, VolumeDeleteOptions, VolumePiece,
    VolumeResize, VolumeResizeOptions, WipeAlgorithm,
};

/// The storage of a connection: pools, and the volumes in them.
pub trait StorageDriver: Send + Sync {
    /// The pools.
    fn pools(&self) -> &dyn StoragePoolDriver;

    /// The volumes.
    fn volumes(&self) -> &dyn StorageVolumeDriver;
}

/// The storage pools of a connection.
///
/// # Behaviour, for all methods
/// * A pool goes by its uuid, where daemons know it, and by its name; one that does not exist answers `NotFound`.
/// * An operation the pool's state does not allow answers `InvalidState`, and nothing has changed.
///
/// # Cancel safety
/// Dropping a future stops the waiting, not the work: it is carried to its end.
#[async_trait]
pub trait StoragePoolDriver: Send + Sync {
    /// The pools a filter shows, sorted by name (`virConnectListAllStoragePools`).
    async fn list(&self, call: &CallContext, filter: &StoragePoolFilter) -> Result<Vec<StoragePoolInfo>>;

    /// One pool (`virStoragePoolLookupByName`, `…ByUUID`, `…ByTargetPath`, `…ByVolume`).
    ///
    /// # Errors
    /// `NotFound`, naming a few that do exist.
    async fn lookup(&self, call: &CallContext, selector: &StoragePoolSelector) -> Result<StoragePoolRef>;

    /// What is known of a pool (`virStoragePoolGetInfo`, `virStoragePoolIsPersistent`,
    /// `virStoragePoolGetAutostart`). Looks for nothing anew.
    async fn info(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<StoragePoolInfo>;

    /// A pool's document: of the present run when it is active, of the next one when `inactive`
    /// (`virStoragePoolGetXMLDesc`).
    async fn config(&self, call: &CallContext, pool: &StoragePoolRef, inactive: bool) -> Result<PoolConfig>;

    /// Makes a definition durable (`virStoragePoolDefineXML`). Same name and uuid as an existing pool: its inactive
    /// document is replaced, and an active transient one becomes persistent. Emits `Defined`.
    ///
    /// # Errors
    /// `AlreadyExists` for a name or uuid that belongs to another pool, or a target that another has; `InvalidConfig`
    /// and `Unsupported` name the element.
    async fn define(&self, call: &CallContext, config: &PoolConfig) -> Result<StoragePoolRef>;

    /// Starts a pool without a definition (`virStoragePoolCreateXML`). Emits `Started`.
    ///
    /// # Errors
    /// As [`define`](Self::define) and [`start`](Self::start).
    async fn create(
        &self,
        call: &CallContext,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePoolRef>;

    /// Makes what the pool stands on: its directory, its file system, its volume group (`virStoragePoolBuild`).
    /// Emits `Created`.
    ///
    /// # Errors
    /// `InvalidState` when it is active; `AlreadyExists` or `Failed` when something lies there that must not be
    /// overwritten; `Unsupported` for a mode its type lacks.
    async fn build(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolBuildOptions,
    ) -> Result<()>;

    /// Starts a pool and looks for its volumes (`virStoragePoolCreate`). Emits `Started`.
    ///
    /// # Errors
    /// `InvalidState` when it is active; `Failed` when what it stands on is not there.
    async fn start(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolStartOptions,
    ) -> Result<()>;

    /// Stops using a pool; what is in it stays (`virStoragePoolDestroy`). A transient pool is gone then. Emits
    /// `Stopped`.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    async fn destroy(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()>;

    /// Deletes what the pool stands on (`virStoragePoolDelete`): what was in it can't be had back. Emits `Deleted`.
    ///
    /// # Errors
    /// `InvalidState` when it is active.
    async fn delete(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolDeleteOptions,
    ) -> Result<()>;

    /// Removes the definition of a pool that is not active (`virStoragePoolUndefine`). Emits `Undefined`.
    ///
    /// # Errors
    /// `InvalidState` when it is active.
    async fn undefine(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()>;

    /// Looks for the volumes anew (`virStoragePoolRefresh`). Emits `Refreshed`.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    async fn refresh(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()>;

    /// Whether it starts by itself (`virStoragePoolSetAutostart`). Idempotent; `InvalidState` for a transient pool.
    async fn set_autostart(&self, call: &CallContext, pool: &StoragePoolRef, autostart: bool) -> Result<()>;

    /// What pools of that type can be made of (`virConnectFindStoragePoolSources`); `source` says where to look, for the
    /// types that need it.
    ///
    /// # Errors
    /// `Unsupported` for a type that can't be searched for; `InvalidArgument` where `source` lacks what is needed.
    async fn find_sources(
        &self,
        call: &CallContext,
        kind: &PoolType,
        source: Option<&PoolSource>,
    ) -> Result<PoolSources>;

    /// Which pools there can be, and in which formats (`virConnectGetStoragePoolCapabilities`).
    async fn capabilities(&self, call: &CallContext) -> Result<PoolCapabilities>;
}

/// The volumes of a connection's storage pools.
///
/// # Behaviour, for all methods
/// * A volume is named by its pool and name, or by its key; one that does not exist answers `NotFound`.
/// * Only volumes of active pools can be had: that of another answers `InvalidState`.
/// * No method looks for volumes anew.
///
/// # Cancel safety
/// Dropping a future stops the waiting, not the work: it is carried to its end.
#[async_trait]
pub trait StorageVolumeDriver: Send + Sync {
    /// Whether names of volumes may have directories in them, `dir/file`, as those in datastores of ESX.
    fn names_have_directories(&self) -> bool {
        false
    }

    /// The volumes of a pool, sorted by name (`virStoragePoolListAllVolumes`).
    async fn list(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<Vec<StorageVolumeRef>>;

    /// One volume (`virStorageVolLookupByName`, `…ByKey`, `…ByPath`).
    async fn lookup(&self, call: &CallContext, selector: &StorageVolumeSelector) -> Result<StorageVolumeRef>;

    /// What is known of these volumes, in their order; those that have vanished are left out
    /// (`virStorageVolGetInfoFlags`).
    async fn infos(&self, call: &CallContext, volumes: &[StorageVolumeRef])
    -> Result<Vec<StorageVolumeInfo>>;

    /// What is known of a volume (`virStorageVolGetInfoFlags`).
    async fn info(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<StorageVolumeInfo>;

    /// A volume's document (`virStorageVolGetXMLDesc`).
    async fn config(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<VolumeConfig>;

    /// Where a volume lies on the host, or its URI (`virStorageVolGetPath`).
    async fn path(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<String>;

    /// Makes a volume in a pool (`virStorageVolCreateXML`).
    ///
    /// # Errors
    /// `AlreadyExists`; `InvalidConfig`; `ResourceExhausted` when there is no room.
    async fn create(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef>;

    /// Makes a volume in a pool, with the content of another of the same or another pool (`virStorageVolCreateXMLFrom`).
    ///
    /// # Errors
    /// As [`create`](Self::create).
    async fn create_from(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        origin: &StorageVolumeRef,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef>;

    /// Changes a volume's capacity (`virStorageVolResize`).
    ///
    /// # Errors
    /// `InvalidArgument` for a size below the present one without leave to shrink, or beyond what is allocated;
    /// `ResourceExhausted` when there is no room.
    async fn resize(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()>;

    /// Deletes a volume (`virStorageVolDelete`).
    async fn delete(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &VolumeDeleteOptions,
    ) -> Result<()>;

    /// Overwrites what is in a volume, so that it can't be had back (`virStorageVolWipePattern`).
    ///
    /// # Errors
    /// `Unsupported` for an algorithm it lacks.
    async fn wipe(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        algorithm: WipeAlgorithm,
    ) -> Result<()>;

    /// Opens a volume to write its content (`virStorageVolUpload`).
    ///
    /// # Behaviour
    /// * What is written goes to `offset` and on; all else stays as it was, unless the old content is to be discarded.
    /// * A [`VolumePiece::Hole`] reads as zeros afterwards, whatever was there. Whether it takes room is the driver's.
    async fn upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>>;

    /// Opens a volume to read its content (`virStorageVolDownload`).
    async fn download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>>;
}

/// The far end of an upload. Dropped before it is finished, the upload is given up: what has been written stays.
#[async_trait]
pub trait VolumeWriter: Send + Sync {
    /// Passes a piece on, of any size; waits while there is no room for it. The handle asks for one at a time, and for
    /// no more than the upload's length in all.
    ///
    /// # Errors
    /// What the far end said about any piece so far: `ResourceExhausted` when there is no room …; again whenever it is
    /// asked.
    async fn send(&self, piece: VolumePiece) -> Result<()>;

    /// Says that all has been written, and waits until the far end has written it.
    ///
    /// # Errors
    /// As [`send`](Self::send); `Timeout` with [`Outcome::Unknown`](crate::Outcome::Unknown).
    async fn finish(&self, call: &CallContext) -> Result<()>;

    /// Gives the upload up and waits until the far end has taken note.
    async fn abort(&self, call: &CallContext) -> Result<()>;
}

/// The far end of a download. Dropped before its end, the download is given up.
#[async_trait]
pub trait VolumeReader: Send + Sync {
    /// The next piece; `None` once all was read, and the far end said that this is all.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    async fn next(&self) -> Result<Option<VolumePiece>>;

    /// Gives the download up and waits until the far end has taken note. After the end: nothing.
    async fn abort(&self, call: &CallContext) -> Result<()>;
}
