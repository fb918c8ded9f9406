//! The definition of a container: made, changed, renamed, removed.

use virt_core::Result;
use virt_core::domain::{DomainName, ExistingPolicy};
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::model::DomainConfig;
use virt_manager::document::Kept;
use virt_manager::{OwnerTask as _, transient};

use super::Owner;
use crate::config::ContainerConfig;
use crate::convert;
use crate::store::{Definition, native_text};

impl Owner {
    pub(super) async fn define(&mut self, config: DomainConfig, existing: ExistingPolicy) -> Result<()> {
        let reason = self.check_define(existing)?;
        self.keep_live_apart().await?;
        let autostart = self.entry.view().autostart;
        let mut definition = self.made_of(&config, autostart).await?;
        definition.transient = false;
        self.save(&definition).await?;
        self.update(|view| view.defined(&config));
        self.publish(DomainChange::Defined(reason));
        Ok(())
    }

    pub(super) async fn undefine(&mut self) -> Result<()> {
        let inactive = self.entry.view().inactive.clone();
        let Some(inactive) = inactive else {
            return Err(transient());
        };
        self.recover_snapshots().await?;
        self.must_have_no_snapshots().await?;
        let name = self.name();
        if self.running.is_some() {
            // A run that goes on does so as a transient one, and takes its directory with it at its end.
            self.keep_live_apart().await?;
            let mut definition = self.present_definition()?;
            definition.transient = true;
            self.save(&definition).await?;
        } else {
            self.manager.store.remove(&name).await?;
            self.native = None;
        }
        let origin = self.running.is_some().then_some(inactive);
        self.update(|view| view.undefined(origin));
        self.publish(DomainChange::Undefined);
        Ok(())
    }

    pub(super) async fn rename(&mut self, name: &DomainName) -> Result<()> {
        self.must_be_inactive()?;
        self.recover_snapshots().await?;
        self.read_definition_again().await?;
        let definition = self.present_definition()?;
        let from = definition.config.name.clone();
        if from == name.as_str() {
            return Ok(());
        }
        let uuid = self.entry.uuid();
        self.manager.root.registry.reserve_name(uuid, name.as_str())?;
        let renamed = match self.manager.store.rename(&definition, name.as_str()).await {
            Ok(renamed) => renamed,
            Err(error) => {
                self.manager.root.registry.release_name(uuid, name.as_str());
                return Err(error);
            }
        };
        self.native = Some(renamed.native);
        self.update(|view| {
            view.name = name.to_string();
            view.inactive = Some(Kept::new(&renamed.config));
        });
        self.manager.root.registry.release_name(uuid, &from);
        self.publish(DomainChange::Defined(DefinedReason::Renamed { from }));
        Ok(())
    }

    /// What another tool may have made of the configuration since is what counts.
    pub(super) async fn read_definition_again(&mut self) -> Result<()> {
        let name = self.name();
        let Some(known) = &self.native else { return Ok(()) };
        let Some(native) = self.manager.store.read_config(&name).await? else {
            return Ok(());
        };
        if native == *known || self.entry.view().inactive.is_none() {
            return Ok(());
        }
        let found = self
            .manager
            .store
            .load_one(&name, &self.manager.machine(), !self.manager.root.only_watches())
            .await?;
        let Some(found) = found else { return Ok(()) };
        // What runs goes on with what it had.
        self.keep_live_apart().await?;
        let definition = found.definition;
        self.native = Some(definition.native);
        self.update(|view| {
            view.inactive = Some(Kept::new(&definition.config));
            view.autostart = definition.autostart;
        });
        self.publish(DomainChange::Defined(DefinedReason::Updated));
        Ok(())
    }

    /// The definition as it is on disk.
    pub(super) fn present_definition(&self) -> Result<Definition> {
        let (kept, autostart) = {
            let view = self.entry.view();
            (view.inactive.clone(), view.autostart)
        };
        Ok(Definition {
            config: Box::new(kept.ok_or_else(transient)?.config()?),
            native: self.native.clone().unwrap_or_default(),
            autostart,
            transient: false,
        })
    }

    /// The definition that is made of a document: what others have written into the configuration stays.
    pub(super) async fn made_of(&self, config: &DomainConfig, autostart: bool) -> Result<Definition> {
        let context = self.manager.native_context(config).await?;
        let native = match &self.native {
            Some(native) => {
                let existing = ContainerConfig::parse(native)?;
                convert::update_native(&existing, config, &context)?
            }
            None => convert::to_native(config, &context)?,
        };
        Ok(Definition {
            config: Box::new(config.clone()),
            native: native_text(native, autostart)?,
            autostart,
            transient: false,
        })
    }

    /// Writes a definition; it survives a crash from here on.
    pub(super) async fn save(&mut self, definition: &Definition) -> Result<()> {
        let ops = self
            .manager
            .store
            .write_definition(definition, self.native.as_deref())?;
        self.manager.store.all(ops).await?;
        self.native = Some(definition.native.clone());
        Ok(())
    }
}
