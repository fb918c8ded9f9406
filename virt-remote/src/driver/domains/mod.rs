//! The domains: `DomainDriver`, over the procedures of the same names.

mod changes;
mod definitions;
mod guest_stop;
mod life;
mod lists;
mod lookup;
mod state;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, VcpuOptions, XmlOptions,
};
use virt_core::driver::DomainDriver;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Result};

use super::RemoteConnection;
pub(super) use lookup::understood;
pub(super) use state::state_of;

#[async_trait]
impl DomainDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.list_domains(call, filter).await
    }

    async fn references(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainRef>> {
        self.list_references(call, filter).await
    }

    async fn lookup(&self, call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        self.look_up(call, selector).await
    }

    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        self.domain_info(call, domain).await
    }

    async fn config(&self, call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        self.domain_config(call, domain, options).await
    }

    async fn config_text(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &XmlOptions,
    ) -> Result<Option<String>> {
        self.domain_text(call, domain, options).await.map(Some)
    }

    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        self.define_domain(call, config, options).await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        self.create_domain(call, config, options).await
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.undefine_domain(call, domain).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
        self.start_domain(call, domain, options).await
    }

    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()> {
        self.shut_down(call, domain, options.mode).await
    }

    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()> {
        self.reboot_guest(call, domain, options.mode).await
    }

    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.reset_machine(call, domain).await
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        self.destroy_domain(call, domain, options).await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.suspend_domain(call, domain).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.resume_domain(call, domain).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
        self.rename_domain(call, domain, name).await
    }

    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()> {
        self.change_autostart(call, domain, autostart).await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        self.change_metadata(call, domain, item, scope).await
    }

    async fn set_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        self.change_lifecycle_action(call, domain, change, scope).await
    }

    async fn set_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.change_memory(call, domain, size, scope).await
    }

    async fn set_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.change_max_memory(call, domain, size, scope).await
    }

    async fn set_vcpus(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        self.change_vcpus(call, domain, count, options).await
    }
}
