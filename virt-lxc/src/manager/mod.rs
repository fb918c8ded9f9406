//! The manager of one directory of containers: what the owners of its domains share.

mod entry;
mod follow;
mod native;
mod open;
mod recovery;
mod rights;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use virt_core::connection::{AccessMode, HypervisorVersion};
use virt_core::domain::DomainRef;
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus};
use virt_core::host::{Host, HostFacts};
use virt_core::{Deadlines, Result};
use virt_manager::{Fence, Life, PresentRun as _, Reach, Registry, lock};

pub(crate) use entry::{Entry, Operation, Run, View, Work, writes_definition};
pub use recovery::RecoveryReport;

use crate::cgroup::CgroupLayout;
use crate::store::{Machine, ManagerRecord, Store};
use crate::tools::Tools;

/// What all owners of the domains of a directory share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) tools: Tools,
    pub(crate) store: Store,
    pub(crate) registry: Registry<Entry>,
    pub(crate) events: EventBus,
    pub(crate) deadlines: Deadlines,
    pub(crate) access: AccessMode,
    pub(crate) life: Arc<Life>,
    pub(crate) reach: Arc<Reach>,
    fence: Fence,
    /// Whether the containers are on this machine, not on a far one.
    pub(crate) is_here: bool,
    /// Tells this machine from others.
    machine: String,
    groups: Mutex<Arc<CgroupLayout>>,
    version: tokio::sync::OnceCell<HypervisorVersion>,
    record: Mutex<ManagerRecord>,
    /// Directories in which there is no container yet.
    pending: Mutex<BTreeSet<String>>,
    recovery: Mutex<RecoveryReport>,
}

impl Manager {
    /// Tells everybody that a domain changed.
    pub(crate) fn publish(&self, domain: DomainRef, change: DomainChange) {
        self.events
            .publish(&Event::Domain(DomainEvent::now(domain, change)));
    }

    /// What the machine is, in its present boot.
    pub(crate) fn facts(&self) -> Arc<HostFacts> {
        self.reach.facts()
    }

    /// Where the machine has its controllers of control groups.
    pub(crate) fn groups(&self) -> Arc<CgroupLayout> {
        Arc::clone(&lock(&self.groups))
    }

    /// The version of liblxc's tools, asked once.
    pub(crate) async fn version(&self) -> Result<HypervisorVersion> {
        self.version
            .get_or_try_init(|| self.tools.version())
            .await
            .cloned()
    }

    /// Whether the connection only watches: it leaves everything as it is.
    pub(crate) fn only_watches(&self) -> bool {
        self.access == AccessMode::ReadOnly
    }

    /// What containers' configurations are read by.
    pub(crate) fn machine(&self) -> Machine<'_> {
        Machine {
            id: &self.machine,
            groups: self.groups(),
        }
    }

    /// What the opening found and did.
    pub(crate) fn recovery(&self) -> RecoveryReport {
        lock(&self.recovery).clone()
    }

    /// Asks the machine whether it is there, after something failed that only its absence explains.
    pub(crate) async fn is_reachable(self: &Arc<Self>) -> bool {
        let manager = Arc::clone(self);
        self.reach
            .is_reachable(move || manager.start_by_themselves())
            .await
    }

    /// Begins the end and returns at once.
    pub(crate) fn begin_end(self: &Arc<Self>) {
        self.life.begin_end(Arc::clone(self));
    }

    /// The lease was lost: nothing passes any more.
    fn lease_lost(&self, why: &str) {
        let reason: Arc<str> = why.into();
        self.fence.raise(Arc::clone(&reason));
        tracing::warn!(root = %self.store.layout.root(), why, "the lease of a directory was lost; its connection ends");
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
