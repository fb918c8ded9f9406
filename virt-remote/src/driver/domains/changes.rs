//! Changes of what a domain has.

use uuid::Uuid;
use virt_core::domain::machine::Request;
use virt_core::domain::{ConfigScope, LifecycleAction, LifecycleEvent, MetadataItem, VcpuOptions};
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, Result};

use crate::driver::metadata::MetadataParts;
use crate::driver::{RemoteConnection, flags, objects, refusal};
use crate::protocol::remote::domain::{DomainSetAutostart, DomainSetAutostartArgs};
use crate::protocol::remote::domain_device::{DomainSetMetadata, DomainSetMetadataArgs};
use crate::protocol::remote::domain_lifecycle::{DomainSetLifecycleAction, DomainSetLifecycleActionArgs};
use crate::protocol::remote::domain_tuning::{DomainSetMemoryFlags, DomainSetMemoryFlagsArgs};
use crate::protocol::remote::domain_vcpu::{DomainSetVcpusFlags, DomainSetVcpusFlagsArgs};

/// `VIR_DOMAIN_MEM_MAXIMUM`.
const MEMORY_MAXIMUM: u32 = 4;
/// `virDomainVcpuFlags`.
const VCPU_MAXIMUM: u32 = 4;
const VCPU_GUEST: u32 = 8;

impl RemoteConnection {
    pub(super) async fn change_autostart(
        &self,
        call: &CallContext,
        domain: Uuid,
        autostart: bool,
    ) -> Result<()> {
        let args = DomainSetAutostartArgs {
            dom: objects::domain(domain),
            autostart: autostart.into(),
        };
        Ok(self.link.call::<DomainSetAutostart>(call, &args).await?)
    }

    pub(super) async fn change_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let parts = MetadataParts::of(item)?;
        let args = DomainSetMetadataArgs {
            dom: objects::domain(domain),
            type_: parts.kind,
            metadata: parts.metadata,
            key: parts.key,
            uri: parts.uri,
            flags: flags::affect(scope),
        };
        Ok(self.link.call::<DomainSetMetadata>(call, &args).await?)
    }

    pub(super) async fn change_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        (event, action): (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        let type_ = match event {
            LifecycleEvent::Poweroff => 0,
            LifecycleEvent::Reboot => 1,
            LifecycleEvent::Crash => 2,
            _ => return Err(Error::unsupported("this event is not known to the daemon")),
        };
        let action = match action {
            LifecycleAction::Destroy => 0,
            LifecycleAction::Restart => 1,
            LifecycleAction::RestartRename => 2,
            LifecycleAction::Preserve => 3,
            LifecycleAction::CoredumpDestroy => 4,
            LifecycleAction::CoredumpRestart => 5,
            _ => return Err(Error::unsupported("this action is not known to the daemon")),
        };
        let args = DomainSetLifecycleActionArgs {
            dom: objects::domain(domain),
            type_,
            action,
            flags: flags::affect(scope),
        };
        Ok(self.link.call::<DomainSetLifecycleAction>(call, &args).await?)
    }

    pub(super) async fn change_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let args = DomainSetMemoryFlagsArgs {
            dom: objects::domain(domain),
            memory: size.as_kib(),
            flags: flags::affect(scope) | MEMORY_MAXIMUM,
        };
        Ok(self.link.call::<DomainSetMemoryFlags>(call, &args).await?)
    }

    pub(super) async fn change_vcpus(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        let args = DomainSetVcpusFlagsArgs {
            dom: objects::domain(domain),
            nvcpus: count,
            flags: flags::affect(options.scope)
                | flags::set(&[(options.maximum, VCPU_MAXIMUM), (options.guest, VCPU_GUEST)]),
        };
        let changed = self.link.call::<DomainSetVcpusFlags>(call, &args).await;
        changed.map_err(|error| match options.guest {
            true => refusal::of_agent(error),
            false => error.into(),
        })
    }

    pub(super) async fn change_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let args = DomainSetMemoryFlagsArgs {
            dom: objects::domain(domain),
            memory: size.as_kib(),
            flags: flags::affect(scope),
        };
        match self.link.call::<DomainSetMemoryFlags>(call, &args).await {
            Err(error) if scope == ConfigScope::Live && refusal::may_be_about_state(&error) => {
                Err(self.state_or(call, domain, Request::SetLiveMemory, error).await)
            }
            changed => Ok(changed?),
        }
    }
}
