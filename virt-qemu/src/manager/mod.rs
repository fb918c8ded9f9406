//! The manager of one root: its domains, and what all of their owners share.

mod entry;
mod open;
mod orphan;
mod recovery;

use std::sync::{Arc, Mutex};

use virt_core::connection::AccessMode;
use virt_core::domain::DomainRef;
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus};
use virt_core::host::Host;
use virt_core::{Deadlines, Result};
use virt_manager::{Fence, Identifiers, Life, PresentRun as _, Reach, Registry, Taken, lock};

pub(crate) use entry::{Entry, Operation, View};
pub use recovery::RecoveryReport;

use crate::probe_cache::ProbeCache;
use crate::state::{ManagerRecord, Store};

/// What all owners of a root's domains share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) store: Store,
    pub(crate) registry: Registry<Entry>,
    pub(crate) events: EventBus,
    pub(crate) deadlines: Deadlines,
    pub(crate) probes: ProbeCache,
    pub(crate) access: AccessMode,
    fence: Fence,
    pub(crate) life: Arc<Life>,
    pub(crate) reach: Arc<Reach>,
    identifiers: Identifiers,
    autostarted_boot: Mutex<Option<String>>,
    saving: tokio::sync::Mutex<()>,
    recovery: Mutex<RecoveryReport>,
}

impl Manager {
    /// Tells everybody that a domain changed.
    pub(crate) fn publish(&self, domain: DomainRef, change: DomainChange) {
        self.events
            .publish(&Event::Domain(DomainEvent::now(domain, change)));
    }

    /// The number of the next run.
    pub(crate) async fn next_id(&self) -> Result<u32> {
        loop {
            match self.identifiers.take() {
                Taken::Id(id) => return Ok(id),
                Taken::Reserve(upper) => {
                    self.save_record(upper).await?;
                    self.identifiers.extend(upper);
                }
            }
        }
    }

    /// One at a time, so that none takes back what another has written.
    async fn save_record(&self, next_id: u32) -> Result<()> {
        let _one_at_a_time = self.saving.lock().await;
        let next_id = next_id.max(self.identifiers.reserved());
        let autostarted_boot = lock(&self.autostarted_boot).clone();
        self.store
            .save_manager(&ManagerRecord {
                format: 0,
                next_id,
                autostarted_boot,
            })
            .await
    }

    /// Whether the connection only watches: it leaves everything as it is.
    pub(crate) fn only_watches(&self) -> bool {
        self.access == AccessMode::ReadOnly
    }

    /// What the opening found and did.
    pub(crate) fn recovery(&self) -> RecoveryReport {
        lock(&self.recovery).clone()
    }

    /// Asks the machine whether it is there, after something failed that only its absence explains.
    pub(crate) async fn is_reachable(self: &Arc<Self>) -> bool {
        let manager = Arc::clone(self);
        let has_booted = move || manager.start_by_themselves();
        self.reach.is_reachable(has_booted).await
    }

    /// Begins the end and returns at once.
    pub(crate) fn begin_end(self: &Arc<Self>) {
        self.life.begin_end(Arc::clone(self));
    }

    /// The lease was lost: somebody else may be the manager now, and nothing more is done to the root or its guests.
    fn lease_lost(&self, why: &str) {
        let reason: Arc<str> = why.into();
        // First the fence: from here on nothing passes, whoever is in the middle of what.
        self.fence.raise(Arc::clone(&reason));
        tracing::warn!(root = %self.store.layout.root(), why, "the lease of a root was lost; its connection ends");
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
