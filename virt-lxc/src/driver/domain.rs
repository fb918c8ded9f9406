//! The domains.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, XmlOptions,
};
use virt_core::driver::DomainDriver;
use virt_core::model::domain::{DomainType, LifecycleAction as WrittenAction};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};
use virt_manager::{Asked, document};

use super::EmbedDriver;
use crate::convert;
use crate::document::complete_interfaces;
use crate::manager::{Entry, Operation, View};
use crate::owner;

#[async_trait]
impl DomainDriver for EmbedDriver {
    async fn list(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.manager.root.life.check_open()?;
        call.bound(Outcome::NotApplied, self.manager.look_at_pending())
            .await?;
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

    async fn lookup(&self, call: &CallContext, selector: &DomainSelector) -> Result<DomainRef> {
        self.manager.root.life.check_open()?;
        match self.manager.root.registry.select(selector) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                call.bound(Outcome::NotApplied, self.look_for_others(selector))
                    .await?;
                self.manager.root.registry.select(selector)
            }
            found => found,
        }
    }

    async fn info(&self, _call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        let entry = self.existing(domain)?;
        let info = entry.view().info(domain);
        Ok(info)
    }

    async fn config(&self, _call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        let entry = self.existing(domain)?;
        let (kept, id) = {
            let view = entry.view();
            let kept = view.inactive.as_ref().or(view.origin.as_ref());
            let (kept, id) = match (kept, view.live.as_ref()) {
                (Some(kept), _) if options.inactive => (Some(kept), None),
                (_, Some(live)) => (Some(live), view.id()),
                (kept, None) => (kept, None),
            };
            (kept.cloned(), id)
        };
        let kept = kept.ok_or_else(|| Error::new(ErrorKind::NotFound, "the domain has no configuration"))?;
        let mut config = kept.config()?;
        config.id = id.and_then(|id| i32::try_from(id).ok());
        Ok(config)
    }

    async fn define(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        let (config, uuid) = self.complete(call, config).await?;
        let existing = options.existing;
        self.ask_claimed(call, uuid, &config.name, || {
            Operation::Define(config.clone(), existing)
        })
        .await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        check_start(options)?;
        let (config, uuid) = self.complete(call, config).await?;
        let start = || Operation::Start {
            options: options.clone(),
            config: Some(config.clone()),
        };
        self.ask_claimed(call, uuid, &config.name, start).await
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Undefine).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
        check_start(options)?;
        let start = Operation::Start {
            options: options.clone(),
            config: None,
        };
        self.ask(call, domain, start).await
    }

    async fn shutdown(&self, call: &CallContext, domain: Uuid, options: &ShutdownOptions) -> Result<()> {
        self.ask(call, domain, Operation::Shutdown(options.clone())).await
    }

    async fn reboot(&self, call: &CallContext, domain: Uuid, options: &RebootOptions) -> Result<()> {
        self.ask(call, domain, Operation::Reboot(options.clone())).await
    }

    async fn reset(&self, _call: &CallContext, domain: Uuid) -> Result<()> {
        self.existing(domain)?;
        Err(owner::no_reset())
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        self.existing(domain)?.owner.destroy(call, options.clone()).await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Suspend).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Resume).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
        check_name(name.as_str())?;
        self.ask(call, domain, Operation::Rename(name.clone())).await
    }

    async fn set_autostart(&self, call: &CallContext, domain: Uuid, autostart: bool) -> Result<()> {
        self.ask(call, domain, Operation::SetAutostart(autostart)).await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        self.ask(call, domain, Operation::SetMetadata(item.clone(), scope))
            .await
    }

    async fn set_lifecycle_action(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        self.ask(call, domain, Operation::SetLifecycleAction(change, scope))
            .await
    }

    async fn set_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.ask(call, domain, Operation::SetMemory(size, scope)).await
    }

    async fn set_max_memory(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        self.ask(call, domain, Operation::SetMaxMemory(size, scope)).await
    }
}

impl EmbedDriver {
    pub(super) async fn ask(
        &self,
        call: &CallContext,
        domain: Uuid,
        operation: impl Into<Operation> + Send,
    ) -> Result<()> {
        self.existing(domain)?.owner.ask(call, operation.into()).await
    }

    /// What others have just made may not have been heard of yet.
    async fn look_for_others(&self, selector: &DomainSelector) -> Result<()> {
        self.manager.look_at_pending().await?;
        if let DomainSelector::Name(name) = selector
            && DomainName::new(name.as_str()).is_ok()
            && check_name(name).is_ok()
        {
            match self.manager.see_what_others_made(name).await {
                // One that nobody understands is no domain.
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks a configuration and fills it in: everything that can be said against it is said here, before anything
    /// has changed.
    pub(super) async fn complete(
        &self,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<(Box<DomainConfig>, Uuid)> {
        self.manager.root.life.check_open()?;
        self.manager.root.reach.check()?;
        DomainName::new(config.name.as_str())?;
        check_name(&config.name)?;
        if config.kind != DomainType::Lxc {
            let message = format!(
                "this driver runs domains of type lxc, not of type {}",
                config.kind
            );
            return Err(
                Error::unsupported(message).with_subject(Subject::Element("/domain/@type".to_owned()))
            );
        }
        config.validate()?;
        check_end_actions(config)?;
        let mut complete = Box::new(config.normalized());
        complete_interfaces(&mut complete);
        let uuid = *complete.uuid.get_or_insert_with(Uuid::new_v4);
        let context = self.manager.native_context(&complete);
        let context = call.bound(Outcome::NotApplied, context).await;
        let context = context.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        convert::to_native(&complete, &context)?;
        let others = self.manager.see_what_others_made(&complete.name);
        let seen = call.bound(Outcome::NotApplied, others).await;
        seen.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        Ok((complete, uuid))
    }

    /// Has the owner of the domain of this uuid and name do something; the domain is made where it does not exist.
    pub(super) async fn ask_claimed(
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

    fn claim(&self, uuid: Uuid, name: &str) -> Result<Arc<Entry>> {
        let mut made = None;
        let entry = self.manager.root.registry.claim(uuid, name, || {
            let (entry, inbox) = Entry::new(uuid, View::hidden(name), self.manager.root.life.closing());
            made = Some(inbox);
            Ok(entry)
        })?;
        if let Some(inbox) = made {
            owner::spawn(&self.manager, Arc::clone(&entry), inbox, None, None)?;
        }
        Ok(entry)
    }
}

fn check_start(options: &StartOptions) -> Result<()> {
    if options.paused {
        return Err(Error::unsupported(
            "liblxc cannot start a container paused: start it, then suspend it",
        ));
    }
    Ok(())
}

/// Names that liblxc's tools do not show, or that are no names of directories.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.starts_with('.') {
        let message = format!("{name:?} is no name of a container: it begins with a dot");
        return Err(Error::new(ErrorKind::InvalidArgument, message)
            .with_subject(Subject::Element("/domain/name".to_owned())));
    }
    Ok(())
}

/// Refuses what a document wants to follow from the container's end and cannot.
fn check_end_actions(config: &DomainConfig) -> Result<()> {
    document::check_end_actions(config)?;
    let wanted = [
        ("on_poweroff", &config.on_poweroff),
        ("on_reboot", &config.on_reboot),
        ("on_crash", &config.on_crash),
    ];
    for (element, action) in wanted {
        if action.as_ref() == Some(&WrittenAction::Preserve) {
            return Err(Error::unsupported(
                "a container that has ended cannot be preserved: use destroy or restart",
            )
            .with_subject(Subject::Element(format!("/domain/{element}"))));
        }
    }
    Ok(())
}
