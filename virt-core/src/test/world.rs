//! What a connection's handles share: the world of its domains behind one lock, and the tasks that work on it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::fault::{Failure, FaultPlan, Pause, Verdict};
use super::lane::{LaneKey, Lanes, Ticket, Work, work_off};
use super::life::Timer;
use super::migration::Incoming;
use super::network::NetworkRecord;
use super::record::Record;
use super::secrets::SecretRecord;
use super::storage::Storage;
use crate::deadline::CallContext;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::event::{DomainChange, DomainEvent, Event, EventBus};
use crate::host::Host;
use crate::sorted::SortedMap;

/// Whether the connection works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    /// A test cut it, and may mend it.
    Lost,
    /// It was closed.
    Closed,
}

/// The domains of a connection and what tests have in store for them. No method of it waits.
#[derive(Debug)]
pub(super) struct World {
    pub(super) domains: SortedMap<Uuid, Record>,
    pub(super) networks: SortedMap<Uuid, NetworkRecord>,
    pub(super) secrets: SortedMap<Uuid, SecretRecord>,
    pub(super) storage: Storage,
    pub(super) faults: FaultPlan,
    pub(super) lanes: Lanes,
    pub(super) events: EventBus,
    /// What happens later: armed when the lock is given back.
    pub(super) timers: Vec<Timer>,
    pub(super) link: Link,
    /// Domains that are to come from another world.
    pub(super) incoming: SortedMap<Uuid, Incoming>,
    /// When the machine booted.
    pub(super) since: Instant,
    last_id: u32,
}

impl World {
    pub(super) fn new(events: EventBus) -> Self {
        Self {
            domains: SortedMap::new(),
            networks: SortedMap::new(),
            secrets: SortedMap::new(),
            storage: Storage::default(),
            faults: FaultPlan::default(),
            lanes: Lanes::default(),
            events,
            timers: Vec::new(),
            link: Link::Up,
            incoming: SortedMap::new(),
            since: Instant::now(),
            last_id: 0,
        }
    }

    /// The number of the next run: never given twice.
    pub(super) fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.saturating_add(1);
        self.last_id
    }

    pub(super) fn check_link(&self) -> Result<()> {
        match self.link {
            Link::Up => Ok(()),
            Link::Lost => Err(Error::new(ErrorKind::ConnectionLost, "the connection was lost")),
            Link::Closed => Err(Error::new(ErrorKind::ConnectionLost, "the connection was closed")),
        }
    }

    pub(super) fn record(&self, domain: Uuid) -> Result<&Record> {
        self.domains.get(&domain).ok_or_else(|| self.not_found())
    }

    pub(super) fn record_mut(&mut self, domain: Uuid) -> Result<&mut Record> {
        if !self.domains.contains_key(&domain) {
            return Err(self.not_found());
        }
        self.domains
            .get_mut(&domain)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a domain vanished while nobody touched it"))
    }

    /// "There is none such", naming a few that do exist.
    pub(super) fn not_found(&self) -> Error {
        none_such("domain", self.domains.values().map(Record::name))
    }

    /// Tells everybody what changed. What happens while the connection is lost is not heard.
    pub(super) fn publish(&self, domain: Uuid, change: DomainChange) {
        if let Some(record) = self.domains.get(&domain) {
            self.tell(&Event::Domain(DomainEvent::now(record.reference(), change)));
        }
    }

    /// Tells everybody of an event, unless the connection is lost.
    pub(super) fn tell(&self, event: &Event) {
        if self.link != Link::Lost {
            self.events.publish(event);
        }
    }

    fn begin(&mut self, call: &CallContext, domain: Option<Uuid>) -> Result<Verdict> {
        self.check_link()?;
        Ok(self.faults.judge(call.operation, domain))
    }
}

/// A world behind its lock.
///
/// Behind a trait, too: that a world can be shared between threads is proved once then, and not by every future that
/// holds one. Of all documents there are, that is a fifth of the time it takes to compile this crate.
trait Locked: Send + Sync {
    fn lock(&self) -> MutexGuard<'_, World>;
}

impl Locked for Mutex<World> {
    fn lock(&self) -> MutexGuard<'_, World> {
        lock(self)
    }
}

/// What all handles of a connection share.
pub(super) struct Shared {
    world: Box<dyn Locked>,
    tasks: Mutex<JoinSet<()>>,
    runtime: tokio::runtime::Handle,
    /// Turns `true` while the connection does not work.
    down: watch::Sender<bool>,
    pub(super) lane_ended: Notify,
    pub(super) events: EventBus,
    pub(super) host: Arc<dyn Host>,
    /// What it is called by others of this process.
    number: u64,
}

/// A change whose result is kept elsewhere: all changes are of one type, so that what carries them is compiled once.
type Change = Box<dyn FnOnce(Result<&mut World>, Failure) + Send>;

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(host: Arc<dyn Host>, runtime: tokio::runtime::Handle) -> Arc<Self> {
        let events = EventBus::new();
        Arc::new_cyclic(|shared| Self {
            number: super::worlds::enter(shared),
            world: Box::new(Mutex::new(World::new(events.clone()))),
            tasks: Mutex::new(JoinSet::new()),
            runtime,
            down: watch::Sender::new(false),
            lane_ended: Notify::new(),
            events,
            host,
        })
    }

    /// What it is called by others of this process.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Does something to the world, and sees to what is to happen later because of it.
    pub(super) fn with<T>(self: &Arc<Self>, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock();
        let result = work(&mut world);
        self.give_back(world);
        result
    }

    fn give_back(self: &Arc<Self>, mut world: MutexGuard<'_, World>) {
        let timers = std::mem::take(&mut world.timers);
        drop(world);
        for timer in timers {
            self.arm(timer);
        }
    }

    fn arm(self: &Arc<Self>, timer: Timer) {
        let shared = Arc::clone(self);
        let ring: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            tokio::time::sleep(timer.after).await;
            shared.with(move |world| world.ring(timer));
        });
        self.spawn(ring);
    }

    /// Starts a task that ends with the connection.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime);
    }

    /// Reads something.
    pub(super) async fn query<T>(
        self: &Arc<Self>,
        call: &CallContext,
        domain: Option<Uuid>,
        read: impl FnOnce(&mut World) -> Result<T>,
    ) -> Result<T> {
        let failure = self.admit(call, domain).await?;
        let result = self.with(|world| match world.check_link() {
            Ok(()) => read(world),
            Err(error) => Err(error),
        });
        Verdict::report(failure, result)
    }

    /// Waits as long as a fault says, and tells what is to be reported in the end.
    async fn admit(self: &Arc<Self>, call: &CallContext, domain: Option<Uuid>) -> Result<Failure> {
        let mut verdict = self.with(|world| world.begin(call, domain))?;
        if !verdict.pause.is_none() {
            let pause = async {
                verdict.pause.over().await;
                Ok(())
            };
            call.bound(Outcome::NotApplied, self.while_up(Outcome::NotApplied, pause))
                .await?;
        }
        verdict.check()?;
        Ok(verdict.failure())
    }

    /// Passes a piece of a stream on: no call, but faults strike it.
    pub(super) async fn piece<T>(
        self: &Arc<Self>,
        operation: &'static str,
        pass: impl FnOnce(&mut World) -> Result<T>,
    ) -> Result<T> {
        let mut verdict = self.with(|world| {
            world.check_link()?;
            Ok::<_, Error>(world.faults.judge(operation, None))
        })?;
        verdict.pause.over().await;
        verdict.check()?;
        let result = self.with(|world| {
            world.check_link()?;
            pass(world)
        });
        Verdict::report(verdict.failure(), result)
    }

    /// Changes something, in the order of the domain's lane. Dropped, the work is carried to its end.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        call: &CallContext,
        key: LaneKey,
        work: impl FnOnce(&mut World) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let told = Arc::clone(&answer);
        let apply: Change = Box::new(move |world, failure| {
            let result = match world {
                Ok(world) => work(world),
                Err(error) => Err(error),
            };
            // Perhaps nobody listens any more: the work is done all the same.
            *lock(&told) = Some(Verdict::report(failure, result));
        });
        self.apply(call, key, apply).await?;
        let told = lock(&answer).take();
        told.unwrap_or_else(|| Err(connection_lost(Outcome::Unknown)))
    }

    /// Has a change made, and waits until it is. What it came to, it keeps itself.
    async fn apply(self: &Arc<Self>, call: &CallContext, key: LaneKey, change: Change) -> Result<()> {
        let domain = key.domain();
        let verdict = self.with(|world| {
            let mut verdict = world.begin(call, Some(domain))?;
            if let (Some(record), true) = (world.domains.get(&domain), verdict.pause.is_none()) {
                verdict.pause = record.pause(key, call.operation);
            }
            Ok::<_, Error>(verdict)
        })?;
        let ticket = Ticket::default();
        let (sender, receiver) = oneshot::channel();
        let failure = verdict.failure();
        let checked = verdict.check();
        let work = Work {
            pause: verdict.pause,
            ticket: ticket.clone(),
            apply: Box::new(move |world: Result<&mut World>| {
                let world = world.and_then(|world| {
                    world.check_link()?;
                    checked?;
                    Ok(world)
                });
                change(world, failure);
                // Perhaps nobody waits any more.
                let _ = sender.send(());
            }),
        };
        self.enter(key, work);
        let answer = async { receiver.await.map_err(|_| connection_lost(Outcome::Unknown)) };
        let answered = tokio::time::timeout_at(call.deadline, self.while_up(Outcome::Unknown, answer)).await;
        answered.unwrap_or_else(|_| {
            let outcome = if ticket.withdraw() {
                Outcome::NotApplied
            } else {
                Outcome::Unknown
            };
            Err(call.timeout(outcome))
        })
    }

    fn enter(self: &Arc<Self>, key: LaneKey, work: Work) {
        let is_new = self.with(|world| {
            if work.pause.is_none() && world.lanes.is_idle(key) {
                (work.apply)(Ok(world));
                return false;
            }
            world.lanes.enqueue(key, work)
        });
        if is_new {
            self.spawn(work_off(Arc::clone(self), key));
        }
    }

    /// Waits for `work` while the connection works.
    pub(super) async fn while_up<T>(
        &self,
        outcome: Outcome,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut down = self.down.subscribe();
        tokio::select! {
            biased;
            result = work => result,
            _ = down.wait_for(|down| *down) => Err(connection_lost(outcome)),
        }
    }

    /// The runtime the connection was opened on.
    pub(super) const fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    pub(super) fn link(&self) -> Link {
        self.world.lock().link
    }

    /// Cuts the connection, or mends one that was cut: then everybody is told to look again.
    pub(super) fn set_link(self: &Arc<Self>, link: Link) {
        let changed = self.with(|world| {
            let changed = world.link != link && world.link != Link::Closed;
            if changed {
                world.link = link;
            }
            changed
        });
        if changed {
            self.lane_ended.notify_waiters();
            self.down.send_replace(link != Link::Up);
            if link == Link::Up {
                self.events.publish(&Event::Resync);
            }
        }
    }

    /// Closes: guests that go with the connection go, streams end, tasks are stopped.
    pub(super) fn close(self: &Arc<Self>) {
        if self.link() == Link::Closed {
            return;
        }
        self.with(|world| {
            world.destroy_with_connection();
            world.end_consoles();
        });
        self.set_link(Link::Closed);
        self.events.close();
        lock(&self.tasks).abort_all();
    }

    /// Waits until what stands in the lanes is done, as far as time allows, and closes.
    pub(super) async fn shutdown(self: &Arc<Self>, call: &CallContext) -> Result<()> {
        let idle = async {
            loop {
                let lane_ended = self.lane_ended.notified();
                if self.with(|world| world.lanes.are_idle() || world.link != Link::Up) {
                    return Ok(());
                }
                lane_ended.await;
            }
        };
        let waited = call.bound(Outcome::Applied, idle).await;
        self.close();
        waited
    }
}

/// "There is none such", naming a few that do exist.
pub(super) fn none_such<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Error {
    const SHOWN: usize = 5;
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let message = if names.is_empty() {
        format!("no such {what} (there is none at all)")
    } else {
        names.truncate(SHOWN);
        format!("no such {what} (there are: {}{more})", names.join(", "))
    };
    Error::new(ErrorKind::NotFound, message)
}

pub(super) fn connection_lost(outcome: Outcome) -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was lost").with_outcome(outcome)
}

/// A domain whose guest does not answer holds up what is asked of it.
pub(super) fn held_up_by(answers: &watch::Sender<bool>) -> Pause {
    if *answers.borrow() {
        Pause::default()
    } else {
        Pause::until(answers.subscribe())
    }
}
