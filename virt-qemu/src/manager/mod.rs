//! The manager of one root: its domains, and what all of their owners share.

mod entry;
mod open;
mod recovery;
mod registry;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use virt_core::domain::DomainRef;
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus};
use virt_core::host::{Host, HostFacts, Lease};
use virt_core::{Deadlines, Error, ErrorKind, Result};

pub(crate) use entry::{Asked, DestroyRequest, Entry, Inbox, Operation, Request, View, not_running};
pub use recovery::RecoveryReport;
pub(crate) use registry::Registry;

use crate::probe_cache::ProbeCache;
use crate::state::{Identifiers, ManagerRecord, Store, Taken};

/// What all owners of a root's domains share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) facts: Arc<HostFacts>,
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) events: EventBus,
    pub(crate) deadlines: Deadlines,
    pub(crate) probes: ProbeCache,
    identifiers: Identifiers,
    autostarted_boot: Mutex<Option<String>>,
    saving: tokio::sync::Mutex<()>,
    recovery: Mutex<RecoveryReport>,
    lease: Mutex<Option<Box<dyn Lease>>>,
    /// Turns true when the connection is closed: owners finish what they do and end.
    closed: watch::Sender<bool>,
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

    pub(crate) fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    pub(crate) fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        if self.is_closed() {
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection is closed"));
        }
        Ok(())
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
        self.closed.send_replace(true);
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
        if self.closed.send_replace(true) {
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
