//! The storage of a connection.

use std::future::Future;
use std::sync::Arc;

use crate::connection::Connection;
use crate::deadline::{CallClass, CallContext};
use crate::driver::{ConnectionDriver, StoragePoolDriver, StorageVolumeDriver, facet};
use crate::error::{Result, Subject};
use crate::model::pool::PoolSource;
use crate::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType};
use crate::storage::{
    PoolStartOptions, StoragePool, StoragePoolFilter, StoragePoolInfo, StoragePoolSelector, StorageVolume,
    StorageVolumeSelector,
};

/// The driver's pools.
pub(super) fn pools(driver: &dyn ConnectionDriver) -> Result<&dyn StoragePoolDriver> {
    Ok(facet(driver.storage(), "storage pools")?.pools())
}

/// The driver's volumes.
pub(super) fn volumes(driver: &dyn ConnectionDriver) -> Result<&dyn StorageVolumeDriver> {
    Ok(facet(driver.storage(), "storage volumes")?.volumes())
}

/// Storage pools and volumes.
impl Connection {
    /// All storage pools, sorted by name (`virConnectListAllStoragePools`).
    pub async fn storage_pools(&self) -> Result<Vec<StoragePool>> {
        self.storage_pools_with(&StoragePoolFilter::all()).await
    }

    /// The storage pools a filter shows, sorted by name.
    pub async fn storage_pools_with(&self, filter: &StoragePoolFilter) -> Result<Vec<StoragePool>> {
        let infos = self.storage_pool_infos(filter).await?;
        let handles = infos
            .into_iter()
            .map(|info| StoragePool::new(self.clone(), info.pool));
        Ok(handles.collect())
    }

    /// The storage pools a filter shows with what is known of each. Nothing is looked for anew.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::storage::StoragePoolFilter;
    /// for info in conn.storage_pool_infos(&StoragePoolFilter::all().active()).await? {
    ///     println!("{}: {} of {} free", info.pool, info.available, info.capacity);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn storage_pool_infos(&self, filter: &StoragePoolFilter) -> Result<Vec<StoragePoolInfo>> {
        self.call("storage_pool_infos", CallClass::Query, async |call, driver| {
            pools(&*driver)?.list(&call, filter).await
        })
        .await
    }

    /// The storage pool of this name or uuid, at this place, or of this volume (`virStoragePoolLookupByName`, `…ByUUID`,
    /// `…ByTargetPath`, `…ByVolume`).
    ///
    /// # Errors
    /// `NotFound`, naming a few pools that do exist.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::storage::StoragePoolSelector;
    /// let pool = conn.storage_pool("default-pool").await?;
    /// let same = conn.storage_pool(StoragePoolSelector::TargetPath("/default-pool".to_owned())).await?;
    /// assert_eq!(pool.uuid(), same.uuid());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn storage_pool(&self, selector: impl Into<StoragePoolSelector>) -> Result<StoragePool> {
        let selector = selector.into();
        let found = self
            .call("storage_pool", CallClass::Query, async |call, driver| {
                pools(&*driver)?.lookup(&call, &selector).await
            })
            .await
            .map_err(|error| error.with_subject(Subject::StoragePool(selector.to_string())))?;
        Ok(StoragePool::new(self.clone(), found))
    }

    /// Defines a storage pool, or gives an existing one a new definition (`virStoragePoolDefineXML`). It is neither built
    /// nor started.
    ///
    /// # Errors
    /// `AlreadyExists`, `InvalidConfig`, `Unsupported` (each naming the thing); nothing has changed then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::{PoolConfig, PoolType};
    /// let config = PoolConfig::builder("images", PoolType::Dir).target("/srv/images").build()?;
    /// let pool = conn.define_storage_pool(&config).await?;
    /// pool.build().await?;
    /// pool.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn define_storage_pool(&self, config: &PoolConfig) -> Result<StoragePool> {
        self.new_pool(config, "define_storage_pool", async |call, driver| {
            pools(&*driver)?.define(&call, config).await
        })
        .await
    }

    /// Starts a storage pool that has no definition and is gone when it is destroyed (`virStoragePoolCreateXML`).
    ///
    /// # Errors
    /// As [`define_storage_pool`](Self::define_storage_pool); `Failed` when what it stands on is not there.
    pub async fn create_storage_pool(&self, config: &PoolConfig) -> Result<StoragePool> {
        self.create_storage_pool_with(config, &PoolStartOptions::default())
            .await
    }

    /// Starts a storage pool that has no definition, with options.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::{PoolConfig, PoolType};
    /// use virt_core::storage::{PoolOverwrite, PoolStartOptions};
    /// let config = PoolConfig::builder("scratch", PoolType::Dir).target("/srv/scratch").build()?;
    /// let options = PoolStartOptions::default().build(PoolOverwrite::Default);
    /// let pool = conn.create_storage_pool_with(&config, &options).await?;
    /// assert!(!pool.info().await?.persistent);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_storage_pool_with(
        &self,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePool> {
        self.new_pool(config, "create_storage_pool", async |call, driver| {
            pools(&*driver)?.create(&call, config, options).await
        })
        .await
    }

    async fn new_pool<F>(
        &self,
        config: &PoolConfig,
        operation: &'static str,
        work: impl FnOnce(CallContext, Arc<dyn ConnectionDriver>) -> F,
    ) -> Result<StoragePool>
    where
        F: Future<Output = Result<crate::storage::StoragePoolRef>>,
    {
        let name = config.name().unwrap_or_default().to_owned();
        let made = self.call(operation, CallClass::Change, work).await;
        let made = made.map_err(|error| error.with_subject(Subject::StoragePool(name)))?;
        Ok(StoragePool::new(self.clone(), made))
    }

    /// What storage pools of a type can be made of (`virConnectFindStoragePoolSources`); `source` says where to look, for
    /// the types that need it: the server of netfs and iscsi.
    ///
    /// # Errors
    /// `Unsupported` for a type that can't be searched for; `InvalidArgument` where `source` lacks what is needed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::model::PoolType;
    /// for source in conn.find_storage_pool_sources(&PoolType::Logical, None).await?.sources {
    ///     println!("{:?}", source.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find_storage_pool_sources(
        &self,
        kind: &PoolType,
        source: Option<&PoolSource>,
    ) -> Result<PoolSources> {
        self.call(
            "find_storage_pool_sources",
            CallClass::Change,
            async |call, driver| pools(&*driver)?.find_sources(&call, kind, source).await,
        )
        .await
    }

    /// Which storage pools there can be, and in which formats (`virConnectGetStoragePoolCapabilities`).
    pub async fn storage_pool_capabilities(&self) -> Result<PoolCapabilities> {
        self.call(
            "storage_pool_capabilities",
            CallClass::Query,
            async |call, driver| pools(&*driver)?.capabilities(&call).await,
        )
        .await
    }

    /// The volume of this key or at this path, in any active pool (`virStorageVolLookupByKey`, `…ByPath`).
    /// [`StoragePool::volume`] finds one by name.
    ///
    /// # Errors
    /// `NotFound`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use virt_core::storage::StorageVolumeSelector;
    /// let same = conn.storage_volume(StorageVolumeSelector::path(volume.path().await?)).await?;
    /// assert_eq!(same.key(), volume.key());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn storage_volume(&self, selector: StorageVolumeSelector) -> Result<StorageVolume> {
        let found = self
            .call("storage_volume", CallClass::Query, async |call, driver| {
                volumes(&*driver)?.lookup(&call, &selector).await
            })
            .await
            .map_err(|error| error.with_subject(Subject::StorageVolume(selector.to_string())))?;
        Ok(StorageVolume::new(self.clone(), found))
    }
}
