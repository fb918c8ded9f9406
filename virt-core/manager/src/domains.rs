//! The domains of a connection: what handles ask for, asked of their owners.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DefineOptions, DestroyOptions, DomainFilter, DomainInfo, DomainName, DomainRef,
    DomainSelector, LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions,
    StartOptions, XmlOptions,
};
use virt_core::driver::DomainDriver;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::document::{LiveConfig as _, check_end_actions, remove_secrets};
use crate::{Asked, Embedded, Entry, Operation, View};

/// The domains of a connection: what handles ask for, asked of their owners.
#[derive(Debug)]
pub struct Domains<M: Embedded> {
    manager: Arc<M>,
}

impl<M: Embedded> Domains<M> {
    /// Those of a manager.
    pub fn new(manager: Arc<M>) -> Self {
        Self { manager }
    }

    /// Asks the owner of a domain to do something, unless no owner ever does.
    ///
    /// # Errors
    /// Those of [`OwnerLine::ask`](crate::OwnerLine::ask), [`Root::existing`](crate::Root::existing) and
    /// [`Embedded::check`].
    pub async fn ask(
        &self,
        call: &CallContext,
        domain: Uuid,
        operation: impl Into<Operation<M::Work>> + Send,
    ) -> Result<()> {
        let operation = operation.into();
        let entry = self.manager.root().existing(domain)?;
        self.manager.check(&operation)?;
        entry.owner.ask(call, operation).await
    }

    /// Has the owner of the domain of this uuid and name do something; the domain is made where it does not exist.
    ///
    /// # Errors
    /// `AlreadyExists` when name or uuid belong to another domain; those of its owner.
    pub async fn ask_claimed(
        &self,
        call: &CallContext,
        uuid: Uuid,
        name: &str,
        operation: impl Fn() -> Operation<M::Work> + Send,
    ) -> Result<DomainRef> {
        loop {
            let entry = self.claim(uuid, name)?;
            match entry.owner.ask_owner(call, operation()).await {
                Asked::Answered(result) => return result.map(|()| DomainRef::new(uuid, name)),
                // Its owner had just ended with the domain before: once more, with a new one.
                Asked::OwnerGone => {
                    self.manager.root().life.check_open()?;
                    self.manager.root().registry.remove(&entry);
                }
            }
        }
    }

    fn claim(&self, uuid: Uuid, name: &str) -> Result<Arc<Entry<M>>> {
        let root = self.manager.root();
        let mut made = None;
        let entry = root.registry.claim(uuid, name, || {
            let (entry, inbox) = Entry::new(uuid, View::hidden(name), root.life.closing());
            made = Some(inbox);
            Ok(entry)
        })?;
        if let Some(inbox) = made {
            self.manager.own(Arc::clone(&entry), inbox)?;
        }
        Ok(entry)
    }

    /// Checks a configuration and fills it in: everything that can be said against it is said here, before anything has
    /// changed.
    ///
    /// # Errors
    /// `InvalidConfig` and `Unsupported`, with the element; `ConnectionLost`.
    pub async fn complete(
        &self,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<(Box<DomainConfig>, Uuid)> {
        self.manager.root().life.check_open()?;
        self.manager.root().reach.check()?;
        DomainName::new(config.name.as_str())?;
        config.validate()?;
        check_end_actions(config)?;
        let complete = self.manager.complete(call, config).await?;
        let uuid = complete
            .uuid
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a completed configuration has no uuid"))?;
        Ok((complete, uuid))
    }
}

#[async_trait]
impl<M: Embedded> DomainDriver for Domains<M> {
    async fn list(&self, call: &CallContext, filter: &DomainFilter) -> Result<Vec<DomainInfo>> {
        self.manager.root().life.check_open()?;
        self.manager.look_for_others(call, None).await?;
        let all = self.manager.root().registry.all();
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
        let root = self.manager.root();
        root.life.check_open()?;
        match root.registry.select(selector) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.manager.look_for_others(call, Some(selector)).await?;
                root.registry.select(selector)
            }
            found => found,
        }
    }

    async fn info(&self, _call: &CallContext, domain: Uuid) -> Result<DomainInfo> {
        let entry = self.manager.root().existing(domain)?;
        let info = entry.view().info(domain);
        Ok(info)
    }

    async fn config(&self, _call: &CallContext, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        let entry = self.manager.root().existing(domain)?;
        let (kept, live, id) = {
            let view = entry.view();
            let kept = view.inactive.as_ref().or(view.origin.as_ref());
            (kept.cloned(), view.live.clone(), view.id())
        };
        let (mut config, id) = match (kept, live) {
            (Some(kept), Some(_)) if options.inactive => (kept.config()?, None),
            (_, Some(live)) => (live.config()?, id),
            (Some(kept), None) => (kept.config()?, None),
            (None, None) => return Err(Error::new(ErrorKind::NotFound, "the domain has no configuration")),
        };
        config.id = id.and_then(|id| i32::try_from(id).ok());
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
        let (config, uuid) = self.complete(call, config).await?;
        let existing = options.existing;
        let define = || Operation::Define(config.clone(), existing);
        self.ask_claimed(call, uuid, &config.name, define).await
    }

    async fn create(
        &self,
        call: &CallContext,
        config: &DomainConfig,
        options: &StartOptions,
    ) -> Result<DomainRef> {
        let start = |config| Operation::Start {
            options: options.clone(),
            config,
        };
        self.manager.check(&start(None))?;
        let (config, uuid) = self.complete(call, config).await?;
        let start = || start(Some(config.clone()));
        self.ask_claimed(call, uuid, &config.name, start).await
    }

    async fn undefine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Undefine).await
    }

    async fn start(&self, call: &CallContext, domain: Uuid, options: &StartOptions) -> Result<()> {
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

    async fn reset(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Reset).await
    }

    async fn destroy(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        let entry = self.manager.root().existing(domain)?;
        entry.owner.destroy(call, options.clone()).await
    }

    async fn suspend(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Suspend).await
    }

    async fn resume(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.ask(call, domain, Operation::Resume).await
    }

    async fn rename(&self, call: &CallContext, domain: Uuid, name: &DomainName) -> Result<()> {
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
