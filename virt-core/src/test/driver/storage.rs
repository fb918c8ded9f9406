//! The storage of the test driver: which work each call is.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::driver::{StorageDriver, StoragePoolDriver, StorageVolumeDriver, VolumeReader, VolumeWriter};
use crate::error::{ErrorKind, Result};
use crate::model::pool::PoolSource;
use crate::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType, VolumeConfig};
use crate::sorted::sort_by_name;
use crate::storage::{
    DownloadOptions, PoolBuildOptions, PoolDeleteOptions, PoolStartOptions, StoragePoolFilter,
    StoragePoolInfo, StoragePoolRef, StoragePoolSelector, StorageVolumeInfo, StorageVolumeRef,
    StorageVolumeSelector, UploadOptions, VolumeCreateOptions, VolumeDeleteOptions, VolumeResize,
    VolumeResizeOptions, WipeAlgorithm,
};
use crate::test::storage::{VolumeRecord, find_sources};
use crate::test::world::World;

impl StorageDriver for TestDriver {
    fn pools(&self) -> &dyn StoragePoolDriver {
        self
    }

    fn volumes(&self) -> &dyn StorageVolumeDriver {
        self
    }
}

#[async_trait]
impl StoragePoolDriver for TestDriver {
    async fn list(&self, call: &CallContext, filter: &StoragePoolFilter) -> Result<Vec<StoragePoolInfo>> {
        self.shared
            .query(call, None, |world| {
                let all = world.storage.pools.values();
                let all = all.map(|pool| (pool.info(), pool.kind()));
                let shown = all.filter(|(info, kind)| filter.matches(info, kind));
                let mut shown: Vec<StoragePoolInfo> = shown.map(|(info, _)| info).collect();
                sort_by_name(&mut shown, |one| &one.pool.name);
                Ok(shown)
            })
            .await
    }

    async fn lookup(&self, call: &CallContext, selector: &StoragePoolSelector) -> Result<StoragePoolRef> {
        self.shared
            .query(call, None, |world| world.lookup_pool(selector))
            .await
    }

    async fn info(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<StoragePoolInfo> {
        self.shared
            .query(call, None, |world| Ok(world.storage.pool(pool.uuid)?.info()))
            .await
    }

    async fn config(&self, call: &CallContext, pool: &StoragePoolRef, inactive: bool) -> Result<PoolConfig> {
        self.shared
            .query(call, None, |world| {
                world.storage.pool(pool.uuid)?.config(inactive)
            })
            .await
    }

    async fn define(&self, call: &CallContext, config: &PoolConfig) -> Result<StoragePoolRef> {
        config.validate()?;
        let config = config.clone();
        let lane = config.uuid.unwrap_or_else(Uuid::new_v4);
        self.on_object(call, lane, move |world| world.define_pool(&config))
            .await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePoolRef> {
        config.validate()?;
        let (config, options) = (config.clone(), options.clone());
        let lane = config.uuid.unwrap_or_else(Uuid::new_v4);
        self.on_object(call, lane, move |world| world.create_pool(&config, &options))
            .await
    }

    async fn build(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolBuildOptions,
    ) -> Result<()> {
        let pool = pool.uuid;
        let options = options.clone();
        self.on_object(call, pool, move |world| world.build_pool(pool, &options))
            .await
    }

    async fn start(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolStartOptions,
    ) -> Result<()> {
        let pool = pool.uuid;
        let options = options.clone();
        self.on_object(call, pool, move |world| world.start_pool(pool, &options))
            .await
    }

    async fn destroy(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let pool = pool.uuid;
        self.on_object(call, pool, move |world| world.destroy_pool(pool))
            .await
    }

    async fn delete(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        _options: &PoolDeleteOptions,
    ) -> Result<()> {
        let pool = pool.uuid;
        // Zeros or not: nothing can be had back from memory.
        self.on_object(call, pool, move |world| world.delete_pool(pool))
            .await
    }

    async fn undefine(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let pool = pool.uuid;
        self.on_object(call, pool, move |world| world.undefine_pool(pool))
            .await
    }

    async fn refresh(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let pool = pool.uuid;
        self.on_object(call, pool, move |world| world.refresh_pool(pool))
            .await
    }

    async fn set_autostart(&self, call: &CallContext, pool: &StoragePoolRef, autostart: bool) -> Result<()> {
        let pool = pool.uuid;
        self.on_object(call, pool, move |world| world.set_pool_autostart(pool, autostart))
            .await
    }

    async fn find_sources(
        &self,
        call: &CallContext,
        kind: &PoolType,
        source: Option<&PoolSource>,
    ) -> Result<PoolSources> {
        self.shared
            .query(call, None, |_| find_sources(kind, source))
            .await
    }

    async fn capabilities(&self, call: &CallContext) -> Result<PoolCapabilities> {
        self.shared
            .query(call, None, |_| Ok(PoolCapabilities::of(PoolType::KNOWN)))
            .await
    }
}

impl TestDriver {
    /// Carries a change of a volume out, in the lane of its pool.
    async fn on_volume<T: Send + 'static>(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        work: impl FnOnce(&mut World, &StorageVolumeRef) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let pool = self
            .shared
            .with(|world| Ok::<_, crate::Error>(world.storage.pool_of(volume)?.uuid()));
        let volume = volume.clone();
        self.on_object(call, pool.unwrap_or_default(), move |world| work(world, &volume))
            .await
    }
}

#[async_trait]
impl StorageVolumeDriver for TestDriver {
    async fn list(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<Vec<StorageVolumeRef>> {
        self.shared
            .query(call, None, |world| {
                let volumes = world.storage.pool(pool.uuid)?.volumes()?;
                Ok(volumes.map(VolumeRecord::reference).collect())
            })
            .await
    }

    async fn lookup(&self, call: &CallContext, selector: &StorageVolumeSelector) -> Result<StorageVolumeRef> {
        self.shared
            .query(call, None, |world| world.lookup_volume(selector))
            .await
    }

    async fn infos(
        &self,
        call: &CallContext,
        volumes: &[StorageVolumeRef],
    ) -> Result<Vec<StorageVolumeInfo>> {
        self.shared
            .query(call, None, |world| {
                let mut infos = Vec::new();
                for volume in volumes {
                    match world.storage.volume(volume) {
                        Ok(record) => infos.push(record.info()),
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(infos)
            })
            .await
    }

    async fn info(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<StorageVolumeInfo> {
        self.shared
            .query(call, None, |world| Ok(world.storage.volume(volume)?.info()))
            .await
    }

    async fn config(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<VolumeConfig> {
        self.shared
            .query(call, None, |world| Ok(world.storage.volume(volume)?.config()))
            .await
    }

    async fn path(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<String> {
        self.shared
            .query(call, None, |world| {
                Ok(world.storage.volume(volume)?.path().to_owned())
            })
            .await
    }

    async fn create(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        _options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        let (pool, config) = (pool.uuid, config.clone());
        self.on_object(call, pool, move |world| world.create_volume(pool, &config, None))
            .await
    }

    async fn create_from(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        origin: &StorageVolumeRef,
        _options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        let (pool, config, origin) = (pool.uuid, config.clone(), origin.clone());
        self.on_object(call, pool, move |world| {
            world.create_volume(pool, &config, Some(&origin))
        })
        .await
    }

    async fn resize(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        let options = options.clone();
        self.on_volume(call, volume, move |world, volume| {
            world.resize_volume(volume, size, &options)
        })
        .await
    }

    async fn delete(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        _options: &VolumeDeleteOptions,
    ) -> Result<()> {
        // Zeros or not: nothing can be had back from memory; and there are no snapshots.
        self.on_volume(call, volume, |world, volume| world.delete_volume(volume))
            .await
    }

    async fn wipe(&self, call: &CallContext, volume: &StorageVolumeRef, _: WipeAlgorithm) -> Result<()> {
        self.on_volume(call, volume, |world, volume| world.wipe_volume(volume))
            .await
    }

    async fn upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>> {
        self.open_upload(call, volume, options).await
    }

    async fn download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>> {
        self.open_download(call, volume, options).await
    }
}
