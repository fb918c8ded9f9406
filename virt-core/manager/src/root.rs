//! What the owners of a root's domains share.

use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use uuid::Uuid;
use virt_core::connection::AccessMode;
use virt_core::domain::DomainRef;
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus};
use virt_core::{CallClass, CallContext, Deadlines, Result};

use crate::{
    Embedded, Entry, Fence, KeptLease, LeaseKeeper, Life, Opening, PresentRun as _, Reach, Registry, lock,
};

/// What all owners of a root's domains share, whatever runs them.
#[derive(Debug)]
pub struct Root<M: Embedded> {
    /// Its domains.
    pub registry: Registry<Entry<M>>,
    /// Whom events are told.
    pub events: EventBus,
    /// The connection's deadlines, for work on our own account.
    pub deadlines: Deadlines,
    /// Whether the connection is open.
    pub life: Arc<Life>,
    /// Whether the machine can be reached, and what it is.
    pub reach: Arc<Reach>,
    access: AccessMode,
    path: String,
    fence: Fence,
    /// Until the manager is there that is told when the lease is lost.
    keeper: Mutex<Option<LeaseKeeper>>,
}

impl<M: Embedded> Root<M> {
    /// A root whose lease was taken; `path` is its directory.
    pub(crate) fn new(opening: Opening, path: &str) -> Self {
        let (lease, keeper) = opening.lease.map(KeptLease::new).unzip();
        let events = EventBus::new();
        let life = Life::new(lease, events.clone(), Handle::current());
        let reach = Reach::new(opening.host, path, opening.facts, Arc::clone(&life));
        Self {
            registry: Registry::default(),
            events,
            deadlines: opening.deadlines,
            life,
            reach,
            access: opening.access,
            path: path.to_owned(),
            fence: opening.fence,
            keeper: Mutex::new(keeper),
        }
    }

    /// Whether the connection only watches: it leaves everything as it is.
    pub fn only_watches(&self) -> bool {
        self.access == AccessMode::ReadOnly
    }

    /// Tells everybody that a domain changed.
    pub fn publish(&self, domain: DomainRef, change: DomainChange) {
        self.events
            .publish(&Event::Domain(DomainEvent::now(domain, change)));
    }

    /// The domain of this uuid, if the connection is open and it exists.
    ///
    /// # Errors
    /// `ConnectionLost` or `NotFound`.
    pub fn existing(&self, domain: Uuid) -> Result<Arc<Entry<M>>> {
        self.life.check_open()?;
        self.registry.existing(domain)
    }

    /// A call on our own account.
    pub fn own_call(&self, operation: &'static str, class: CallClass) -> CallContext {
        CallContext::new(operation, class, self.deadlines.of(class))
    }

    /// Has a task keep the lease, that tells when it is lost.
    pub(crate) fn keep_lease(&self, manager: &Arc<M>) {
        let Some(keeper) = lock(&self.keeper).take() else {
            return;
        };
        let manager = Arc::downgrade(manager);
        drop(tokio::spawn(async move {
            if let Some((why, lease)) = keeper.keep().await {
                if let Some(manager) = manager.upgrade() {
                    manager.root().lease_lost(&why);
                }
                drop(lease);
            }
        }));
    }

    /// The lease was lost: somebody else may be the manager now, and nothing more is done to the root or its guests.
    fn lease_lost(&self, why: &str) {
        let reason: Arc<str> = why.into();
        // First the fence: from here on nothing passes, whoever is in the middle of what.
        self.fence.raise(Arc::clone(&reason));
        tracing::warn!(root = %self.path, why, "the lease of a root was lost; its connection ends");
        self.life.lease_lost(reason, || {
            for entry in self.registry.everyone() {
                let run = entry.view().run.clone();
                if let Some(run) = run {
                    run.disconnect();
                }
            }
        });
    }
}
