//! Whether the machine can be reached, and what is done when it can again.
//!
//! A machine far away may be cut off for a while. Its guests go on, so nothing that fails meanwhile says anything about
//! them: an owner takes a guest for ended only where the machine itself has said so. One task asks the machine, with
//! pauses that grow, until it answers; then all owners look for their guests at once, and when the last of them has,
//! subscribers are told once to look again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use virt_core::event::{Event, EventBus};
use virt_core::{Error, ErrorKind, Result, Retry};

use super::Manager;

/// How long the machine has to answer a question that any machine answers at once.
const ANSWER: Duration = Duration::from_secs(5);
/// The first pause before a machine that did not answer is asked again; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the machine can be reached.
#[derive(Debug)]
pub(super) struct Reach {
    away: watch::Sender<bool>,
    asking: tokio::sync::Mutex<()>,
    looking: Arc<Looking>,
}

/// How many owners look for their guests.
#[derive(Debug)]
struct Looking {
    count: watch::Sender<usize>,
    /// Whether something may have been missed.
    missed: AtomicBool,
    events: EventBus,
}

/// Held by an owner that looks for its guest. With the last one of them it is told to look again, if anything was missed.
#[derive(Debug)]
pub(crate) struct Look(Arc<Looking>);

impl Look {
    /// Events may have been missed.
    pub(crate) fn missed(&self) {
        self.0.missed.store(true, Ordering::Relaxed);
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        let mut was_last = false;
        self.0.count.send_modify(|count| {
            *count = count.saturating_sub(1);
            was_last = *count == 0;
        });
        if was_last && self.0.missed.swap(false, Ordering::Relaxed) {
            self.0.events.publish(&Event::Resync);
        }
    }
}

impl Reach {
    pub(super) fn new(events: EventBus) -> Self {
        let looking = Looking {
            count: watch::Sender::new(0),
            missed: AtomicBool::new(false),
            events,
        };
        Self {
            away: watch::Sender::new(false),
            asking: tokio::sync::Mutex::default(),
            looking: Arc::new(looking),
        }
    }
}

impl Manager {
    /// Turns true when the machine is away, and false when it is back.
    pub(crate) fn away(&self) -> watch::Receiver<bool> {
        self.reach.away.subscribe()
    }

    pub(crate) fn is_away(&self) -> bool {
        *self.reach.away.borrow()
    }

    /// Fails where the machine is known to be away.
    pub(crate) fn check_reach(&self) -> Result<()> {
        if self.is_away() {
            return Err(unreachable());
        }
        Ok(())
    }

    /// Begins to look for a guest.
    pub(crate) fn look(&self) -> Look {
        self.reach.looking.count.send_modify(|count| *count += 1);
        Look(Arc::clone(&self.reach.looking))
    }

    /// Asks the machine whether it is there, after something failed that only its absence explains.
    pub(crate) async fn is_reachable(self: &Arc<Self>) -> bool {
        if !self.is_open() {
            // Nobody waits for its return any more.
            return true;
        }
        let _one_at_a_time = self.reach.asking.lock().await;
        if self.is_away() {
            return false;
        }
        if self.answers().await {
            return true;
        }
        tracing::warn!(host = self.host.name(), "the machine cannot be reached");
        self.reach.away.send_replace(true);
        let look = self.look();
        look.missed();
        drop(self.runtime.spawn(wait_for_return(Arc::clone(self), look)));
        false
    }

    /// Whether the machine answers; what, does not matter.
    async fn answers(&self) -> bool {
        match timeout(ANSWER, self.host.files().stat(self.store.layout.root())).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => !matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout),
            Err(_) => false,
        }
    }

    /// Takes over what the machine is now: it may have booted since. Whether it has.
    async fn look_at_facts(&self) -> Result<bool> {
        let facts = timeout(ANSWER, self.host.facts())
            .await
            .map_err(|_| unreachable())??;
        let has_booted = facts.boot_id != self.facts().boot_id;
        self.set_facts(facts);
        Ok(has_booted)
    }
}

/// Asks the machine until it answers, then has everybody look for what is theirs.
async fn wait_for_return(manager: Arc<Manager>, look: Look) {
    let mut closed = manager.closing();
    let mut pause = FIRST_PAUSE;
    let has_booted = loop {
        tokio::select! {
            _ = closed.wait_for(|closing| *closing != super::Closing::Open) => return,
            // Nothing tells when a machine can be reached again.
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        if manager.answers().await
            && let Ok(has_booted) = manager.look_at_facts().await
        {
            break has_booted;
        }
    };
    tracing::info!(host = manager.host.name(), "the machine can be reached again");
    let mut looking = manager.reach.looking.count.subscribe();
    manager.reach.away.send_replace(false);
    drop(look);
    if has_booted {
        // Only when all know that their guests have ended with the boot before.
        drop(looking.wait_for(|count| *count == 0).await);
        manager.start_by_themselves();
    }
}

/// What calls answer that need a machine which is away.
pub(crate) fn unreachable() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the machine cannot be reached at present: it is tried again, and guests go on meanwhile",
    )
    .with_retry(Retry::Later)
}
