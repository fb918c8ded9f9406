//! Domains that move from one world to another of this process.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::document;
use super::guest::Guest;
use super::job::Copying;
use super::record::Record;
use super::world::{Shared, World};
use super::worlds;
use crate::domain::machine::{Happening, Request};
use crate::domain::{DefineOptions, DomainRef};
use crate::driver::{MigrationBegun, MigrationFinished, MigrationPrepared};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{DomainChange, StartedReason, StoppedReason};
use crate::job::JobKind;
use crate::migration::{MigrationOptions, StorageCopy};
use crate::model::{ByteSize, DomainConfig};

/// What is tuned of a domain's migrations.
#[derive(Debug, Clone)]
pub(super) struct Tuning {
    pub(super) max_downtime: Duration,
    pub(super) max_speed: ByteSize,
    pub(super) post_copy_speed: ByteSize,
    pub(super) compression_cache: ByteSize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            max_downtime: Duration::from_millis(300),
            max_speed: ByteSize::ZERO,
            post_copy_speed: ByteSize::ZERO,
            compression_cache: ByteSize::mib(64),
        }
    }
}

/// A domain that a world waits for.
#[derive(Debug)]
pub(super) struct Incoming {
    config: DomainConfig,
    arrived: Option<Arrived>,
}

/// A guest that has come over.
#[derive(Debug)]
struct Arrived {
    guest: Guest,
    booted: bool,
    paused: bool,
    memory: ByteSize,
    definition: Option<DomainConfig>,
}

impl World {
    /// Begins at the source.
    pub(super) fn begin_migration(
        &mut self,
        domain: Uuid,
        options: &MigrationOptions,
    ) -> Result<MigrationBegun> {
        if options.storage != StorageCopy::None || options.post_copy_resume {
            let what = "the test driver copies no images and resumes no broken post-copy";
            return Err(Error::unsupported(what));
        }
        let record = self.record(domain)?;
        let mut config = match (&record.run, &record.definition) {
            (None, Some(definition)) if options.offline => definition.clone(),
            (Some(run), _) if !options.offline => run.config.inactive(),
            (Some(_), _) => {
                let message = "the domain runs: only one that is off migrates offline";
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
            (None, _) => {
                let message = "the domain does not run: only its definition can move (offline)";
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
        };
        if let Some(other) = &options.destination_config {
            super::saved::check_same(&config, other)?;
            config = document::accept(other)?;
            config.uuid = Some(domain);
        }
        if let Some(name) = &options.destination_name {
            crate::domain::DomainName::new(name.clone())?;
            config.name.clone_from(name);
        }
        let reference = DomainRef::new(domain, config.name.clone());
        if !options.offline {
            let copying = self.begin_copying(domain, JobKind::Migration, Request::Migrate)?;
            let record = self.record_mut(domain)?;
            let speed = options.bandwidth.unwrap_or(record.tuning.max_speed);
            if !speed.is_zero() {
                copying.limit(speed.as_bytes());
            }
            if options.post_copy {
                copying.allow_post_copy(record);
            }
            record.outgoing = Some(copying);
        }
        Ok(MigrationBegun::new(reference, config.to_xml(), b"begun".to_vec()))
    }

    /// Prepares the target.
    pub(super) fn prepare_migration(
        &mut self,
        begun: &MigrationBegun,
        number: u64,
    ) -> Result<MigrationPrepared> {
        let config = document::accept(&DomainConfig::from_xml(&begun.xml)?)?;
        let uuid = self.identify(&config)?;
        if let Some(record) = self.domains.get(&uuid)
            && record.machine.is_active()
        {
            let message = "the domain runs at the target already";
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        if self.incoming.contains_key(&uuid) {
            let message = "the target waits for the domain already: another migration is under way";
            return Err(Error::new(ErrorKind::Busy, message));
        }
        let incoming = Incoming {
            config,
            arrived: None,
        };
        self.incoming.insert(uuid, incoming);
        Ok(MigrationPrepared::new(worlds::uri(number), b"prepared".to_vec()))
    }

    pub(super) fn take_outgoing(&mut self, domain: Uuid) -> Result<Copying> {
        let outgoing = self.record_mut(domain)?.outgoing.take();
        outgoing.ok_or_else(|| {
            let message = "no migration of the domain was begun";
            Error::new(ErrorKind::InvalidState, message)
        })
    }

    /// The guest stands still, and is packed.
    fn pack(&mut self, domain: Uuid, definition: Option<DomainConfig>) -> Result<Arrived> {
        let paused = !self.record(domain)?.is_moving();
        self.hold_for_job(domain);
        let record = self.record(domain)?;
        let run = record.run.as_ref().ok_or_else(|| {
            let message = "the domain ended while it was moved";
            Error::new(ErrorKind::Cancelled, message)
        })?;
        Ok(Arrived {
            guest: record.guest.moved(),
            booted: run.booted,
            paused,
            memory: run.memory,
            definition: definition.or_else(|| record.definition.clone()),
        })
    }

    /// Lets the domain go on at the target, or forgets that it was to come.
    pub(super) fn finish_migration(
        &mut self,
        domain: Uuid,
        cancelled: bool,
        options: &MigrationOptions,
    ) -> Result<MigrationFinished> {
        let nothing = || MigrationFinished::new(None, Vec::new());
        let Some(incoming) = self.incoming.remove(&domain) else {
            return match cancelled {
                true => Ok(nothing()),
                false => {
                    let message = "the target waits for no such domain";
                    Err(Error::new(ErrorKind::InvalidState, message))
                }
            };
        };
        if cancelled {
            return Ok(nothing());
        }
        if options.persist_destination {
            let arrived = incoming.arrived.as_ref();
            let kept = options.persistent_config.as_deref().cloned();
            let kept = kept.or_else(|| arrived.and_then(|arrived| arrived.definition.clone()));
            let mut definition = document::accept(&kept.unwrap_or_else(|| incoming.config.clone()))?;
            definition.name.clone_from(&incoming.config.name);
            definition.uuid = Some(domain);
            self.define(definition, &DefineOptions::default())?;
        }
        let name = incoming.config.name.clone();
        let reference = DomainRef::new(domain, name.clone());
        if options.offline {
            return Ok(MigrationFinished::new(Some(reference), Vec::new()));
        }
        let Some(arrived) = incoming.arrived else {
            return Ok(nothing());
        };
        let record = self.domains.or_insert_with(domain, || Record::new(domain, name));
        record.guest = arrived.guest;
        let paused = arrived.paused || options.paused;
        self.resume_run(
            domain,
            incoming.config,
            arrived.booted,
            (StartedReason::Migrated, paused),
        );
        if let Some(run) = self.record_mut(domain)?.run.as_mut() {
            run.memory = arrived.memory;
        }
        Ok(MigrationFinished::new(Some(reference), b"finished".to_vec()))
    }

    /// Ends the domain at the source, or lets it go on there.
    pub(super) fn confirm_migration(
        &mut self,
        domain: Uuid,
        cancelled: bool,
        options: &MigrationOptions,
    ) -> Result<()> {
        self.record_mut(domain)?.outgoing = None;
        self.end_job(domain, cancelled);
        if cancelled {
            return Ok(());
        }
        if options.undefine_source {
            let record = self.record_mut(domain)?;
            let was_persistent = record.definition.take().is_some();
            record.autostart = false;
            let is_active = record.machine.is_active();
            if was_persistent {
                self.publish(domain, DomainChange::Undefined);
            }
            if !is_active {
                self.domains.remove(&domain);
                return Ok(());
            }
        }
        if !options.offline {
            self.happen(domain, Happening::Ended(StoppedReason::Migrated));
        }
        Ok(())
    }
}

/// Moves a guest over: it runs until all of its memory is there, then it stands still and is at the target.
pub(super) async fn perform(
    source: &Arc<Shared>,
    domain: Uuid,
    uri: &str,
    options: &MigrationOptions,
) -> Result<Vec<u8>> {
    let copying = source.with(|world| world.take_outgoing(domain))?;
    if options.not_live {
        source.with(|world| world.hold_for_job(domain));
    }
    let result = match copying.all().await {
        Ok(()) => hand_over(source, domain, uri, options),
        cancelled => cancelled,
    };
    let told = match &result {
        Ok(()) => Ok(()),
        Err(error) => Err(Error::new(error.kind(), error.message().to_owned())),
    };
    copying.finish(told);
    result.map(|()| b"performed".to_vec())
}

fn hand_over(source: &Arc<Shared>, domain: Uuid, uri: &str, options: &MigrationOptions) -> Result<()> {
    let target = worlds::find(uri)?;
    let definition = options.persistent_config.as_deref().cloned();
    let arrived = source.with(|world| world.pack(domain, definition))?;
    target.with(|world| match world.incoming.get_mut(&domain) {
        Some(incoming) => {
            incoming.arrived = Some(arrived);
            Ok(())
        }
        None => {
            let message = "the target does not wait for the domain any more";
            Err(Error::new(ErrorKind::ConnectionLost, message))
        }
    })
}

/// The whole migration, as the source's manager leads it.
pub(super) async fn peer_to_peer(
    source: &Arc<Shared>,
    domain: Uuid,
    uri: &str,
    options: &MigrationOptions,
) -> Result<()> {
    let target = worlds::find(uri)?;
    let begun = source.with(|world| world.begin_migration(domain, options))?;
    let number = target.number();
    let performed = match target.with(|world| world.prepare_migration(&begun, number)) {
        Ok(_) if options.offline => Ok(()),
        Ok(prepared) => perform(source, domain, &prepared.uri, options).await.map(drop),
        Err(error) => {
            source.with(|world| world.confirm_migration(domain, true, options))?;
            return Err(error);
        }
    };
    let cancelled = performed.is_err();
    let finished = target.with(|world| world.finish_migration(domain, cancelled, options));
    let arrived = finished.as_ref().is_ok_and(|finished| finished.domain.is_some());
    source.with(|world| world.confirm_migration(domain, !arrived, options))?;
    performed?;
    finished.map(drop)
}
