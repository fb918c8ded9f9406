//! Events: what changed, when, and when something was missed.

mod bus;
mod domain;

use std::time::SystemTime;

pub use bus::{EventBus, EventStream};
pub use domain::{
    AgentState, DefinedReason, DomainChange, IoErrorAction, PanicAction, ResumedReason, StartedReason,
    StoppedReason, SuspendedReason, TrayState, WatchdogAction,
};

use crate::domain::DomainRef;

/// One item of an [`EventStream`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A domain changed.
    Domain(DomainEvent),
    /// So many events were dropped because this stream was not read in time. What is known may be out of date: look again.
    Lagged(u64),
    /// The connection was interrupted, or the manager took over anew: events in between are unknown. Look again.
    Resync,
}

/// A change of one domain.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DomainEvent {
    /// Which domain.
    pub domain: DomainRef,
    /// When: the hypervisor's clock where it gives one, else ours.
    pub at: SystemTime,
    /// What changed.
    pub change: DomainChange,
}

impl DomainEvent {
    /// An event of now.
    #[must_use]
    pub fn now(domain: DomainRef, change: DomainChange) -> Self {
        Self {
            domain,
            at: SystemTime::now(),
            change,
        }
    }

    /// The same event, at another time.
    #[must_use]
    pub fn at(mut self, at: SystemTime) -> Self {
        self.at = at;
        self
    }
}

/// Which events a stream gives. [`Event::Lagged`] and [`Event::Resync`] always come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Only those of this domain; of all when `None`.
    pub domain: Option<uuid::Uuid>,
    /// Without the hypervisor's own events that have no name here ([`DomainChange::Native`]).
    pub without_native: bool,
    /// How many unread events a stream holds before the oldest are dropped; 1,024 when `None`.
    pub capacity: Option<usize>,
}

impl EventFilter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Everything of one domain.
    #[must_use]
    pub fn domain(uuid: uuid::Uuid) -> Self {
        Self {
            domain: Some(uuid),
            ..Self::default()
        }
    }

    /// Leaves out the hypervisor's own events.
    #[must_use]
    pub fn without_native(mut self) -> Self {
        self.without_native = true;
        self
    }

    /// Holds at most so many unread events (at least 1).
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Whether this event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        let Event::Domain(event) = event else { return true };
        self.domain.is_none_or(|uuid| uuid == event.domain.uuid)
            && !(self.without_native && matches!(event.change, DomainChange::Native { .. }))
    }
}
