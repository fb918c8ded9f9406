//! What is known of a domain at a glance.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::{DomainName, DomainState, StateReason};
use crate::model::ByteSize;

/// Which domain: its uuid, and the name it had when this was made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DomainRef {
    /// Its uuid: never changes.
    pub uuid: Uuid,
    /// Its name at that time: a rename does not reach it.
    pub name: String,
}

impl DomainRef {
    /// A reference to the domain of this uuid and name.
    pub fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            name: name.into(),
        }
    }
}

impl fmt::Display for DomainRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// How a domain is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DomainSelector {
    /// By name (`virDomainLookupByName`).
    Name(String),
    /// By uuid (`virDomainLookupByUUID`).
    Uuid(Uuid),
    /// By the number of its present run (`virDomainLookupByID`).
    Id(u32),
}

impl fmt::Display for DomainSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::Id(id) => write!(f, "id {id}"),
        }
    }
}

impl From<Uuid> for DomainSelector {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<u32> for DomainSelector {
    fn from(id: u32) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for DomainSelector {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for DomainSelector {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&DomainName> for DomainSelector {
    fn from(name: &DomainName) -> Self {
        Self::Name(name.to_string())
    }
}

/// A domain at a glance (`virDomainGetInfo`, `virDomainGetState`, `virDomainIsPersistent` …), from what the manager
/// knows: reading it never waits for the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainInfo {
    /// Which domain.
    pub domain: DomainRef,
    /// The number of its present run; `None` when it does not run. Never used twice by one root.
    pub id: Option<u32>,
    /// Its state.
    pub state: DomainState,
    /// Why it is in that state.
    pub reason: StateReason,
    /// Whether it has a definition that outlives its run.
    pub persistent: bool,
    /// Whether it starts when a manager opens its root for the first time in a boot of the host.
    pub autostart: bool,
    /// Whether it goes when the connection does.
    pub auto_destroy: bool,
    /// The most memory it can have in this run (or the next).
    pub max_memory: ByteSize,
    /// The memory it has; what the balloon last said when it runs.
    pub memory: ByteSize,
    /// Its vCPUs.
    pub vcpus: u32,
    /// Whether its guest agent listens; `None` when it has no channel for one or can't be known.
    pub agent_connected: Option<bool>,
    /// How long it has been running, by our clock; `None` when it does not run or can't be known.
    pub running_for: Option<Duration>,
    /// Its title.
    pub title: Option<String>,
}

impl DomainInfo {
    /// What is known of a domain that is shut off, to be filled in by its driver.
    #[must_use]
    pub fn shut_off(domain: DomainRef) -> Self {
        Self {
            domain,
            id: None,
            state: DomainState::ShutOff,
            reason: StateReason::Unknown,
            persistent: true,
            autostart: false,
            auto_destroy: false,
            max_memory: ByteSize::default(),
            memory: ByteSize::default(),
            vcpus: 0,
            agent_connected: None,
            running_for: None,
            title: None,
        }
    }
}
