//! Whether the machine can be reached, and what is done when it can again.
//!
//! A machine far away may be cut off for a while. Its guests go on, so nothing that fails meanwhile says anything about
//! them: an owner takes a guest for ended only where the machine itself has said so. One task asks the machine, with
//! pauses that grow, until it answers; then all owners look for their guests at once, and when the last of them has,
//! subscribers are told once to look again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use virt_core::event::{Event, EventBus};
use virt_core::host::{Host, HostFacts};
use virt_core::{ErrorKind, Result};

use crate::{Closing, Life, lock, unreachable};

/// How long the machine has to answer a question that any machine answers at once.
const ANSWER: Duration = Duration::from_secs(5);
/// The first pause before a machine that did not answer is asked again; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the machine can be reached, and what it is.
#[derive(Debug)]
pub struct Reach {
    host: Arc<dyn Host>,
    /// A path of ours on the machine, which it is asked about.
    root: String,
    facts: Mutex<Arc<HostFacts>>,
    life: Arc<Life>,
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
pub struct Look(Arc<Looking>);

impl Look {
    /// Events may have been missed.
    pub fn missed(&self) {
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
    /// The machine of a manager, as it is at its opening; `root` is what it is asked about later.
    pub(crate) fn new(host: Arc<dyn Host>, root: &str, facts: Arc<HostFacts>, life: Arc<Life>) -> Arc<Self> {
        let looking = Looking {
            count: watch::Sender::new(0),
            missed: AtomicBool::new(false),
            events: life.events().clone(),
        };
        Arc::new(Self {
            host,
            root: root.to_owned(),
            facts: Mutex::new(facts),
            life,
            away: watch::Sender::new(false),
            asking: tokio::sync::Mutex::default(),
            looking: Arc::new(looking),
        })
    }

    /// What the machine is, in its present boot.
    pub fn facts(&self) -> Arc<HostFacts> {
        Arc::clone(&lock(&self.facts))
    }

    /// Turns true when the machine is away, and false when it is back.
    pub fn away(&self) -> watch::Receiver<bool> {
        self.away.subscribe()
    }

    /// Whether the machine is known to be away.
    pub fn is_away(&self) -> bool {
        *self.away.borrow()
    }

    /// Fails where the machine is known to be away.
    ///
    /// # Errors
    /// `ConnectionLost`: [`unreachable`](crate::unreachable).
    pub fn check(&self) -> Result<()> {
        if self.is_away() {
            return Err(unreachable());
        }
        Ok(())
    }

    /// Begins to look for a guest.
    pub fn look(&self) -> Look {
        self.looking.count.send_modify(|count| *count += 1);
        Look(Arc::clone(&self.looking))
    }

    /// Asks the machine whether it is there, after something failed that only its absence explains. Where it is not, a
    /// task waits for its return; when all owners have looked for their guests then, and the machine has booted
    /// meanwhile, `has_booted` is called.
    pub async fn is_reachable(self: &Arc<Self>, has_booted: impl FnOnce() + Send + 'static) -> bool {
        if !self.life.is_open() {
            // Nobody waits for its return any more.
            return true;
        }
        let _one_at_a_time = self.asking.lock().await;
        if self.is_away() {
            return false;
        }
        if self.answers().await {
            return true;
        }
        tracing::warn!(host = self.host.name(), "the machine cannot be reached");
        self.away.send_replace(true);
        let look = self.look();
        look.missed();
        let reach = Arc::clone(self);
        let runtime = self.life.runtime();
        drop(runtime.spawn(async move { reach.wait_for_return(look, has_booted).await }));
        false
    }

    /// Whether the machine answers; what, does not matter.
    async fn answers(&self) -> bool {
        match timeout(ANSWER, self.host.files().stat(&self.root)).await {
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
        *lock(&self.facts) = facts;
        Ok(has_booted)
    }

    /// Asks the machine until it answers, then has everybody look for what is theirs.
    async fn wait_for_return(&self, look: Look, booted: impl FnOnce()) {
        let mut closed = self.life.closing();
        let mut pause = FIRST_PAUSE;
        let has_booted = loop {
            tokio::select! {
                _ = closed.wait_for(|closing| *closing != Closing::Open) => return,
                // Nothing tells when a machine can be reached again.
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            if self.answers().await
                && let Ok(has_booted) = self.look_at_facts().await
            {
                break has_booted;
            }
        };
        tracing::info!(host = self.host.name(), "the machine can be reached again");
        let mut looking = self.looking.count.subscribe();
        self.away.send_replace(false);
        drop(look);
        if has_booted {
            // Only when all know that their guests have ended with the boot before.
            drop(looking.wait_for(|count| *count == 0).await);
            booted();
        }
    }
}
