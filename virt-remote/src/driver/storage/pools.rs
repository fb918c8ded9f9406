//! The pools of a daemon: which procedure each operation is.

use async_trait::async_trait;
use virt_core::driver::StoragePoolDriver;
use virt_core::model::pool::PoolSource;
use virt_core::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType};
use virt_core::storage::{
    PoolBuildMode, PoolBuildOptions, PoolDeleteOptions, PoolOverwrite, PoolStartOptions, StoragePoolFilter,
    StoragePoolInfo, StoragePoolRef, StoragePoolSelector,
};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::pool_definitions::start_flags;
use super::refusal::of_ground;
use super::wire_pool;
use crate::driver::{RemoteConnection, flags};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::storage_pool::{
    StoragePoolBuild, StoragePoolBuildArgs, StoragePoolCreate, StoragePoolCreateArgs, StoragePoolDelete,
    StoragePoolDeleteArgs, StoragePoolDestroy, StoragePoolDestroyArgs, StoragePoolRefresh,
    StoragePoolRefreshArgs, StoragePoolSetAutostart, StoragePoolSetAutostartArgs, StoragePoolUndefine,
    StoragePoolUndefineArgs,
};

/// `VIR_STORAGE_POOL_DELETE_ZEROED`.
const ZEROED: u32 = 1;

/// `virStoragePoolBuildFlags`.
fn build_flags(options: &PoolBuildOptions) -> u32 {
    const REPAIR: u32 = 1 << 0;
    const RESIZE: u32 = 1 << 1;
    const NO_OVERWRITE: u32 = 1 << 2;
    const OVERWRITE: u32 = 1 << 3;
    flags::set(&[
        (options.mode == PoolBuildMode::Repair, REPAIR),
        (options.mode == PoolBuildMode::Resize, RESIZE),
        (options.overwrite == PoolOverwrite::Refuse, NO_OVERWRITE),
        (options.overwrite == PoolOverwrite::Replace, OVERWRITE),
    ])
}

#[async_trait]
impl StoragePoolDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, filter: &StoragePoolFilter) -> Result<Vec<StoragePoolInfo>> {
        self.list_pools(call, filter).await
    }

    async fn lookup(&self, call: &CallContext, selector: &StoragePoolSelector) -> Result<StoragePoolRef> {
        self.lookup_pool(call, selector).await
    }

    async fn info(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<StoragePoolInfo> {
        self.pool_info(call, pool).await
    }

    async fn config(&self, call: &CallContext, pool: &StoragePoolRef, inactive: bool) -> Result<PoolConfig> {
        self.pool_config(call, pool, inactive).await
    }

    async fn define(&self, call: &CallContext, config: &PoolConfig) -> Result<StoragePoolRef> {
        self.define_pool(call, config).await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePoolRef> {
        self.create_pool(call, config, options).await
    }

    async fn build(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolBuildOptions,
    ) -> Result<()> {
        let args = StoragePoolBuildArgs {
            pool: wire_pool(pool),
            flags: build_flags(options),
        };
        let built = self.link.call::<StoragePoolBuild>(call, &args).await;
        built.map_err(of_ground)
    }

    async fn start(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolStartOptions,
    ) -> Result<()> {
        let args = StoragePoolCreateArgs {
            pool: wire_pool(pool),
            flags: start_flags(options),
        };
        let started = self.link.call::<StoragePoolCreate>(call, &args).await;
        started.map_err(of_ground)
    }

    async fn destroy(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let args = StoragePoolDestroyArgs {
            pool: wire_pool(pool),
        };
        Ok(self.link.call::<StoragePoolDestroy>(call, &args).await?)
    }

    async fn delete(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        options: &PoolDeleteOptions,
    ) -> Result<()> {
        let args = StoragePoolDeleteArgs {
            pool: wire_pool(pool),
            flags: flags::set(&[(options.zeroed, ZEROED)]),
        };
        let deleted = self.link.call::<StoragePoolDelete>(call, &args).await;
        deleted.map_err(of_ground)
    }

    async fn undefine(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let args = StoragePoolUndefineArgs {
            pool: wire_pool(pool),
        };
        Ok(self.link.call::<StoragePoolUndefine>(call, &args).await?)
    }

    async fn refresh(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let args = StoragePoolRefreshArgs {
            pool: wire_pool(pool),
            flags: 0,
        };
        let refreshed = self.link.call::<StoragePoolRefresh>(call, &args).await;
        refreshed.map_err(of_ground)
    }

    async fn set_autostart(&self, call: &CallContext, pool: &StoragePoolRef, autostart: bool) -> Result<()> {
        let args = StoragePoolSetAutostartArgs {
            pool: wire_pool(pool),
            autostart: i32::from(autostart),
        };
        match self.link.call::<StoragePoolSetAutostart>(call, &args).await {
            // The daemon's word for a pool that has no definition.
            Err(error)
                if matches!(
                    error.code(),
                    Some(ErrorCode::INVALID_ARG | ErrorCode::INTERNAL_ERROR)
                ) && !self.is_persistent_pool(call, pool).await =>
            {
                let message = "a transient storage pool does not start by itself: define it first";
                Err(Error::new(ErrorKind::InvalidState, message).with_source(error))
            }
            set => Ok(set?),
        }
    }

    async fn find_sources(
        &self,
        call: &CallContext,
        kind: &PoolType,
        source: Option<&PoolSource>,
    ) -> Result<PoolSources> {
        self.find_pool_sources(call, kind, source).await
    }

    async fn capabilities(&self, call: &CallContext) -> Result<PoolCapabilities> {
        self.pool_capabilities(call).await
    }
}
