//! Events: what changed, when, and when something was missed.

mod bus;
mod domain;
mod filter;
mod object;

use std::time::SystemTime;

pub use bus::{EventBus, EventStream};
pub use domain::{
    AgentState, DefinedReason, DomainChange, IoErrorAction, PanicAction, ResumedReason, StartedReason,
    StoppedReason, SuspendedReason, TrayState, WatchdogAction,
};

pub use filter::EventFilter;
pub use object::{
    NetworkChange, NetworkEvent, NodeDeviceChange, NodeDeviceEvent, SecretChange, SecretEvent,
    StoragePoolChange, StoragePoolEvent,
};

use crate::domain::DomainRef;

/// One item of an [`EventStream`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A domain changed.
    Domain(DomainEvent),
    /// A network changed.
    Network(NetworkEvent),
    /// A storage pool changed.
    StoragePool(StoragePoolEvent),
    /// A secret changed.
    Secret(SecretEvent),
    /// A device of the machine changed.
    NodeDevice(NodeDeviceEvent),
    /// So many events were dropped because this stream was not read in time. What is known may be out of date: look again.
    Lagged(u64),
    /// The connection was interrupted, or the manager took over anew: events in between are unknown. Look again.
    Resync,
}

/// A kind of object that events tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Domains.
    Domain,
    /// Networks.
    Network,
    /// Storage pools.
    StoragePool,
    /// Secrets.
    Secret,
    /// Devices of the machine.
    NodeDevice,
}

impl ObjectKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Domain,
        Self::Network,
        Self::StoragePool,
        Self::Secret,
        Self::NodeDevice,
    ];
}

impl Event {
    /// The kind of object it tells of; `None` for [`Event::Lagged`] and [`Event::Resync`].
    #[must_use]
    pub fn kind(&self) -> Option<ObjectKind> {
        match self {
            Self::Domain(_) => Some(ObjectKind::Domain),
            Self::Network(_) => Some(ObjectKind::Network),
            Self::StoragePool(_) => Some(ObjectKind::StoragePool),
            Self::Secret(_) => Some(ObjectKind::Secret),
            Self::NodeDevice(_) => Some(ObjectKind::NodeDevice),
            Self::Lagged(_) | Self::Resync => None,
        }
    }
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
