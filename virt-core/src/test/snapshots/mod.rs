//! Snapshots: how a domain was at a moment, and how it comes back there.

mod tree;

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

pub(super) use tree::Snapshots;

use super::document;
use super::guest::AgentBehaviour;
use super::record::Record;
use super::world::World;
use crate::domain::machine::Machine;
use crate::domain::{DomainState, ResumeState, StartOptions, StateReason};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{DomainChange, ResumedReason, StartedReason, StoppedReason};
use crate::model::snapshot::{SnapshotAlignment, SnapshotLocation, SnapshotState};
use crate::model::{DomainConfig, SnapshotConfig};
use crate::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotRevertOptions};
use tree::Moment;

impl World {
    pub(super) fn create_snapshot(
        &mut self,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        let record = self.record_mut(domain)?;
        record.check_idle()?;
        if options.redefine {
            return redefine(record, config, options);
        }
        if options.quiesce && !agent_answers(record) {
            let message = "nobody answers on the guest agent's channel: its file systems cannot be frozen";
            return Err(Error::new(ErrorKind::AgentUnavailable, message));
        }
        let mut snapshot = self.aligned(domain, config, options)?;
        let record = self.record_mut(domain)?;
        let name = snapshot.name.clone().unwrap_or_default();
        if record.snapshots.moments.contains_key(&name) {
            let message = format!("a snapshot {name:?} exists already");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        if let Some(current) = record.snapshots.current.as_deref() {
            snapshot.parent = Some(current.into());
        }
        let with_memory = !snapshot.is_offline();
        let moment = Moment {
            definition: record.definition.clone().map(Box::new),
            run: record
                .run
                .as_ref()
                .filter(|_| with_memory)
                .map(|run| (Box::new(run.config.inactive()), run.booted)),
            files: Some(record.guest.files.clone()),
            config: snapshot,
        };
        record.go_on_in_new_images(&moment.config);
        if !options.no_metadata {
            record.snapshots.current = Some(name.clone());
            record.snapshots.moments.insert(name.clone(), moment);
        }
        if options.halt && record.machine.is_active() {
            let ended = crate::domain::machine::Happening::Ended(StoppedReason::Destroyed);
            self.happen(domain, ended);
        }
        Ok(name)
    }

    /// The document of a new snapshot, with all that is filled in when it is made.
    fn aligned(
        &self,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<Box<SnapshotConfig>> {
        let record = self.record(domain)?;
        let memory = config.memory.as_ref();
        let memory_is = |place: SnapshotLocation| {
            memory.is_some_and(|memory| {
                memory.snapshot.as_ref() == Some(&place)
                    || place == SnapshotLocation::External && memory.file.is_some()
            })
        };
        let external = memory_is(SnapshotLocation::External);
        if options.live && !external {
            let message =
                "a live snapshot has its memory in a file: say <memory snapshot='external' file='…'/>";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let active = record.machine.is_active();
        let disk_only = options.disk_only || active && memory_is(SnapshotLocation::No);
        if disk_only && (external || memory_is(SnapshotLocation::Internal)) {
            let message = "a snapshot of disks only has no memory";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let alignment = match disk_only || external {
            true => SnapshotAlignment::new(SnapshotLocation::External),
            false => SnapshotAlignment::new(SnapshotLocation::Internal),
        };
        let alignment = match active && !disk_only && !external {
            true => alignment.with_only_internal(),
            false => alignment,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let mut snapshot = Box::new(config.as_new().created_at(seconds));
        let Some(present) = record.config() else {
            return Err(Error::new(
                ErrorKind::Internal,
                "a domain without run and definition",
            ));
        };
        snapshot.state = Some(match (record.machine.state(), disk_only) {
            (DomainState::ShutOff, _) => SnapshotState::Shutoff,
            (_, true) => SnapshotState::DiskSnapshot,
            (DomainState::Running, _) => SnapshotState::Running,
            (DomainState::Paused, _) => SnapshotState::Paused,
            (DomainState::ShuttingDown, _) => SnapshotState::Shutdown,
            (DomainState::Crashed, _) => SnapshotState::Crashed,
            (DomainState::PmSuspended, _) => SnapshotState::PmSuspended,
        });
        let mut snapshot = Box::new(snapshot.align(present, &alignment)?);
        snapshot.domain = Some(present.inactive().into());
        if snapshot.is_offline() {
            snapshot.memory = None;
        }
        Ok(Box::new(snapshot.with_default_memory()))
    }

    pub(super) fn revert_snapshot(
        &mut self,
        domain: Uuid,
        name: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        let record = self.record_mut(domain)?;
        record.check_idle()?;
        let moment = record.snapshots.get(name)?;
        let document = moment
            .config
            .domain
            .as_ref()
            .and_then(|domain| domain.to_config());
        let document = document.map(Box::new);
        let paused = match (&options.state, &moment.config.state) {
            (Some(state), _) => *state == ResumeState::Paused,
            (None, state) => *state != Some(SnapshotState::Running),
        };
        let run = moment.run.clone();
        let run = match (run, options.state, &moment.config.state) {
            (Some(run), _, _) => Some(run),
            // It was off, or without memory: it starts from its beginning where it is to run.
            (None, Some(_), _) => document.clone().map(|config| (config, false)),
            (None, None, _) => None,
        };
        let is_persistent = record.definition.is_some();
        if run.is_none() && !is_persistent {
            let message = "the domain is transient and was off then: say what it is to do, running or paused";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        let definition = moment.definition.clone().or(document);
        if let Some(files) = moment.files.clone() {
            record.guest.files = files;
        }
        if is_persistent && definition.is_some() {
            record.definition = definition.map(|definition| *definition);
        }
        record.snapshots.current = Some(name.to_owned());
        self.replace_run(domain, run, paused);
        Ok(())
    }

    /// The run there is, if any, is over, and this one goes on in its place.
    fn replace_run(&mut self, domain: Uuid, run: Option<(Box<DomainConfig>, bool)>, paused: bool) {
        let id = self.next_id();
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let mut changes = Vec::new();
        if let Some(old) = record.run.take() {
            old.end_lines();
            record.guest.power_off();
            changes.push(DomainChange::Stopped(StoppedReason::FromSnapshot));
        }
        let booted = run.as_ref().is_some_and(|(_, booted)| *booted);
        match run {
            None => record.machine = Machine::at(DomainState::ShutOff, StateReason::FromSnapshot),
            Some((config, booted)) => {
                let mut new = super::record::Run::new(id, *config, &StartOptions::default());
                new.booted = booted;
                new.set_moving(!paused);
                record.run = Some(new);
                record.guest.power_on();
                let state = if paused {
                    DomainState::Paused
                } else {
                    DomainState::Running
                };
                record.machine = Machine::at(state, StateReason::FromSnapshot);
                changes.push(DomainChange::Started(StartedReason::FromSnapshot));
                if !paused {
                    changes.push(DomainChange::Resumed(ResumedReason::Unpaused));
                }
            }
        }
        record.set_reading();
        for change in changes {
            self.publish(domain, change);
        }
        if booted {
            self.set_agent_presence(domain);
        } else if !paused {
            self.go_on(domain);
        }
    }

    pub(super) fn delete_snapshot(
        &mut self,
        domain: Uuid,
        name: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        let record = self.record_mut(domain)?;
        record.check_idle()?;
        record.snapshots.delete(name, options.deletion)
    }
}

/// Takes notes of a snapshot there was.
fn redefine(record: &mut Record, config: &SnapshotConfig, options: &SnapshotCreateOptions) -> Result<String> {
    let refuse = |why: String| Err(Error::new(ErrorKind::InvalidConfig, why));
    let Some(name) = config.name.clone().filter(|name| !name.is_empty()) else {
        return refuse("a redefined snapshot has a name".to_owned());
    };
    if config.state.is_none() || config.creation_time.is_none() {
        return refuse("a redefined snapshot says its state and when it was made".to_owned());
    }
    let parent = config.parent.as_ref().and_then(|parent| parent.name.as_deref());
    if let Some(parent) = parent {
        let after_itself = parent == name
            || record
                .snapshots
                .descendants(&name)
                .iter()
                .any(|after| after == parent);
        if after_itself || !record.snapshots.moments.contains_key(parent) {
            return refuse(format!(
                "the snapshot {name:?} cannot come after {parent:?}: redefine that one first"
            ));
        }
    }
    let known = record.snapshots.moments.remove(&name);
    let (definition, run, files) = match known {
        Some(known) => (known.definition, known.run, known.files),
        None => (None, None, None),
    };
    let moment = Moment {
        config: Box::new(config.clone().with_default_memory()),
        definition,
        run,
        files,
    };
    record.snapshots.moments.insert(name.clone(), moment);
    if options.current {
        record.snapshots.current = Some(name.clone());
    }
    Ok(name)
}

fn agent_answers(record: &Record) -> bool {
    let connected = record.run.as_ref().is_some_and(|run| run.agent_connected);
    connected && record.is_moving() && record.guest.behaviour.agent == AgentBehaviour::Answers
}

impl Record {
    /// Where a snapshot is external, the guest writes to the new images from now on.
    fn go_on_in_new_images(&mut self, snapshot: &SnapshotConfig) {
        let rows = snapshot.disks.iter().flat_map(|list| &list.disks);
        let external = rows.filter(|row| row.snapshot == Some(SnapshotLocation::External));
        for row in external {
            let (Some(target), Some(path)) = (row.name.as_deref(), row.path()) else {
                continue;
            };
            for config in [
                self.run.as_mut().map(|run| &mut run.config),
                self.definition.as_mut(),
            ]
            .into_iter()
            .flatten()
            {
                document::set_image(config, target, path);
            }
        }
    }
}
