//! What is known of a domain without asking anybody.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;
use virt_core::domain::{DomainInfo, DomainRef, DomainState, StateReason};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Error, ErrorKind, Result};

use crate::document::{Glance, Kept, LiveConfig};
use crate::{Embedded, PresentRun};

/// What is known of a domain without asking anybody. Written by its owner only.
#[derive(Debug)]
pub struct View<M: Embedded> {
    /// Its name.
    pub name: String,
    /// Whether it exists for others: not before its definition, or its first run, is on disk.
    pub visible: bool,
    /// What it does.
    pub state: DomainState,
    /// Why.
    pub reason: StateReason,
    /// Whether it starts by itself.
    pub autostart: bool,
    /// The configuration of the next start; `None` for a transient domain.
    pub inactive: Option<Kept>,
    /// For a transient domain: the configuration it was started with.
    pub origin: Option<Kept>,
    /// The configuration of the present run.
    pub live: Option<M::Live>,
    /// The present run.
    pub run: Option<Arc<M::Run>>,
    /// What the balloon last said, in bytes.
    pub balloon: Option<u64>,
    /// Whether an agent listens in the guest, where that is known.
    pub agent_connected: Option<bool>,
}

// By hand, since a derived one would want a run to be cloned, too.
impl<M: Embedded> Clone for View<M> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            visible: self.visible,
            state: self.state,
            reason: self.reason,
            autostart: self.autostart,
            inactive: self.inactive.clone(),
            origin: self.origin.clone(),
            live: self.live.clone(),
            run: self.run.clone(),
            balloon: self.balloon,
            agent_connected: self.agent_connected,
        }
    }
}

impl<M: Embedded> View<M> {
    /// A domain that does not run and is not there for others yet.
    pub fn hidden(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            visible: false,
            state: DomainState::ShutOff,
            reason: StateReason::Unknown,
            autostart: false,
            inactive: None,
            origin: None,
            live: None,
            run: None,
            balloon: None,
            agent_connected: None,
        }
    }

    /// The number of the present run.
    pub fn id(&self) -> Option<u32> {
        self.run.as_ref().map(|run| run.id())
    }

    /// Whether it runs.
    pub fn is_active(&self) -> bool {
        self.run.is_some()
    }

    /// What is often looked at of the live configuration, or of that of the next start.
    pub fn glance(&self) -> Option<Cow<'_, Glance>> {
        let inactive = || self.inactive.as_ref().map(|kept| Cow::Borrowed(kept.glance()));
        self.live.as_ref().map(LiveConfig::glance).or_else(inactive)
    }

    /// What everybody is told of it.
    pub fn info(&self, uuid: Uuid) -> DomainInfo {
        let mut info = DomainInfo::shut_off(DomainRef::new(uuid, self.name.as_str()));
        info.id = self.id();
        info.state = self.state;
        info.reason = self.reason;
        info.persistent = self.inactive.is_some();
        info.autostart = self.autostart;
        info.agent_connected = self.agent_connected;
        if let Some(glance) = self.glance() {
            info.max_memory = glance.memory;
            info.memory = glance.current_memory;
            info.vcpus = glance.vcpus;
            info.title.clone_from(&glance.title);
        }
        if let Some(run) = &self.run {
            info.auto_destroy = run.auto_destroy();
            info.running_for = Some(since(run.started_at()));
            if let Some(actual) = self.balloon {
                info.memory = ByteSize::bytes(actual);
            }
        }
        info
    }

    /// Refuses what is no memory it can have: in its run where `live`, from its next start where `inactive`.
    ///
    /// # Errors
    /// `InvalidArgument` for none at all, or more than the most it can have.
    pub fn check_memory(&self, size: ByteSize, (live, inactive): (bool, bool)) -> Result<()> {
        let wanted = [
            self.live
                .as_ref()
                .filter(|_| live)
                .map(|config| config.glance().memory),
            self.inactive
                .as_ref()
                .filter(|_| inactive)
                .map(|kept| kept.glance().memory),
        ];
        let limit = wanted.into_iter().flatten().min();
        if size == ByteSize::default() || limit.is_some_and(|limit| size > limit) {
            let most = limit.map_or_else(String::new, |limit| format!(" (at most {limit})"));
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{size} is no memory this domain can have{most}"),
            ));
        }
        Ok(())
    }

    /// Its run is over.
    pub fn shut_off(&mut self, reason: StateReason) {
        self.run = None;
        self.live = None;
        self.origin = None;
        self.balloon = None;
        self.agent_connected = None;
        self.visible = self.inactive.is_some();
        self.state = DomainState::ShutOff;
        self.reason = reason;
    }

    /// Its definition is this one from now on.
    pub fn defined(&mut self, config: &DomainConfig) {
        self.visible = true;
        self.inactive = Some(Kept::new(config));
        self.origin = None;
    }

    /// It has no definition any more; `origin` is the one its run goes on with, where it runs.
    pub fn undefined(&mut self, origin: Option<Kept>) {
        self.inactive = None;
        self.origin = origin;
        self.autostart = false;
        self.visible = self.run.is_some();
    }
}

fn since(started_at: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(started_at))
}
