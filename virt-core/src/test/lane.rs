//! Lanes: what is asked of one domain is done one after another, and by nobody who waits for it.
//!
//! Work that need not wait is done at once. Work behind other work, or that a fault delays, is carried out by the
//! lane's worker, whether or not its caller still listens. A destroy pre-empts: what stands in the lane is refused.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;
use uuid::Uuid;

use super::fault::Pause;
use super::world::{Shared, World};
use crate::error::{Error, ErrorKind, Result};

/// Whose lane, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LaneKey {
    /// Changes of a domain.
    Domain(Uuid),
    /// Changes of an object that is no domain.
    Object(Uuid),
    /// Exchanges with a domain's agent.
    Agent(Uuid),
    /// Its end, which waits for nobody.
    Destroy(Uuid),
    /// Its end in good order, which waits for its hypervisor only.
    DestroyGracefully(Uuid),
}

impl LaneKey {
    /// Whose lane it is.
    pub(super) const fn domain(self) -> Uuid {
        match self {
            Self::Domain(uuid)
            | Self::Object(uuid)
            | Self::Agent(uuid)
            | Self::Destroy(uuid)
            | Self::DestroyGracefully(uuid) => uuid,
        }
    }
}

/// Whether work has begun, or was withdrawn because its deadline passed before.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticket(Arc<AtomicU8>);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Ticket {
    fn begin(&self) -> bool {
        self.turn(BEGUN)
    }

    /// Takes the work back; `false` when it has begun.
    pub(super) fn withdraw(&self) -> bool {
        self.turn(WITHDRAWN)
    }

    fn turn(&self, to: u8) -> bool {
        self.0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

type Apply = Box<dyn FnOnce(Result<&mut World>) + Send>;

/// A piece of work: how long it takes, and what it does to the world (or what it does when it is refused).
pub(super) struct Work {
    pub(super) pause: Pause,
    pub(super) ticket: Ticket,
    pub(super) apply: Apply,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Work>,
    /// Stops what is being worked on.
    current: Option<Arc<Notify>>,
}

/// All lanes that have work.
#[derive(Default)]
pub(super) struct Lanes {
    busy: HashMap<LaneKey, Lane>,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.busy.keys()).finish()
    }
}

impl Lanes {
    /// Whether nothing is being worked on anywhere.
    pub(super) fn are_idle(&self) -> bool {
        self.busy.is_empty()
    }

    /// Whether work of no duration may be done right away.
    pub(super) fn is_idle(&self, key: LaneKey) -> bool {
        !self.busy.contains_key(&key)
    }

    /// Puts work at the end of a lane; `true` when a worker is to be started.
    pub(super) fn enqueue(&mut self, key: LaneKey, work: Work) -> bool {
        let is_new = self.is_idle(key);
        self.busy.entry(key).or_default().waiting.push_back(work);
        is_new
    }

    /// The next work and the way to stop it; `None` ends the lane.
    fn advance(&mut self, key: LaneKey) -> Option<(Work, Arc<Notify>)> {
        let lane = self.busy.get_mut(&key)?;
        while let Some(work) = lane.waiting.pop_front() {
            if work.ticket.begin() {
                let stop = Arc::new(Notify::new());
                lane.current = Some(Arc::clone(&stop));
                return Some((work, stop));
            }
        }
        self.busy.remove(&key);
        None
    }

    /// Refuses everything that stands in a domain's lanes.
    pub(super) fn preempt(&mut self, domain: Uuid) {
        for key in [LaneKey::Domain(domain), LaneKey::Agent(domain)] {
            let Some(lane) = self.busy.get_mut(&key) else {
                continue;
            };
            if let Some(current) = lane.current.take() {
                current.notify_one();
            }
            for work in lane.waiting.drain(..) {
                (work.apply)(Err(preempted()));
            }
        }
    }
}

fn preempted() -> Error {
    Error::new(ErrorKind::Cancelled, "the domain was destroyed meanwhile")
}

/// Works a lane off.
pub(super) async fn work_off(shared: Arc<Shared>, key: LaneKey) {
    while let Some((work, stop)) = shared.with(|world| world.lanes.advance(key)) {
        let Work { mut pause, apply, .. } = work;
        tokio::select! {
            biased;
            () = stop.notified() => apply(Err(preempted())),
            () = pause.over() => shared.with(|world| apply(Ok(world))),
        }
    }
    shared.lane_ended.notify_waiters();
}
