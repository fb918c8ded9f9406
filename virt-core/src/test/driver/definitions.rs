//! Definitions: how domains come, change and go.

use uuid::Uuid;

use crate::domain::machine::Request;
use crate::domain::{
    ConfigScope, DefineOptions, DomainName, DomainRef, DomainSelector, ExistingPolicy, LifecycleAction,
    LifecycleEvent, MetadataItem, StartOptions, XmlOptions,
};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{DefinedReason, DomainChange};
use crate::model::DomainConfig;
use crate::test::document::{self, MetadataChange};
use crate::test::record::Record;
use crate::test::snapshots::Snapshots;
use crate::test::world::World;

impl World {
    pub(super) fn lookup(&self, selector: &DomainSelector) -> Result<DomainRef> {
        let fits = |record: &&Record| match selector {
            DomainSelector::Name(name) => record.name() == name,
            DomainSelector::Uuid(uuid) => record.reference().uuid == *uuid,
            DomainSelector::Id(id) => record.run.as_ref().is_some_and(|run| run.id == *id),
        };
        let found = self.domains.values().find(fits);
        found.map(Record::reference).ok_or_else(|| self.not_found())
    }

    pub(super) fn config(&self, domain: Uuid, options: &XmlOptions) -> Result<DomainConfig> {
        let record = self.record(domain)?;
        let config = match (&record.run, &record.definition) {
            (Some(run), None) if options.inactive => &run.at_start,
            (Some(run), _) if !options.inactive => &run.config,
            (_, Some(definition)) => definition,
            (_, None) => {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "a domain without run and definition",
                ));
            }
        };
        if options.secure {
            return Ok(config.clone());
        }
        document::hide_secrets(config)
    }

    /// Makes a definition durable, as far as a world in memory lasts.
    pub(in crate::test) fn define(
        &mut self,
        mut config: DomainConfig,
        options: &DefineOptions,
    ) -> Result<DomainRef> {
        let uuid = self.identify(&config)?;
        config.uuid = Some(uuid);
        let known = self.domains.contains_key(&uuid);
        if known && options.existing == ExistingPolicy::Refuse {
            return Err(already_exists(format!(
                "a domain of this name and uuid {uuid} exists already"
            )));
        }
        let record = self
            .domains
            .or_insert_with(uuid, || Record::new(uuid, config.name.clone()));
        let reason = match record.definition.replace(config) {
            Some(_) => DefinedReason::Updated,
            None => DefinedReason::Added,
        };
        let reference = record.reference();
        self.publish(uuid, DomainChange::Defined(reason));
        Ok(reference)
    }

    pub(super) fn create(&mut self, mut config: DomainConfig, options: &StartOptions) -> Result<DomainRef> {
        let uuid = self.identify(&config)?;
        config.uuid = Some(uuid);
        if let Some(record) = self.domains.get(&uuid) {
            record.admit(Request::Start)?;
        }
        let record = self
            .domains
            .or_insert_with(uuid, || Record::new(uuid, config.name.clone()));
        let reference = record.reference();
        self.start_run(uuid, config, options);
        Ok(reference)
    }

    /// The uuid a document belongs to: its own, that of the domain of its name and uuid, or a new one.
    pub(in crate::test) fn identify(&self, config: &DomainConfig) -> Result<Uuid> {
        let wanted = config.uuid;
        let namesake = self.domains.values().find(|record| record.name() == config.name);
        match (wanted, namesake.map(|record| record.reference().uuid)) {
            (Some(wanted), Some(uuid)) if wanted == uuid => Ok(wanted),
            (_, Some(uuid)) => Err(already_exists(format!(
                "a domain of this name exists already, with uuid {uuid}: give that uuid to replace it"
            ))),
            (Some(wanted), None) => match self.domains.get(&wanted) {
                Some(other) => Err(already_exists(format!(
                    "uuid {wanted} belongs to the domain {:?}: rename that one, or leave the uuid out",
                    other.name()
                ))),
                None => Ok(wanted),
            },
            (None, None) => Ok(Uuid::new_v4()),
        }
    }

    pub(super) fn undefine(&mut self, domain: Uuid) -> Result<()> {
        let record = self.persistent(domain)?;
        record.definition = None;
        record.autostart = false;
        record.managed_save = None;
        record.snapshots = Snapshots::default();
        let is_active = record.machine.is_active();
        self.publish(domain, DomainChange::Undefined);
        if !is_active {
            self.domains.remove(&domain);
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, domain: Uuid, name: &DomainName) -> Result<()> {
        let from = {
            let record = self.persistent(domain)?;
            record.admit(Request::Rename)?;
            record.name().to_owned()
        };
        if from == name.as_str() {
            return Ok(());
        }
        if self.domains.values().any(|record| record.name() == name.as_str()) {
            return Err(already_exists(format!(
                "a domain {name:?} exists already",
                name = name.as_str()
            )));
        }
        let record = self.persistent(domain)?;
        record.set_name(name.as_str());
        if let Some(definition) = &mut record.definition {
            name.as_str().clone_into(&mut definition.name);
        }
        self.publish(domain, DomainChange::Defined(DefinedReason::Renamed { from }));
        Ok(())
    }

    pub(super) fn set_autostart(&mut self, domain: Uuid, autostart: bool) -> Result<()> {
        self.persistent(domain)?.autostart = autostart;
        Ok(())
    }

    pub(super) fn set_metadata(
        &mut self,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let change = MetadataChange::of(item)?;
        self.edit(domain, scope, |config| change.apply(config))?;
        self.publish(domain, DomainChange::MetadataChanged);
        Ok(())
    }

    pub(super) fn set_lifecycle_action(
        &mut self,
        domain: Uuid,
        (event, action): (LifecycleEvent, LifecycleAction),
        scope: ConfigScope,
    ) -> Result<()> {
        document::check_action(event, action)?;
        self.edit(domain, scope, |config| {
            document::set_action(config, event, action);
            Ok(())
        })
    }

    /// Changes the configurations a scope means.
    pub(super) fn edit(
        &mut self,
        domain: Uuid,
        scope: ConfigScope,
        change: impl Fn(&mut DomainConfig) -> Result<()>,
    ) -> Result<()> {
        let record = self.record_mut(domain)?;
        let (live, inactive) = scope.resolve(record.machine.is_active(), record.definition.is_some())?;
        if let (true, Some(run)) = (live, &mut record.run) {
            change(&mut run.config)?;
        }
        if let (true, Some(definition)) = (inactive, &mut record.definition) {
            change(definition)?;
        }
        Ok(())
    }

    fn persistent(&mut self, domain: Uuid) -> Result<&mut Record> {
        let record = self.record_mut(domain)?;
        if record.definition.is_none() {
            let message = "the domain is transient: it has no definition (define it to keep it)";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        Ok(record)
    }
}

fn already_exists(message: String) -> Error {
    Error::new(ErrorKind::AlreadyExists, message)
}
