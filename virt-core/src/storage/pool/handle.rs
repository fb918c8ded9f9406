//! The handle of a storage pool.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{
    PoolBuildMode, PoolBuildOptions, PoolDeleteOptions, PoolOverwrite, PoolStartOptions, StoragePoolInfo,
};
use crate::connection::Connection;
use crate::deadline::{CallClass, CallContext};
use crate::driver::ConnectionDriver;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::{PoolConfig, VolumeConfig};
use crate::storage::connection::{pools, volumes};
use crate::storage::{
    StoragePoolRef, StorageVolume, StorageVolumeInfo, StorageVolumeRef, StorageVolumeSelector,
    VolumeCreateOptions,
};
use crate::subject_calls::subject_calls;

/// A storage pool: where volumes lie. Cheap to clone; dropping it never touches the pool.
///
/// All methods answer `NotFound` once the pool is gone. See [`Connection`] for deadlines and cancel safety. What is
/// known of a pool and its volumes is what was found when it was started or [refreshed](Self::refresh) last, and what
/// was changed through the connection since: nothing else looks for volumes, however many there are.
#[derive(Debug, Clone)]
pub struct StoragePool {
    connection: Connection,
    pool: StoragePoolRef,
}

impl StoragePool {
    pub(crate) fn new(connection: Connection, pool: StoragePoolRef) -> Self {
        Self { connection, pool }
    }

    /// The same pool, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self::new(self.connection.with_deadline(time), self.pool.clone())
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.pool.uuid
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.pool.name
    }

    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What is known of it (`virStoragePoolGetInfo`, `virStoragePoolIsActive`, `virStoragePoolIsPersistent`,
    /// `virStoragePoolGetAutostart`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// let info = pool.info().await?;
    /// println!("{}: {}, {} of {} free", info.pool, info.state, info.available, info.capacity);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn info(&self) -> Result<StoragePoolInfo> {
        self.call("pool_info", CallClass::Query, async |call, driver| {
            pools(&*driver)?.info(&call, &self.pool).await
        })
        .await
    }

    /// Its document: that of the present run when it is active (`virStoragePoolGetXMLDesc`).
    pub async fn config(&self) -> Result<PoolConfig> {
        self.config_of(false).await
    }

    /// Its document as the next start uses it (`VIR_STORAGE_XML_INACTIVE`).
    pub async fn inactive_config(&self) -> Result<PoolConfig> {
        self.config_of(true).await
    }

    async fn config_of(&self, inactive: bool) -> Result<PoolConfig> {
        self.call("pool_config", CallClass::Query, async |call, driver| {
            pools(&*driver)?.config(&call, &self.pool, inactive).await
        })
        .await
    }

    /// Its document as XML.
    pub async fn xml(&self) -> Result<String> {
        Ok(self.config().await?.to_xml())
    }

    /// Makes what it stands on: its directory, its file system, its volume group (`virStoragePoolBuild`).
    pub async fn build(&self) -> Result<()> {
        self.build_with(&PoolBuildOptions::default()).await
    }

    /// Makes what it stands on, with options.
    ///
    /// # Errors
    /// `InvalidState` when it is active; `Failed` or `AlreadyExists` when something lies there that must not be
    /// overwritten; `Unsupported` for what its type can't.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// use virt_core::storage::{PoolBuildOptions, PoolOverwrite};
    /// pool.destroy().await?;
    /// pool.build_with(&PoolBuildOptions::default().overwrite(PoolOverwrite::Replace)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn build_with(&self, options: &PoolBuildOptions) -> Result<()> {
        if options.mode != PoolBuildMode::New && options.overwrite != PoolOverwrite::Default {
            let (mode, overwrite) = (options.mode, options.overwrite);
            let message = format!("{overwrite:?} has no meaning with {mode:?}: leave it out");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with_operation("pool_build")
                .with_subject(Subject::from(&self.pool)));
        }
        self.call("pool_build", CallClass::Bulk, async |call, driver| {
            pools(&*driver)?.build(&call, &self.pool, options).await
        })
        .await
    }

    /// Starts it and looks for its volumes (`virStoragePoolCreate`).
    ///
    /// # Errors
    /// `InvalidState` when it is active; `Failed` when what it stands on is not there.
    pub async fn start(&self) -> Result<()> {
        self.start_with(&PoolStartOptions::default()).await
    }

    /// Starts it, with options.
    pub async fn start_with(&self, options: &PoolStartOptions) -> Result<()> {
        self.call("pool_start", CallClass::Change, async |call, driver| {
            pools(&*driver)?.start(&call, &self.pool, options).await
        })
        .await
    }

    /// Stops using it; what is in it stays (`virStoragePoolDestroy`). A transient pool is gone then.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn destroy(&self) -> Result<()> {
        self.call("pool_destroy", CallClass::Change, async |call, driver| {
            pools(&*driver)?.destroy(&call, &self.pool).await
        })
        .await
    }

    /// Deletes what it stands on (`virStoragePoolDelete`): what was in it can't be had back. A directory has to be empty.
    pub async fn delete(&self) -> Result<()> {
        self.delete_with(&PoolDeleteOptions::default()).await
    }

    /// Deletes what it stands on, with options.
    ///
    /// # Errors
    /// `InvalidState` when it is active; `Failed` when it can't be deleted.
    pub async fn delete_with(&self, options: &PoolDeleteOptions) -> Result<()> {
        self.call("pool_delete", CallClass::Bulk, async |call, driver| {
            pools(&*driver)?.delete(&call, &self.pool, options).await
        })
        .await
    }

    /// Removes its definition (`virStoragePoolUndefine`).
    ///
    /// # Errors
    /// `InvalidState` when it is active.
    pub async fn undefine(&self) -> Result<()> {
        self.call("pool_undefine", CallClass::Change, async |call, driver| {
            pools(&*driver)?.undefine(&call, &self.pool).await
        })
        .await
    }

    /// Looks for its volumes anew (`virStoragePoolRefresh`): needed only where something beside this connection's daemon
    /// has changed them.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn refresh(&self) -> Result<()> {
        self.call("pool_refresh", CallClass::Change, async |call, driver| {
            pools(&*driver)?.refresh(&call, &self.pool).await
        })
        .await
    }

    /// Whether it starts by itself (`virStoragePoolSetAutostart`).
    ///
    /// # Errors
    /// `InvalidState` for a transient pool.
    pub async fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.call("pool_set_autostart", CallClass::Change, async |call, driver| {
            pools(&*driver)?.set_autostart(&call, &self.pool, autostart).await
        })
        .await
    }

    /// Its volumes, sorted by name (`virStoragePoolListAllVolumes`).
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn volumes(&self) -> Result<Vec<StorageVolume>> {
        let found = self
            .call("pool_volumes", CallClass::Query, async |call, driver| {
                volumes(&*driver)?.list(&call, &self.pool).await
            })
            .await?;
        Ok(found.into_iter().map(|volume| self.handle(volume)).collect())
    }

    /// Its volumes with what is known of each, sorted by name; those that vanish meanwhile are left out.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// for info in pool.volume_infos().await? {
    ///     println!("{}: {} of {}", info.volume.name, info.allocation, info.capacity);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn volume_infos(&self) -> Result<Vec<StorageVolumeInfo>> {
        self.call("pool_volume_infos", CallClass::Query, async |call, driver| {
            let volumes = volumes(&*driver)?;
            let found = volumes.list(&call, &self.pool).await?;
            volumes.infos(&call, &found).await
        })
        .await
    }

    /// The volume of this name (`virStorageVolLookupByName`). The pool is not refreshed for it.
    ///
    /// # Errors
    /// `NotFound`, naming a few that do exist; `InvalidState` when the pool is not active.
    pub async fn volume(&self, name: &str) -> Result<StorageVolume> {
        let selector = StorageVolumeSelector::Name {
            pool: self.pool.clone(),
            name: name.to_owned(),
        };
        let found = self
            .connection
            .call("pool_volume", CallClass::Query, async |call, driver| {
                volumes(&*driver)?.lookup(&call, &selector).await
            })
            .await;
        let found = found.map_err(|error| error.with_subject(self.subject_of(name)))?;
        Ok(self.handle(found))
    }

    /// Makes a volume in it (`virStorageVolCreateXML`).
    pub async fn create_volume(&self, config: &VolumeConfig) -> Result<StorageVolume> {
        self.create_volume_with(config, &VolumeCreateOptions::default())
            .await
    }

    /// Makes a volume in it, with options. Unless its document says an allocation, all of its capacity is allocated.
    ///
    /// # Errors
    /// `AlreadyExists`; `InvalidConfig` naming the element; `ResourceExhausted` when there is no room; `InvalidState` when
    /// the pool is not active.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// use virt_core::model::{ByteSize, VolumeConfig};
    /// // 10 GiB, of which nothing is allocated yet.
    /// let config = VolumeConfig::builder("db.img").capacity(ByteSize::gib(10)).allocation(ByteSize::ZERO).build()?;
    /// let volume = pool.create_volume(&config).await?;
    /// assert_eq!(volume.info().await?.allocation, ByteSize::ZERO);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_volume_with(
        &self,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolume> {
        self.new_volume(config, "create_volume", async |call, driver| {
            volumes(&*driver)?
                .create(&call, &self.pool, config, options)
                .await
        })
        .await
    }

    /// Makes a volume in it with the content of another, of any pool (`virStorageVolCreateXMLFrom`).
    pub async fn clone_volume(&self, config: &VolumeConfig, origin: &StorageVolume) -> Result<StorageVolume> {
        self.clone_volume_with(config, origin, &VolumeCreateOptions::default())
            .await
    }

    /// Makes a volume in it with the content of another, with options. The document may ask for another format, and for
    /// more capacity; it has the origin's unless said.
    ///
    /// # Errors
    /// As [`create_volume_with`](Self::create_volume_with); `NotFound` when there is no such origin.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use virt_core::model::VolumeConfig;
    /// // A copy is as large as its origin unless said.
    /// let copy = VolumeConfig::from_xml("<volume><name>copy.img</name></volume>")?;
    /// let copy = pool.clone_volume(&copy, &volume).await?;
    /// assert_eq!(copy.info().await?.capacity, volume.info().await?.capacity);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn clone_volume_with(
        &self,
        config: &VolumeConfig,
        origin: &StorageVolume,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolume> {
        self.new_volume(config, "clone_volume", async |call, driver| {
            volumes(&*driver)?
                .create_from(&call, &self.pool, config, origin.reference(), options)
                .await
        })
        .await
    }

    async fn new_volume<F>(
        &self,
        config: &VolumeConfig,
        operation: &'static str,
        work: impl FnOnce(CallContext, Arc<dyn ConnectionDriver>) -> F,
    ) -> Result<StorageVolume>
    where
        F: Future<Output = Result<StorageVolumeRef>>,
    {
        let driver = self.connection.driver().storage();
        let with_directories = driver.is_some_and(|driver| driver.volumes().names_have_directories());
        check_name(&config.name, with_directories).map_err(|error| error.with_operation(operation))?;
        let made = self.connection.call(operation, CallClass::Bulk, work).await;
        let made = made.map_err(|error| error.with_subject(self.subject_of(&config.name)))?;
        Ok(self.handle(made))
    }

    fn handle(&self, volume: StorageVolumeRef) -> StorageVolume {
        StorageVolume::new(self.connection.clone(), volume)
    }

    fn subject_of(&self, volume: &str) -> Subject {
        Subject::StorageVolume(format!("{}/{volume}", self.name()))
    }

    subject_calls!(|pool| &pool.connection, |pool| Subject::from(&pool.pool));
}

/// A volume that would lie outside of its pool is refused, whatever the daemon makes of it.
fn check_name(name: &str, with_directories: bool) -> Result<()> {
    let is_step = |part: &str| part == "." || part == "..";
    let message = if with_directories {
        let wrong = name.split('/').any(|part| part.is_empty() || is_step(part));
        wrong.then(|| {
            format!("{name:?} is no name of a volume: no part of it is empty, '.' or '..' (directory/file)")
        })
    } else {
        let wrong = name.contains('/') || is_step(name);
        wrong.then(|| format!("{name:?} is no name of a volume: it has no '/', and is not '.' or '..'"))
    };
    match message {
        Some(message) => Err(Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/volume/name".to_owned()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_within_their_pool() {
        for (name, with_directories, fits) in [
            ("web.img", false, true),
            ("web/web.img", false, false),
            ("..", false, false),
            ("web/web.vmdk", true, true),
            ("web.vmdk", true, true),
            ("web/../web.vmdk", true, false),
            ("/web.vmdk", true, false),
            ("web//web.vmdk", true, false),
            ("web/", true, false),
        ] {
            assert_eq!(check_name(name, with_directories).is_ok(), fits, "{name}");
        }
    }
}
