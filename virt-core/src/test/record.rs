//! What the driver knows of one domain.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::document::Profile;
use super::fault::Pause;
use super::guest::Guest;
use super::job::{Copying, GuestJob};
use super::lane::LaneKey;
use super::line::Line;
use super::migration::Tuning;
use super::saved::SavedGuest;
use super::snapshots::Snapshots;
use super::world::held_up_by;
use crate::domain::machine::{LifecyclePolicy, Machine, Request};
use crate::domain::{DomainInfo, DomainRef, DomainState, StartOptions, StateReason};
use crate::error::{Error, ErrorKind, Result};
use crate::job::{JobKind, JobStatistics};
use crate::model::{ByteSize, DomainConfig};

/// One domain: its definition, its run, and the guest in it.
#[derive(Debug)]
pub(super) struct Record {
    uuid: Uuid,
    /// What the next start uses; a transient domain has none.
    pub(super) definition: Option<DomainConfig>,
    pub(super) run: Option<Run>,
    pub(super) machine: Machine,
    pub(super) autostart: bool,
    pub(super) guest: Guest,
    pub(super) job: Option<GuestJob>,
    /// What the last job did, until somebody asks.
    pub(super) last_job: Option<JobStatistics>,
    /// A migration that was begun and does not move yet.
    pub(super) outgoing: Option<Copying>,
    pub(super) tuning: Tuning,
    pub(super) managed_save: Option<SavedGuest>,
    pub(super) snapshots: Snapshots,
    /// Whether the hypervisor's side of it answers.
    pub(super) answers: watch::Sender<bool>,
    name: String,
}

/// One run of a domain, from its start to its end.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: u32,
    /// Counts how often the guest began from its beginning: what an earlier one was asked is forgotten.
    pub(super) boots: u32,
    pub(super) config: DomainConfig,
    /// The configuration it was started with, as it was then.
    pub(super) at_start: DomainConfig,
    pub(super) auto_destroy: bool,
    pub(super) memory: ByteSize,
    pub(super) booted: bool,
    pub(super) agent_connected: bool,
    pub(super) since: Instant,
    /// Consoles and serial ports, by alias.
    pub(super) lines: Vec<(String, Line)>,
    clock: RunClock,
}

/// How long vCPUs have been running.
#[derive(Debug, Clone, Copy, Default)]
struct RunClock {
    before: Duration,
    running_since: Option<Instant>,
}

/// Which beginning of which run something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch {
    id: u32,
    boots: u32,
}

impl Run {
    pub(super) fn new(id: u32, config: DomainConfig, options: &StartOptions) -> Self {
        let profile = Profile::of(&config);
        Self {
            id,
            boots: 0,
            at_start: config.clone(),
            config: super::document::live(config, id),
            auto_destroy: options.auto_destroy,
            memory: profile.memory,
            booted: false,
            agent_connected: false,
            since: Instant::now(),
            lines: profile
                .consoles
                .into_iter()
                .map(|alias| (alias, Line::new()))
                .collect(),
            clock: RunClock::default(),
        }
    }

    /// The guest prints something on all its consoles.
    pub(super) fn print(&self, text: &[u8]) {
        for (_, line) in &self.lines {
            line.print(text);
        }
    }

    /// Who reads the consoles gets the rest and then the end.
    pub(super) fn end_lines(&self) {
        for (_, line) in &self.lines {
            line.end();
        }
    }

    pub(super) const fn epoch(&self) -> Epoch {
        Epoch {
            id: self.id,
            boots: self.boots,
        }
    }

    /// How long its vCPUs have been running.
    pub(super) fn vcpu_time(&self) -> Duration {
        let now = self
            .clock
            .running_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        self.clock.before + now
    }

    /// Lets the clock of the vCPUs go, or stops it.
    pub(super) fn set_moving(&mut self, moving: bool) {
        match (moving, self.clock.running_since) {
            (true, None) => self.clock.running_since = Some(Instant::now()),
            (false, Some(since)) => {
                self.clock.before += since.elapsed();
                self.clock.running_since = None;
            }
            _ => {}
        }
    }
}

/// The operations that need the hypervisor's answer.
const NEED_AN_ANSWER: &[&str] = &[
    "shutdown",
    "reboot",
    "reset",
    "suspend",
    "resume",
    "set_memory",
    "set_vcpus",
    "attach_device",
    "detach_device",
    "detach_device_alias",
    "update_device",
    "change_media",
    "block_resize",
    "core_dump",
    "save",
    "managed_save",
    "migrate_to",
    "migrate_to_uri",
    "create_snapshot",
    "revert_snapshot",
    "screenshot",
    "send_keys",
    "inject_nmi",
];

impl Record {
    /// A domain that does not run.
    pub(super) fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            definition: None,
            run: None,
            machine: Machine::default(),
            autostart: false,
            guest: Guest::default(),
            job: None,
            last_job: None,
            outgoing: None,
            tuning: Tuning::default(),
            managed_save: None,
            snapshots: Snapshots::default(),
            answers: watch::Sender::new(true),
            name: name.into(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    pub(super) fn reference(&self) -> DomainRef {
        DomainRef::new(self.uuid, self.name.clone())
    }

    /// The configuration in force: of the run, else of the next one.
    pub(super) fn config(&self) -> Option<&DomainConfig> {
        self.run
            .as_ref()
            .map(|run| &run.config)
            .or(self.definition.as_ref())
    }

    pub(super) fn profile(&self) -> Profile {
        self.config().map(Profile::of).unwrap_or_default()
    }

    pub(super) fn policy(&self) -> LifecyclePolicy {
        self.profile().policy
    }

    /// The run of an active domain.
    pub(super) fn running(&mut self) -> Result<&mut Run> {
        self.run
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::InvalidState, "the domain is not running"))
    }

    /// Refuses while a job works on it.
    pub(super) fn check_idle(&self) -> Result<()> {
        match &self.job {
            None => Ok(()),
            Some(job) => {
                let what = match job.job.kind() {
                    JobKind::Migration => "the domain is being moved",
                    JobKind::Save => "the domain is being saved",
                    _ => "a core dump of the domain is being written",
                };
                let message = format!("{what}: wait for it or cancel it");
                Err(Error::new(ErrorKind::Busy, message))
            }
        }
    }

    /// Whether it may be asked this now.
    pub(super) fn admit(&self, request: Request) -> Result<crate::domain::machine::Admission> {
        let admission = self.machine.admit(request)?;
        // A migration may have to be hurried along by standing still.
        let moves = self
            .job
            .as_ref()
            .is_some_and(|job| job.job.kind() == JobKind::Migration);
        let goes_beside = matches!(request, Request::Destroy | Request::Console | Request::Agent)
            || request == Request::Suspend && moves;
        if !goes_beside {
            self.check_idle()?;
        }
        Ok(admission)
    }

    /// How long this operation is held up, because its hypervisor or its agent does not
    /// answer.
    pub(super) fn pause(&self, key: LaneKey, operation: &str) -> Pause {
        match key {
            _ if !self.machine.is_active() => Pause::default(),
            LaneKey::Agent(_) => held_up_by(self.guest.agent_answers()),
            LaneKey::DestroyGracefully(_) => held_up_by(&self.answers),
            LaneKey::Domain(_) if NEED_AN_ANSWER.contains(&operation) => held_up_by(&self.answers),
            LaneKey::Domain(_) | LaneKey::Object(_) | LaneKey::Destroy(_) => Pause::default(),
        }
    }

    pub(super) fn info(&self) -> DomainInfo {
        let profile = self.profile();
        let run = self.run.as_ref();
        let mut info = DomainInfo::shut_off(self.reference());
        info.state = self.machine.state();
        info.reason = self.machine.reason();
        info.id = run.map(|run| run.id);
        info.persistent = self.definition.is_some();
        info.autostart = self.autostart;
        info.auto_destroy = run.is_some_and(|run| run.auto_destroy);
        info.max_memory = profile.max_memory;
        info.memory = run.map_or(profile.memory, |run| run.memory);
        info.vcpus = profile.vcpus;
        info.agent_connected = match run {
            Some(run) if profile.has_agent_channel => Some(run.agent_connected),
            _ => None,
        };
        info.running_for = run.map(|run| run.since.elapsed());
        info.title = profile.title;
        info
    }

    /// Whether the guest reads its consoles: once it has booted, while its vCPUs run.
    pub(super) fn set_reading(&self) {
        let Some(run) = &self.run else { return };
        for (_, line) in &run.lines {
            line.set_reading(run.booted && self.is_moving(), self.guest.behaviour.console_echo);
        }
    }

    /// Whether its vCPUs run.
    pub(super) fn is_moving(&self) -> bool {
        self.machine.state() == DomainState::Running
    }

    /// Whether a job holds its vCPUs.
    pub(super) fn is_held(&self) -> bool {
        self.machine.state() == DomainState::Paused && self.machine.reason() == StateReason::Dumping
    }
}
