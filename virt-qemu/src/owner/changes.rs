//! Changes of configuration: definition, name, autostart, metadata, lifecycle actions, memory.

use std::sync::Arc;

use virt_core::domain::{
    ConfigScope, DomainName, ExistingPolicy, LifecycleAction, LifecycleEvent, MetadataItem,
};
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, Outcome, Result};
use virt_manager::document::{self, Kept};
use virt_manager::{OwnerTask as _, transient};

use super::Owner;
use super::debts::is_cut;
use crate::document::{actions, balloon_alias};
use crate::qmp::commands::balloon::Balloon;
use crate::qmp::commands::machine::SetAction;

impl Owner {
    pub(super) async fn define(&mut self, config: DomainConfig, existing: ExistingPolicy) -> Result<()> {
        self.manager.root.life.check_open()?;
        let reason = self.check_define(existing)?;
        self.manager
            .store
            .save_definition(self.entry.uuid(), &config)
            .await?;
        self.update(|view| view.defined(&config));
        // A running transient domain has a definition now: its run no longer needs the one of its start.
        if let Some(running) = self.running.as_mut().filter(|running| running.record.transient) {
            running.record.transient = false;
            running.record.origin = None;
            // Whether there is a definition is seen by its file: the record only repeats it.
            let record = running.record.clone();
            if let Err(error) = self.manager.store.save_run(&record).await {
                tracing::warn!(domain = %record.name, %error, "a run's record could not be written");
            }
        }
        self.publish(DomainChange::Defined(reason));
        Ok(())
    }

    pub(super) async fn undefine(&mut self) -> Result<()> {
        let Some(inactive) = self.entry.view().inactive.clone() else {
            return Err(transient());
        };
        // A run that goes on does so as a transient one, known as such before the definition goes.
        if let Some(running) = self.running.as_mut() {
            let mut record = running.record.clone();
            record.transient = true;
            record.origin = Some(inactive.xml().to_owned());
            self.manager.store.save_run(&record).await?;
            running.record = record;
        }
        self.manager.store.remove_definition(self.entry.uuid()).await?;
        let origin = self.running.is_some().then_some(inactive);
        self.update(|view| view.undefined(origin));
        self.publish(DomainChange::Undefined);
        Ok(())
    }

    pub(super) async fn rename(&mut self, name: &DomainName) -> Result<()> {
        self.must_be_inactive()?;
        let inactive = self.definition()?;
        if inactive.name == name.as_str() {
            return Ok(());
        }
        let uuid = self.entry.uuid();
        self.manager.root.registry.reserve_name(uuid, name.as_str())?;
        let from = inactive.name.clone();
        let mut renamed = inactive;
        renamed.name = name.to_string();
        if let Err(error) = self.manager.store.save_definition(uuid, &renamed).await {
            // Where it cannot be told which name is on disk, it keeps both until it can.
            if !is_cut(&error) {
                self.manager.root.registry.release_name(uuid, name.as_str());
            }
            return Err(error);
        }
        self.update(|view| {
            view.name = name.to_string();
            view.inactive = Some(Kept::new(&renamed));
        });
        self.manager.root.registry.release_name(uuid, &from);
        self.publish(DomainChange::Defined(DefinedReason::Renamed { from }));
        Ok(())
    }

    pub(super) async fn set_autostart(&mut self, autostart: bool) -> Result<()> {
        self.definition()?;
        if self.entry.view().autostart != autostart {
            self.manager
                .store
                .set_autostart(self.entry.uuid(), autostart)
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
        document::check_lifecycle_action("a QEMU guest", event, action)?;
        let (live, _) = self.scope(scope)?;
        // First what may be refused, or not be answered at all; then what is written.
        if live && event == LifecycleEvent::Reboot {
            let current = self.entry.view().live.clone();
            let mut changed = current.map(Arc::unwrap_or_clone).unwrap_or_default();
            document::set_lifecycle_action(&mut changed, event, action);
            let set = SetAction {
                reboot: Some(actions(&changed).reboot),
                ..SetAction::default()
            };
            self.tell(&set, call).await?;
        }
        self.edit(scope, |config| {
            document::set_lifecycle_action(config, event, action);
            Ok(())
        })
        .await
    }

    pub(super) async fn set_memory(
        &mut self,
        call: &CallContext,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        self.entry.view().check_memory(size, (live, inactive))?;
        if live {
            let has_balloon = self
                .entry
                .view()
                .live
                .as_ref()
                .is_some_and(|live| balloon_alias(live).is_some());
            if !has_balloon {
                return Err(Error::unsupported("the running guest has no memory balloon"));
            }
            let balloon = Balloon {
                value: size.as_bytes(),
            };
            self.tell(&balloon, call).await?;
        }
        if inactive {
            self.edit(ConfigScope::Config, |config| {
                document::set_current_memory(config, size);
                Ok(())
            })
            .await
            .map_err(|error| {
                if live {
                    error.with_outcome(Outcome::Unknown)
                } else {
                    error
                }
            })?;
        }
        Ok(())
    }

    fn definition(&self) -> Result<DomainConfig> {
        let inactive = self.entry.view().inactive.clone();
        inactive.ok_or_else(transient)?.config()
    }

    /// Changes the configurations a scope names, on disk and in memory.
    async fn edit(
        &mut self,
        scope: ConfigScope,
        change: impl Fn(&mut DomainConfig) -> Result<()>,
    ) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        let changed = |config: &DomainConfig| {
            let mut config = config.clone();
            change(&mut config).map(|()| config)
        };
        let store = self.manager.store.clone();
        let mut writes = Vec::new();
        let definition = if inactive {
            let before = self.definition()?;
            let after = changed(&before)?;
            writes.push(store.write_definition(self.entry.uuid(), &after));
            Some((before, after))
        } else {
            None
        };
        let current = self.entry.view().live.clone();
        let run = match (live, current, self.running.as_ref()) {
            (true, Some(current), Some(running)) => {
                let after = changed(&current)?;
                let mut record = running.record.clone();
                record.live = after.to_xml();
                writes.push(store.write_run(&record)?);
                Some((record, after))
            }
            _ => None,
        };
        if let Err(error) = store.all(writes).await {
            // The first of two may have been done: an error leaves everything as it was.
            if let (Some((before, _)), Some(_)) = (&definition, &run)
                && let Err(lasting) = store.save_definition(self.entry.uuid(), before).await
            {
                tracing::warn!(domain = %self.name(), error = %lasting, "a change could not be taken back");
                return Err(error.with_outcome(Outcome::Unknown));
            }
            return Err(error);
        }
        if let (Some((record, _)), Some(running)) = (&run, self.running.as_mut()) {
            running.record = record.clone();
        }
        self.update(|view| {
            if let Some((_, after)) = definition {
                view.inactive = Some(Kept::new(&after));
            }
            if let Some((_, after)) = run {
                view.live = Some(Arc::new(after));
            }
        });
        Ok(())
    }
}
