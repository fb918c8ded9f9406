//! The manager of one root: its domains, and what all of their owners share.

mod closing;
mod entry;
mod open;
mod orphan;
mod reach;
mod recovery;
mod registry;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use virt_core::connection::AccessMode;
use virt_core::domain::DomainRef;
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus};
use virt_core::host::{Host, HostFacts};
use virt_core::{Deadlines, Result};

pub(crate) use closing::Closing;
pub(crate) use entry::{Asked, DestroyRequest, Entry, Inbox, Operation, Request, View, not_running};
pub(crate) use reach::{Look, unreachable};
pub use recovery::RecoveryReport;
pub(crate) use registry::Registry;

use crate::gate::Fence;
use crate::probe_cache::ProbeCache;
use crate::state::{Identifiers, ManagerRecord, Store, Taken};

/// What all owners of a root's domains share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    facts: Mutex<Arc<HostFacts>>,
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) events: EventBus,
    pub(crate) deadlines: Deadlines,
    pub(crate) probes: ProbeCache,
    pub(crate) access: AccessMode,
    fence: Fence,
    reach: reach::Reach,
    identifiers: Identifiers,
    autostarted_boot: Mutex<Option<String>>,
    saving: tokio::sync::Mutex<()>,
    recovery: Mutex<RecoveryReport>,
    lease: Mutex<Option<closing::KeptLease>>,
    /// How the connection ends: owners see it and end, too.
    closing: watch::Sender<Closing>,
    /// Turns true when everything has ended and the lease is given back.
    done: watch::Sender<bool>,
    /// Held by every owner; the receiver's end says that all have ended.
    alive: Mutex<Option<mpsc::Sender<()>>>,
    all_ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    runtime: tokio::runtime::Handle,
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

    pub(crate) fn is_open(&self) -> bool {
        *self.closing.borrow() == Closing::Open
    }

    pub(crate) fn closing(&self) -> watch::Receiver<Closing> {
        self.closing.subscribe()
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        self.closing.borrow().error().map_or(Ok(()), Err)
    }

    /// What the machine is, in its present boot.
    pub(crate) fn facts(&self) -> Arc<HostFacts> {
        Arc::clone(&lock(&self.facts))
    }

    fn set_facts(&self, facts: Arc<HostFacts>) {
        *lock(&self.facts) = facts;
    }

    /// Whether the connection only watches: it leaves everything as it is.
    pub(crate) fn only_watches(&self) -> bool {
        self.access == AccessMode::ReadOnly
    }

    /// Begins the end; whether it was not begun before.
    fn begin_closing(&self) -> bool {
        self.closing.send_if_modified(|closing| {
            let is_open = *closing == Closing::Open;
            if is_open {
                *closing = Closing::Closed;
            }
            is_open
        })
    }

    /// A token of being alive, for one owner.
    pub(crate) fn alive(&self) -> Option<mpsc::Sender<()>> {
        lock(&self.alive).clone()
    }

    /// What the opening found and did.
    pub(crate) fn recovery(&self) -> RecoveryReport {
        lock(&self.recovery).clone()
    }

    /// Ends it in good order: owners finish what they do, auto-destroy guests go, the lease is given back.
    pub(crate) async fn end(&self) -> Result<()> {
        self.begin_closing();
        drop(lock(&self.alive).take());
        // Nobody ever sends: this waits until the last owner has dropped its end.
        let _none_left = self.all_ended.lock().await.recv().await;
        self.events.close();
        let lease = lock(&self.lease).take();
        match lease {
            Some(lease) => lease.release().await,
            None => Ok(()),
        }
    }

    /// Waits until the end, begun by [`begin_end`](Self::begin_end), is done.
    pub(crate) async fn ended(&self) {
        let mut done = self.done.subscribe();
        // The sender lives as long as this manager.
        drop(done.wait_for(|done| *done).await);
    }

    /// Begins the end and returns at once.
    pub(crate) fn begin_end(self: &Arc<Self>) {
        if !self.begin_closing() {
            return;
        }
        let manager = Arc::clone(self);
        // A runtime that is gone takes the owners and the lease with it: as after a crash, the next open cleans up.
        drop(self.runtime.spawn(async move {
            if let Err(error) = manager.end().await {
                tracing::warn!(%error, "the root's lease could not be given back");
            }
            manager.done.send_replace(true);
        }));
    }
}

pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
