//! The domains.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, XmlOptions,
};
use virt_core::driver::DomainDriver;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::Asked;
use virt_manager::document::{check_end_actions, remove_secrets};

use super::EmbedDriver;
use crate::document::emulator_or_default;
use crate::manager::{Entry, Operation, View};
use crate::{owner, plan};

#[async_trait]
impl DomainDriver for EmbedDriver {
    async fn list(&self, _call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.manager.root.life.check_open()?;
        let all = self.manager.root.registry.all();
        let mut infos: Vec<DomainInfo> = all
            .iter()
            .map(|entry| entry.view().info(entry.uuid()))
            .filter(|info| filter.matches(info))
            .collect();
        infos.sort_unstable_by(|a, b| a.domain.name.cmp(&b.domain.name));
        Ok(infos)
    }

    async fn references(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainRef>> {
        let infos = self.list(call, filter).await?;
        Ok(infos.into_iter().map(|info| info.domain).collect())
    }

    async fn lookup(&self, _call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        self.manager.root.life.check_open()?;
        self.manager.root.registry.select(selector)
    }

    async fn info(&self, _call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        let entry = self.existing(domain)?;
        let info = entry.view().info(domain);
        Ok(info)
    }

    async fn config(&self, _call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        let entry = self.existing(domain)?;
        let (kept, live) = {
            let view = entry.view();
            let kept = view.inactive.as_ref().or(view.origin.as_ref());
            (kept.cloned(), view.live.clone())
        };
        let mut config = match (kept, live) {
            (Some(kept), None) => kept.config()?,
            (Some(kept), Some(_)) if options.inactive => kept.config()?,
            (_, Some(live)) => DomainConfig::clone(&live),
            (None, None) => return Err(Error::new(ErrorKind::NotFound, "the domain has no configuration")),
        };
        if !options.secure {
            remove_secrets(&mut config);
        }
        Ok(config)
    }

    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        let complete = self.complete(call, config).await?;
        let (uuid, name) = identity(&complete)?;
        self.ask_claimed(call, uuid, &name, || {
            Operation::Define(Box::new(complete.clone()), options.existing)
        })
        .await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        let complete = self.complete(call, config).await?;
        let (uuid, name) = identity(&complete)?;
        let start = || Operation::Start {
            options: options.clone(),
            config: Some(Box::new(complete.clone())),
        };
        self.ask_claimed(call, uuid, &name, start).await
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.existing(domain)?.owner.ask(call, Operation::Undefine).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(
                call,
                Operation::Start {
                    options: options.clone(),
                    config: None,
                },
            )
            .await
    }

    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::Shutdown(options.clone()))
            .await
    }

    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::Reboot(options.clone()))
            .await
    }

    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.existing(domain)?.owner.ask(call, Operation::Reset).await
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        self.existing(domain)?.owner.destroy(call, options.clone()).await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.existing(domain)?.owner.ask(call, Operation::Suspend).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.existing(domain)?.owner.ask(call, Operation::Resume).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::Rename(name.clone()))
            .await
    }

    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::SetAutostart(autostart))
            .await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::SetMetadata(item.clone(), scope))
            .await
    }

    async fn set_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::SetLifecycleAction(change, scope))
            .await
    }

    async fn set_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.existing(domain)?
            .owner
            .ask(call, Operation::SetMemory(size, scope))
            .await
    }
}

impl EmbedDriver {
    /// The domain, if the connection is open and it exists.
    pub(super) fn existing(&self, domain: Uuid) -> Result<std::sync::Arc<Entry>> {
        self.manager.root.life.check_open()?;
        self.manager.root.registry.existing(domain)
    }

    /// Checks a configuration and fills it in: everything that can be said against it is said here, before anything
    /// has changed.
    async fn complete(&self, call: &CallContext, config: &DomainConfig) -> Result<DomainConfig> {
        self.manager.root.life.check_open()?;
        self.manager.root.reach.check()?;
        DomainName::new(config.name.as_str())?;
        config.validate()?;
        check_end_actions(config)?;
        let emulator = emulator_or_default(config, &self.manager.root.reach.facts().arch);
        let probed = self.manager.probes.of(&self.manager, &emulator, call);
        let probed = call.bound(Outcome::NotApplied, probed).await;
        let abilities = probed.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        plan::complete(config, &abilities)
    }

    /// Has the owner of the domain of this uuid and name do something; the domain is made where it does not exist.
    async fn ask_claimed(
        &self,
        call: &CallContext,
        uuid: Uuid,
        name: &str,
        operation: impl Fn() -> Operation,
    ) -> Result<DomainRef> {
        loop {
            let entry = self.claim(uuid, name)?;
            match entry.owner.ask_owner(call, operation()).await {
                Asked::Answered(result) => return result.map(|()| DomainRef::new(uuid, name)),
                // Its owner had just ended with the domain before: once more, with a new one.
                Asked::OwnerGone => {
                    self.manager.root.life.check_open()?;
                    self.manager.root.registry.remove(&entry);
                }
            }
        }
    }

    fn claim(&self, uuid: Uuid, name: &str) -> Result<std::sync::Arc<Entry>> {
        let mut made = None;
        let entry = self.manager.root.registry.claim(uuid, name, || {
            let (entry, inbox) = Entry::new(uuid, View::hidden(name), self.manager.root.life.closing());
            made = Some(inbox);
            Ok(entry)
        })?;
        if let Some(inbox) = made {
            owner::spawn(&self.manager, std::sync::Arc::clone(&entry), inbox, None, None)?;
        }
        Ok(entry)
    }
}

fn identity(config: &DomainConfig) -> Result<(Uuid, String)> {
    let uuid = config
        .uuid
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a completed configuration has no uuid"))?;
    Ok((uuid, config.name.clone()))
}
