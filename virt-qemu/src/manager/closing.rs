//! How a connection ends: closed by us, or fenced because its lease was lost.

use std::sync::Arc;

use tokio::sync::oneshot;
use virt_core::event::Event;
use virt_core::host::Lease;
use virt_core::{Error, ErrorKind, Result};

use super::{Manager, lock};
use crate::gate::lease_lost;

/// Whether a connection is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closing {
    /// It is.
    Open,
    /// It was closed: owners finish what they do, and end.
    Closed,
    /// Its lease was lost, for this reason: owners leave everything as it is, and end.
    LeaseLost(Arc<str>),
}

impl Closing {
    /// Why a call cannot be made; `None` while it can.
    pub(crate) fn error(&self) -> Option<Error> {
        match self {
            Self::Open => None,
            Self::Closed => Some(Error::new(ErrorKind::ConnectionLost, "the connection was closed")),
            Self::LeaseLost(why) => Some(lease_lost(why)),
        }
    }
}

/// The lease as the manager holds it: a task keeps it, and tells when it is lost.
#[derive(Debug)]
pub(super) struct KeptLease {
    release: oneshot::Sender<oneshot::Sender<Result<()>>>,
}

impl KeptLease {
    /// Has a task keep a lease.
    pub(super) fn new(lease: Box<dyn Lease>) -> (Self, LeaseKeeper) {
        let (release, asked) = oneshot::channel();
        (Self { release }, LeaseKeeper { lease, asked })
    }

    /// Gives it back.
    pub(super) async fn release(self) -> Result<()> {
        let (done, released) = oneshot::channel();
        if self.release.send(done).is_err() {
            // It was lost before.
            return Ok(());
        }
        released.await.unwrap_or(Ok(()))
    }
}

/// The task that keeps a lease.
#[derive(Debug)]
pub(super) struct LeaseKeeper {
    lease: Box<dyn Lease>,
    asked: oneshot::Receiver<oneshot::Sender<Result<()>>>,
}

impl LeaseKeeper {
    /// Keeps the lease until it is given back or lost, or the manager is gone. Why, where it was lost, and the lease: to
    /// be dropped once nothing passes any more, for its host waits for that.
    pub(super) async fn keep(mut self) -> Option<(String, Box<dyn Lease>)> {
        tokio::select! {
            biased;
            asked = &mut self.asked => {
                if let Ok(done) = asked {
                    // Whoever asked may have gone away: it is given back all the same.
                    drop(done.send(self.lease.release().await));
                }
                None
            }
            why = self.lease.lost() => Some((why, self.lease)),
        }
    }
}

impl Manager {
    /// The lease was lost: somebody else may be the manager now, and nothing more is done to the root or its guests.
    pub(super) fn lease_lost(&self, why: &str) {
        let reason: Arc<str> = why.into();
        // First the fence: from here on nothing passes, whoever is in the middle of what.
        self.fence.raise(Arc::clone(&reason));
        tracing::warn!(root = %self.store.layout.root(), why, "the lease of a root was lost; its connection ends");
        self.closing.send_replace(Closing::LeaseLost(reason));
        drop(lock(&self.alive).take());
        for entry in self.registry.everyone() {
            let run = entry.view().run.clone();
            if let Some(run) = run {
                run.disconnect();
            }
        }
        self.events.publish(&Event::Resync);
        self.events.close();
        self.done.send_replace(true);
    }
}
