//! Datastores as pools.

use async_trait::async_trait;
use virt_core::driver::StoragePoolDriver;
use virt_core::event::{Event, StoragePoolChange, StoragePoolEvent};
use virt_core::model::pool::PoolSource;
use virt_core::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType};
use virt_core::storage::{
    PoolBuildOptions, PoolDeleteOptions, PoolStartOptions, StoragePoolFilter, StoragePoolInfo,
    StoragePoolRef, StoragePoolSelector,
};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::document;
use crate::vim::RefreshDatastore;

#[async_trait]
impl StoragePoolDriver for EsxDriver {
    async fn list(&self, call: &CallContext, filter: &StoragePoolFilter) -> Result<Vec<StoragePoolInfo>> {
        let found = self.datastores(call).await?;
        let shown = found.0.iter().map(|store| (store.pool_info(), store.kind()));
        let shown = shown.filter(|(info, kind)| filter.matches(info, kind));
        Ok(shown.map(|(info, _)| info).collect())
    }

    async fn lookup(&self, call: &CallContext, selector: &StoragePoolSelector) -> Result<StoragePoolRef> {
        let found = self.datastores(call).await?;
        Ok(found.select(selector)?.pool())
    }

    async fn info(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<StoragePoolInfo> {
        Ok(self.datastore(call, pool).await?.pool_info())
    }

    async fn config(&self, call: &CallContext, pool: &StoragePoolRef, _inactive: bool) -> Result<PoolConfig> {
        Ok(document::of_pool(&self.datastore(call, pool).await?))
    }

    async fn define(&self, call: &CallContext, config: &PoolConfig) -> Result<StoragePoolRef> {
        self.mount(call, config).await
    }

    async fn create(
        &self,
        _call: &CallContext,
        _config: &PoolConfig,
        _options: &PoolStartOptions,
    ) -> Result<StoragePoolRef> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "a host of ESX keeps its datastores: there are no transient pools, define it",
        ))
    }

    async fn build(
        &self,
        _call: &CallContext,
        _pool: &StoragePoolRef,
        _options: &PoolBuildOptions,
    ) -> Result<()> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "what a datastore stands on is made where it lies: a VMFS at the host, an export at its server",
        ))
    }

    async fn start(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        _options: &PoolStartOptions,
    ) -> Result<()> {
        self.server.check_may_change()?;
        let store = self.datastore(call, pool).await?;
        if store.state().is_active() {
            return Err(
                Error::new(ErrorKind::InvalidState, "the datastore is in use already")
                    .with_subject(Subject::from(pool)),
            );
        }
        Err(Error::unsupported(
            "a datastore that was unmounted is mounted again at the host",
        ))
    }

    async fn destroy(&self, _call: &CallContext, _pool: &StoragePoolRef) -> Result<()> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "a host of ESX uses a datastore for as long as it knows it: undefine it",
        ))
    }

    async fn delete(
        &self,
        _call: &CallContext,
        _pool: &StoragePoolRef,
        _options: &PoolDeleteOptions,
    ) -> Result<()> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "a datastore is not destroyed with all that is in it: that is done at the host",
        ))
    }

    async fn undefine(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        self.unmount(call, pool).await
    }

    async fn refresh(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        let store = self.datastore(call, pool).await?;
        if !store.state().is_active() {
            return Err(
                Error::new(ErrorKind::InvalidState, "the datastore is mounted by no host")
                    .with_subject(Subject::from(pool)),
            );
        }
        let refresh = RefreshDatastore {
            this: store.reference.clone(),
        };
        // It changes nothing but what the server knows: a connection that only reads may ask for it.
        self.server.session.read(call, &refresh).await?;
        self.tell_of_pool(store.pool(), StoragePoolChange::Refreshed);
        Ok(())
    }

    async fn set_autostart(&self, call: &CallContext, pool: &StoragePoolRef, autostart: bool) -> Result<()> {
        self.server.check_may_change()?;
        self.datastore(call, pool).await?;
        if autostart {
            return Ok(());
        }
        Err(Error::unsupported(
            "a host of ESX has its datastores from its boot on: undefine it",
        ))
    }

    async fn find_sources(
        &self,
        _call: &CallContext,
        kind: &PoolType,
        _source: Option<&PoolSource>,
    ) -> Result<PoolSources> {
        Err(Error::unsupported(format!(
            "a host of ESX does not look for what {kind} pools can be made of"
        )))
    }

    async fn capabilities(&self, _call: &CallContext) -> Result<PoolCapabilities> {
        self.server.check_open()?;
        Ok(PoolCapabilities::of(&[
            PoolType::Dir,
            PoolType::Fs,
            PoolType::Netfs,
        ]))
    }
}

impl EsxDriver {
    pub(super) fn tell_of_pool(&self, pool: StoragePoolRef, change: StoragePoolChange) {
        let event = StoragePoolEvent::now(pool, change);
        self.server.events.publish(&Event::StoragePool(event));
    }
}

impl super::datastore::Datastore {
    /// Refuses what asks for files where no host has them.
    pub(super) fn must_be_accessible(&self) -> Result<()> {
        if self.summary.accessible {
            return Ok(());
        }
        let message = format!("the datastore is {}: no host reaches it now", self.state());
        Err(Error::new(ErrorKind::InvalidState, message)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::StoragePool(self.name())))
    }
}
