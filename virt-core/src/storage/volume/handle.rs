//! The handle of a volume.

use std::time::Duration;

use super::{StorageVolumeInfo, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions, WipeAlgorithm};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::error::{Result, Subject};
use crate::model::VolumeConfig;
use crate::storage::connection::volumes;
use crate::storage::{StoragePool, StoragePoolSelector, StorageVolumeRef};
use crate::subject_calls::subject_calls;

/// A volume of a storage pool. Cheap to clone; dropping it never touches the volume.
///
/// All methods answer `NotFound` once the volume is gone. See [`Connection`] for deadlines and cancel safety.
#[derive(Debug, Clone)]
pub struct StorageVolume {
    connection: Connection,
    volume: StorageVolumeRef,
}

impl StorageVolume {
    pub(crate) fn new(connection: Connection, volume: StorageVolumeRef) -> Self {
        Self { connection, volume }
    }

    /// The same volume, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self::new(self.connection.with_deadline(time), self.volume.clone())
    }

    /// Its name, unique in its pool.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.volume.name
    }

    /// Its key, unique on the connection; often its path.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.volume.key
    }

    /// Which volume it is.
    #[must_use]
    pub fn reference(&self) -> &StorageVolumeRef {
        &self.volume
    }

    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The pool it is in (`virStoragePoolLookupByVolume`).
    pub async fn pool(&self) -> Result<StoragePool> {
        let selector = StoragePoolSelector::Volume(self.volume.clone());
        self.connection.storage_pool(selector).await
    }

    /// Where it lies on the host, or its URI where the hypervisor reaches it over the network (`virStorageVolGetPath`).
    pub async fn path(&self) -> Result<String> {
        self.call("volume_path", CallClass::Query, async |call, driver| {
            volumes(&*driver)?.path(&call, &self.volume).await
        })
        .await
    }

    /// What is known of it (`virStorageVolGetInfo`, `virStorageVolGetInfoFlags`).
    pub async fn info(&self) -> Result<StorageVolumeInfo> {
        self.call("volume_info", CallClass::Query, async |call, driver| {
            volumes(&*driver)?.info(&call, &self.volume).await
        })
        .await
    }

    /// Its document (`virStorageVolGetXMLDesc`).
    pub async fn config(&self) -> Result<VolumeConfig> {
        self.call("volume_config", CallClass::Query, async |call, driver| {
            volumes(&*driver)?.config(&call, &self.volume).await
        })
        .await
    }

    /// Its document as XML.
    pub async fn xml(&self) -> Result<String> {
        Ok(self.config().await?.to_xml())
    }

    /// Changes its capacity (`virStorageVolResize`).
    ///
    /// # Errors
    /// `InvalidArgument` for less than it has now: see [`resize_with`](Self::resize_with).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use virt_core::model::ByteSize;
    /// use virt_core::storage::VolumeResize;
    /// volume.resize(ByteSize::mib(32)).await?;
    /// volume.resize(VolumeResize::GrowBy(ByteSize::mib(1))).await?;
    /// assert_eq!(volume.info().await?.capacity, ByteSize::mib(33));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resize(&self, size: impl Into<VolumeResize>) -> Result<()> {
        self.resize_with(size, &VolumeResizeOptions::default()).await
    }

    /// Changes its capacity, with options.
    ///
    /// # Errors
    /// `InvalidArgument` for less than it has now, unless it may shrink; `ResourceExhausted` when there is no room.
    pub async fn resize_with(
        &self,
        size: impl Into<VolumeResize>,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        let size = size.into();
        self.call("volume_resize", CallClass::Bulk, async |call, driver| {
            volumes(&*driver)?
                .resize(&call, &self.volume, size, options)
                .await
        })
        .await
    }

    /// Deletes it (`virStorageVolDelete`).
    pub async fn delete(&self) -> Result<()> {
        self.delete_with(&VolumeDeleteOptions::default()).await
    }

    /// Deletes it, with options.
    pub async fn delete_with(&self, options: &VolumeDeleteOptions) -> Result<()> {
        self.call("volume_delete", CallClass::Bulk, async |call, driver| {
            volumes(&*driver)?.delete(&call, &self.volume, options).await
        })
        .await
    }

    /// Overwrites what is in it with zeros (`virStorageVolWipe`).
    pub async fn wipe(&self) -> Result<()> {
        self.wipe_with(WipeAlgorithm::Zero).await
    }

    /// Overwrites what is in it in that way (`virStorageVolWipePattern`).
    ///
    /// # Errors
    /// `Unsupported` or `Failed` for an algorithm the daemon's machine lacks.
    pub async fn wipe_with(&self, algorithm: WipeAlgorithm) -> Result<()> {
        self.call("volume_wipe", CallClass::Bulk, async |call, driver| {
            volumes(&*driver)?.wipe(&call, &self.volume, algorithm).await
        })
        .await
    }

    subject_calls!(pub(super), |volume| &volume.connection, |volume| Subject::from(&volume.volume));
}
