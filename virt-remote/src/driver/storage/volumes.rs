//! The volumes of a daemon's pools: which procedure each operation is.

use async_trait::async_trait;
use virt_core::driver::{StorageVolumeDriver, VolumeReader, VolumeWriter};
use virt_core::model::VolumeConfig;
use virt_core::storage::{
    DownloadOptions, StoragePoolRef, StorageVolumeInfo, StorageVolumeRef, StorageVolumeSelector,
    UploadOptions, VolumeCreateOptions, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions,
    WipeAlgorithm,
};
use virt_core::{CallContext, Result};

use super::wire_volume;
use crate::driver::{RemoteConnection, flags};
use crate::protocol::remote::storage_volume::{
    StorageVolDelete, StorageVolDeleteArgs, StorageVolGetPath, StorageVolGetPathArgs,
};

#[async_trait]
impl StorageVolumeDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<Vec<StorageVolumeRef>> {
        self.list_volumes(call, pool).await
    }

    async fn lookup(&self, call: &CallContext, selector: &StorageVolumeSelector) -> Result<StorageVolumeRef> {
        self.lookup_volume(call, selector).await
    }

    async fn infos(
        &self,
        call: &CallContext,
        volumes: &[StorageVolumeRef],
    ) -> Result<Vec<StorageVolumeInfo>> {
        self.volume_infos(call, volumes).await
    }

    async fn info(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<StorageVolumeInfo> {
        Ok(self.volume_info(call, volume).await?)
    }

    async fn config(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<VolumeConfig> {
        self.volume_config(call, volume).await
    }

    async fn path(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<String> {
        let args = StorageVolGetPathArgs {
            vol: wire_volume(volume),
        };
        let found = self.link.call::<StorageVolGetPath>(call, &args).await?;
        Ok(found.name.into_text())
    }

    async fn create(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        self.create_volume(call, pool, config, options).await
    }

    async fn create_from(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        origin: &StorageVolumeRef,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        self.create_volume_from(call, (pool, config), origin, options)
            .await
    }

    async fn resize(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        self.resize_volume(call, volume, size, options).await
    }

    async fn delete(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &VolumeDeleteOptions,
    ) -> Result<()> {
        const ZEROED: u32 = 1 << 0;
        const WITH_SNAPSHOTS: u32 = 1 << 1;
        let args = StorageVolDeleteArgs {
            vol: wire_volume(volume),
            flags: flags::set(&[(options.zeroed, ZEROED), (options.with_snapshots, WITH_SNAPSHOTS)]),
        };
        Ok(self.link.call::<StorageVolDelete>(call, &args).await?)
    }

    async fn wipe(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        algorithm: WipeAlgorithm,
    ) -> Result<()> {
        self.wipe_volume(call, volume, algorithm).await
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
