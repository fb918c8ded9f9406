//! The life of a manager: open, until it is closed or its lease is lost.

use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use virt_core::Result;
use virt_core::event::{Event, EventBus};

use crate::refusal::closed;
use crate::{Closing, KeptLease, lock};

/// The life of a manager: how its connection ends, and what its end waits for.
///
/// ```text
/// open ──close──▶ closed: owners end ──the last one has──▶ events end, the lease is given back ──▶ done
///   └──lease lost──▶ runs are cut off, events end ──▶ done
/// ```
#[derive(Debug)]
pub struct Life {
    /// How the connection ends: owners see it and end, too.
    closing: watch::Sender<Closing>,
    /// Turns true when everything has ended and the lease is given back.
    done: watch::Sender<bool>,
    /// Held by every owner; the receiver's end says that all have ended.
    alive: Mutex<Option<mpsc::Sender<()>>>,
    all_ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    lease: Mutex<Option<KeptLease>>,
    events: EventBus,
    runtime: Handle,
}

/// A token of being alive, held by one owner until it has ended.
#[derive(Debug)]
pub struct Alive {
    _held: mpsc::Sender<()>,
}

impl Life {
    /// Begins a life: with the root's lease where there is one, the events that end with it, and the runtime on which
    /// its owners live.
    pub(crate) fn new(lease: Option<KeptLease>, events: EventBus, runtime: Handle) -> Arc<Self> {
        let (alive, all_ended) = mpsc::channel(1);
        Arc::new(Self {
            closing: watch::Sender::new(Closing::Open),
            done: watch::Sender::new(false),
            alive: Mutex::new(Some(alive)),
            all_ended: tokio::sync::Mutex::new(all_ended),
            lease: Mutex::new(lease),
            events,
            runtime,
        })
    }

    /// The runtime on which owners live.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// What ends with it: the events of this connection.
    pub(crate) fn events(&self) -> &EventBus {
        &self.events
    }

    /// Whether the end was not begun yet.
    pub fn is_open(&self) -> bool {
        *self.closing.borrow() == Closing::Open
    }

    /// Fails where the end was begun.
    ///
    /// # Errors
    /// `ConnectionLost`: [`Closing::error`].
    pub fn check_open(&self) -> Result<()> {
        self.closing.borrow().error().map_or(Ok(()), Err)
    }

    /// Tells when the end begins, and how.
    pub fn closing(&self) -> watch::Receiver<Closing> {
        self.closing.subscribe()
    }

    /// A token of being alive, for one owner: the end waits until it is dropped.
    ///
    /// # Errors
    /// `ConnectionLost` when the end was begun.
    pub fn alive(&self) -> Result<Alive> {
        let held = lock(&self.alive).clone().ok_or_else(closed)?;
        Ok(Alive { _held: held })
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

    /// Ends it in good order: owners finish what they do and end, events end, the lease is given back.
    ///
    /// # Errors
    /// When the lease cannot be given back; everything else has ended all the same.
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

    /// Begins the end and returns at once. `manager` is kept until it is done.
    pub(crate) fn begin_end(self: &Arc<Self>, manager: impl Send + 'static) {
        if !self.begin_closing() {
            return;
        }
        let life = Arc::clone(self);
        // A runtime that is gone takes the owners and the lease with it: as after a crash, the next open cleans up.
        drop(self.runtime.spawn(async move {
            if let Err(error) = life.end().await {
                tracing::warn!(%error, "the root's lease could not be given back");
            }
            life.done.send_replace(true);
            drop(manager);
        }));
    }

    /// Waits until the end, begun by [`begin_end`](Self::begin_end) or the loss of the lease, is done.
    pub(crate) async fn ended(&self) {
        let mut done = self.done.subscribe();
        // The sender lives as long as this life.
        drop(done.wait_for(|done| *done).await);
    }

    /// The lease was lost: somebody else may be the manager now, and nothing more is done to the root or its guests.
    /// Owners are told to end, then `cut` cuts what leads to guests, then subscribers are told to look again and events
    /// end. To be called when nothing passes to the machine any more.
    pub(crate) fn lease_lost(&self, why: Arc<str>, cut: impl FnOnce()) {
        self.closing.send_replace(Closing::LeaseLost(why));
        drop(lock(&self.alive).take());
        cut();
        self.events.publish(&Event::Resync);
        self.events.close();
        self.done.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::ErrorKind;

    fn life() -> Arc<Life> {
        Life::new(None, EventBus::new(), Handle::current())
    }

    #[tokio::test]
    async fn the_end_waits_for_every_owner_and_keeps_the_manager_until_then() {
        let life = life();
        let owner = life.alive().unwrap();
        let manager = Arc::new(());
        life.begin_end(Arc::clone(&manager));
        tokio::task::yield_now().await;
        assert_eq!(life.check_open().unwrap_err().kind(), ErrorKind::ConnectionLost);
        assert_eq!(life.alive().unwrap_err().kind(), ErrorKind::ConnectionLost);
        assert_eq!((Arc::strong_count(&manager), *life.done.borrow()), (2, false));
        drop(owner);
        life.ended().await;
    }

    #[tokio::test]
    async fn a_lost_lease_waits_for_nobody() {
        let life = life();
        let _owner = life.alive().unwrap();
        let mut has_cut = false;
        life.lease_lost("taken".into(), || has_cut = true);
        life.ended().await;
        assert!(has_cut);
        assert_eq!(*life.closing().borrow(), Closing::LeaseLost("taken".into()));
        life.begin_end(());
        assert!(life.check_open().unwrap_err().to_string().contains("taken"));
    }
}
