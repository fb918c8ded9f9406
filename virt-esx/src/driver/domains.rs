//! The domains.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, VcpuOptions, XmlOptions,
};
use virt_core::driver::DomainDriver;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, Result};

use super::EsxDriver;

#[async_trait]
impl DomainDriver for EsxDriver {
    async fn list(&self, _call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.server.check_open()?;
        let mut infos = self.server.inventory.infos();
        infos.retain(|info| filter.matches(info));
        infos.sort_unstable_by(|a, b| a.domain.name.cmp(&b.domain.name));
        Ok(infos)
    }

    async fn references(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainRef>> {
        let infos = self.list(call, filter).await?;
        Ok(infos.into_iter().map(|info| info.domain).collect())
    }

    async fn lookup(&self, _call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        self.server.check_open()?;
        self.server.inventory.select(selector)
    }

    async fn info(&self, _call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        self.server.check_open()?;
        self.server.inventory.info(domain)
    }

    async fn config(&self, call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        self.server.check_open()?;
        self.document(call, domain, options).await
    }

    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        Box::pin(self.define_machine(call, config, options)).await
    }

    async fn create(
        &self,
        _call: &CallContext,
        _config: &DomainConfig,
        _options: &StartOptions,
    ) -> Result<DomainRef> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "a machine of ESX outlives its run: there are no transient ones",
        ))
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.unregister(call, domain).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
        self.power_on(call, domain, options).await
    }

    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()> {
        self.ask_guest_to_end(call, domain, options).await
    }

    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()> {
        self.ask_guest_to_reboot(call, domain, options).await
    }

    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.reset_machine(call, domain).await
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        self.end(call, domain, options).await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.suspend_to_disk(call, domain).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.resume_from_disk(call, domain).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
        self.rename_machine(call, domain, name).await
    }

    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()> {
        self.set_start_by_itself(call, domain, autostart).await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        self.set_annotation(call, domain, item, scope).await
    }

    async fn set_lifecycle_action(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _change: (LifecycleEvent, LifecycleAction),
        _scope: ConfigScope,
    ) -> Result<()> {
        Err(Error::unsupported(
            "what follows on a guest's poweroff, reboot or crash is not a setting of ESX",
        ))
    }

    async fn set_memory(
        &self,
        _call: &CallContext,
        _domain: Uuid,
        _size: ByteSize,
        _scope: ConfigScope,
    ) -> Result<()> {
        Err(Error::unsupported(
            "a machine of ESX has all of its memory: change the maximum",
        ))
    }

    async fn set_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.set_memory_size(call, domain, size, scope).await
    }

    async fn set_vcpus(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        self.set_vcpu_count(call, domain, count, options).await
    }
}
