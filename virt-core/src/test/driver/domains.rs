//! The domains of the test driver: which work each call is.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, VcpuOptions, XmlOptions,
};
use crate::driver::DomainDriver;
use crate::error::Result;
use crate::model::{ByteSize, DomainConfig};
use crate::sorted::sort_by_name;
use crate::test::document;
use crate::test::lane::LaneKey;
use crate::test::world::World;

impl TestDriver {
    /// Carries a change of a domain out, in its lane.
    pub(super) async fn on<T: Send + 'static>(
        &self,
        call: &CallContext,
        domain: Uuid,
        work: impl FnOnce(&mut World) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.change(call, LaneKey::Domain(domain), work).await
    }
}

#[async_trait]
impl DomainDriver for TestDriver {
    async fn list(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.shared
            .query(call, None, |world| {
                let infos = world.domains.values().map(|record| record.info());
                let mut shown: Vec<DomainInfo> = infos.filter(|info| filter.matches(info)).collect();
                sort_by_name(&mut shown, |one| &one.domain.name);
                Ok(shown)
            })
            .await
    }

    async fn references(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainRef>> {
        let infos = self.list(call, filter).await?;
        Ok(infos.into_iter().map(|info| info.domain).collect())
    }

    async fn lookup(&self, call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        self.shared
            .query(call, None, |world| world.lookup(selector))
            .await
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        self.shared
            .query(call, Some(domain), |world| Ok(world.record(domain)?.info()))
            .await
    }

    async fn config(&self, call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        self.shared
            .query(call, Some(domain), |world| world.config(domain, options))
            .await
    }

    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        let config = document::accept(config)?;
        let options = options.clone();
        let lane = config.uuid.unwrap_or_else(Uuid::new_v4);
        self.on(call, lane, move |world| world.define(config, &options))
            .await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        let config = document::accept(config)?;
        let options = options.clone();
        let lane = config.uuid.unwrap_or_else(Uuid::new_v4);
        self.on(call, lane, move |world| world.create(config, &options))
            .await
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| world.undefine(domain)).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
        let options = options.clone();
        self.on(call, domain, move |world| world.start(domain, &options))
            .await
    }

    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()> {
        let mode = options.mode;
        self.on(call, domain, move |world| world.shutdown(domain, mode))
            .await
    }

    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()> {
        let mode = options.mode;
        self.on(call, domain, move |world| world.reboot(domain, mode))
            .await
    }

    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| world.reset(domain)).await
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        // Lanes of their own: they stand behind nobody.
        let lane = if options.graceful {
            LaneKey::DestroyGracefully(domain)
        } else {
            LaneKey::Destroy(domain)
        };
        let shared = Arc::clone(&self.shared);
        shared
            .change(call, lane, move |world| world.destroy(domain))
            .await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| world.suspend(domain)).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| world.resume(domain)).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
        let name = name.clone();
        self.on(call, domain, move |world| world.rename(domain, &name))
            .await
    }

    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()> {
        self.on(call, domain, move |world| world.set_autostart(domain, autostart))
            .await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let item = item.clone();
        self.on(call, domain, move |world| {
            world.set_metadata(domain, &item, scope)
        })
        .await
    }

    async fn set_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        self.on(call, domain, move |world| {
            world.set_lifecycle_action(domain, change, scope)
        })
        .await
    }

    async fn set_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.on(call, domain, move |world| world.set_memory(domain, size, scope))
            .await
    }

    async fn set_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.on(call, domain, move |world| {
            world.set_max_memory(domain, size, scope)
        })
        .await
    }

    async fn set_vcpus(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        let options = options.clone();
        self.on(call, domain, move |world| {
            world.set_vcpus(domain, count, &options)
        })
        .await
    }
}
