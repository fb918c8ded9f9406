//! Changes of configuration: definition, name, autostart, metadata, lifecycle actions, memory.

use std::sync::Arc;

use virt_core::domain::{ConfigScope, DomainName, LifecycleAction, LifecycleEvent, MetadataItem};
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::Owner;
use crate::document;
use crate::qmp::commands::balloon::Balloon;
use crate::qmp::commands::machine::SetAction;

impl Owner {
    pub(super) async fn define(&mut self, config: DomainConfig) -> Result<()> {
        self.manager.check_open()?;
        let existed = self.entry.view().inactive.is_some();
        self.manager
            .store
            .save_definition(self.entry.uuid, &config)
            .await?;
        // A running transient domain has a definition now: its run no longer needs the one of its start.
        if let Some(running) = self.running.as_mut().filter(|running| running.record.transient) {
            running.record.transient = false;
            running.record.origin = None;
            let record = running.record.clone();
            self.manager.store.save_run(&record).await?;
        }
        self.update(|view| {
            view.visible = true;
            view.inactive = Some(Arc::new(config));
        });
        self.publish(DomainChange::Defined(if existed {
            DefinedReason::Updated
        } else {
            DefinedReason::Added
        }));
        Ok(())
    }

    pub(super) async fn undefine(&mut self) -> Result<()> {
        let Some(inactive) = self.entry.view().inactive.clone() else {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the domain is transient: it has no definition",
            ));
        };
        // A run that goes on does so as a transient one, known as such before the definition goes.
        if let Some(running) = self.running.as_mut() {
            running.record.transient = true;
            running.record.origin = Some(inactive.to_xml());
            let record = running.record.clone();
            self.manager.store.save_run(&record).await?;
        }
        self.manager.store.remove_definition(self.entry.uuid).await?;
        self.update(|view| {
            view.inactive = None;
            view.autostart = false;
            view.visible = view.run.is_some();
        });
        self.publish(DomainChange::Undefined);
        Ok(())
    }

    pub(super) async fn rename(&mut self, name: &DomainName) -> Result<()> {
        self.must_be_inactive()?;
        let inactive = self.definition()?;
        if inactive.name == name.as_str() {
            return Ok(());
        }
        let uuid = self.entry.uuid;
        self.manager.registry.reserve_name(uuid, name.as_str())?;
        let from = inactive.name.clone();
        let mut renamed = DomainConfig::clone(&inactive);
        renamed.name = name.to_string();
        if let Err(error) = self.manager.store.save_definition(uuid, &renamed).await {
            self.manager.registry.release_name(uuid, name.as_str());
            return Err(error);
        }
        self.update(|view| {
            view.name = name.to_string();
            view.inactive = Some(Arc::new(renamed));
        });
        self.manager.registry.release_name(uuid, &from);
        self.publish(DomainChange::Defined(DefinedReason::Renamed { from }));
        Ok(())
    }

    pub(super) async fn set_autostart(&mut self, autostart: bool) -> Result<()> {
        self.definition()?;
        if self.entry.view().autostart != autostart {
            self.manager
                .store
                .set_autostart(self.entry.uuid, autostart)
                .await?;
            self.update(|view| view.autostart = autostart);
        }
        Ok(())
    }

    pub(super) async fn set_metadata(&mut self, item: &MetadataItem, scope: ConfigScope) -> Result<()> {
        self.edit(scope, |config| document::set_metadata(config, item))
            .await?;
        self.publish(DomainChange::MetadataChanged);
        Ok(())
    }

    pub(super) async fn set_lifecycle_action(
        &mut self,
        call: &CallContext,
        (event, action): (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        document::check_lifecycle_action(event, action)?;
        self.edit(scope, |config| {
            document::set_lifecycle_action(config, event, action);
            Ok(())
        })
        .await?;
        let (live, _) = self.scope(scope)?;
        if live && event == LifecycleEvent::Reboot {
            let reboot = self
                .entry
                .view()
                .live
                .as_ref()
                .map(|live| document::actions(live).reboot);
            let set = SetAction {
                reboot,
                ..SetAction::default()
            };
            self.active()?.run.qmp()?.execute(&set, call.deadline).await?;
        }
        Ok(())
    }

    pub(super) async fn set_memory(
        &mut self,
        call: &CallContext,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        let limit = self.entry.view().current().map(|config| document::memory(config));
        if size == ByteSize::default() || limit.is_some_and(|limit| size > limit) {
            let most = limit.map_or_else(String::new, |limit| format!(" (at most {limit})"));
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{size} is no memory this domain can have{most}"),
            ));
        }
        if live {
            let has_balloon = self
                .entry
                .view()
                .live
                .as_ref()
                .is_some_and(|live| document::balloon_alias(live).is_some());
            if !has_balloon {
                return Err(Error::unsupported("the running guest has no memory balloon"));
            }
            let balloon = Balloon {
                value: size.as_bytes(),
            };
            self.active()?.run.qmp()?.execute(&balloon, call.deadline).await?;
        }
        if inactive {
            self.edit(ConfigScope::Config, |config| {
                document::set_current_memory(config, size);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    fn definition(&self) -> Result<Arc<DomainConfig>> {
        let inactive = self.entry.view().inactive.clone();
        inactive.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidState,
                "the domain is transient: it has no definition",
            )
        })
    }

    fn scope(&self, scope: ConfigScope) -> Result<(bool, bool)> {
        let persistent = self.entry.view().inactive.is_some();
        scope.resolve(self.running.is_some(), persistent)
    }

    /// Changes the configurations a scope names, on disk and in memory.
    async fn edit(
        &mut self,
        scope: ConfigScope,
        change: impl Fn(&mut DomainConfig) -> Result<()>,
    ) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        if inactive {
            let mut config = DomainConfig::clone(&*self.definition()?);
            change(&mut config)?;
            self.manager
                .store
                .save_definition(self.entry.uuid, &config)
                .await?;
            self.update(|view| view.inactive = Some(Arc::new(config)));
        }
        if live {
            let current = self.entry.view().live.clone();
            if let (Some(current), Some(running)) = (current, self.running.as_mut()) {
                let mut config = DomainConfig::clone(&current);
                change(&mut config)?;
                running.record.live = config.to_xml();
                let record = running.record.clone();
                self.manager.store.save_run(&record).await?;
                self.update(|view| view.live = Some(Arc::new(config)));
            }
        }
        Ok(())
    }
}
