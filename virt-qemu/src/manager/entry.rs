//! A domain as everybody sees it, and the way to its owner.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;
use virt_core::domain::{
    ConfigScope, DestroyOptions, DomainInfo, DomainName, DomainRef, DomainState, ExistingPolicy,
    LifecycleAction, LifecycleEvent, MetadataItem, RebootOptions, ShutdownOptions, StartOptions, StateReason,
};
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::{Closing, lock};
use crate::document::{Glance, Kept};
use crate::owner::Run;

/// How many requests of one domain may wait.
const QUEUE: usize = 64;

/// A domain as everybody sees it, and the way to its owner.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) uuid: Uuid,
    view: Mutex<View>,
    // Boxed: a queue makes room for 32 at once, and most domains are never asked anything.
    requests: mpsc::Sender<Box<Request>>,
    destroys: mpsc::Sender<Box<DestroyRequest>>,
    closing: watch::Receiver<Closing>,
}

/// What is known of a domain without asking anybody. Written by its owner only.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) name: String,
    /// Whether it exists for others: not before its definition, or its first run, is on disk.
    pub(crate) visible: bool,
    pub(crate) state: DomainState,
    pub(crate) reason: StateReason,
    pub(crate) autostart: bool,
    /// The configuration of the next start; `None` for a transient domain.
    pub(crate) inactive: Option<Kept>,
    /// For a transient domain: the configuration it was started with.
    pub(crate) origin: Option<Kept>,
    /// The configuration of the present run.
    pub(crate) live: Option<Arc<DomainConfig>>,
    /// The present run.
    pub(crate) run: Option<Arc<Run>>,
    /// What the balloon last said, in bytes.
    pub(crate) balloon: Option<u64>,
    pub(crate) agent_connected: Option<bool>,
}

impl View {
    /// A domain that does not run and is not there for others yet.
    pub(crate) fn hidden(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            visible: false,
            state: DomainState::ShutOff,
            reason: StateReason::Unknown,
            autostart: false,
            inactive: None,
            origin: None,
            live: None,
            run: None,
            balloon: None,
            agent_connected: None,
        }
    }

    pub(crate) fn id(&self) -> Option<u32> {
        self.run.as_ref().map(|run| run.id)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.run.is_some()
    }

    /// What is often looked at of the live configuration, or of that of the next start.
    pub(crate) fn glance(&self) -> Option<Glance> {
        let inactive = || self.inactive.as_ref().map(|kept| kept.glance().clone());
        self.live.as_deref().map(Glance::of).or_else(inactive)
    }

    pub(crate) fn info(&self, uuid: Uuid) -> DomainInfo {
        let mut info = DomainInfo::shut_off(DomainRef::new(uuid, self.name.as_str()));
        info.id = self.id();
        info.state = self.state;
        info.reason = self.reason;
        info.persistent = self.inactive.is_some();
        info.autostart = self.autostart;
        info.agent_connected = self.agent_connected;
        if let Some(glance) = self.glance() {
            info.max_memory = glance.memory;
            info.memory = glance.current_memory;
            info.vcpus = glance.vcpus;
            info.title = glance.title;
        }
        if let Some(run) = &self.run {
            info.auto_destroy = run.auto_destroy;
            info.running_for = Some(since(run.started_at));
            if let Some(actual) = self.balloon {
                info.memory = ByteSize::bytes(actual);
            }
        }
        info
    }
}

fn since(started_at: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(started_at))
}

/// What an owner is asked to do.
#[derive(Debug)]
pub(crate) enum Operation {
    Define(Box<DomainConfig>, ExistingPolicy),
    Undefine,
    Start {
        options: StartOptions,
        config: Option<Box<DomainConfig>>,
    },
    Shutdown(ShutdownOptions),
    Reboot(RebootOptions),
    Reset,
    Suspend,
    Resume,
    Rename(DomainName),
    SetAutostart(bool),
    SetMetadata(MetadataItem, ConfigScope),
    SetLifecycleAction((LifecycleEvent, LifecycleAction), ConfigScope),
    SetMemory(ByteSize, ConfigScope),
}

/// Something asked of an owner, with the way back.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) call: CallContext,
    pub(crate) operation: Operation,
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// A domain is to end, whatever is being done on it.
#[derive(Debug)]
pub(crate) struct DestroyRequest {
    pub(crate) call: CallContext,
    pub(crate) options: DestroyOptions,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// What an owner reads.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) requests: mpsc::Receiver<Box<Request>>,
    pub(crate) destroys: mpsc::Receiver<Box<DestroyRequest>>,
}

/// Whether a request was begun or withdrawn: one of them, for certain.
#[derive(Debug, Default)]
pub(crate) struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Ticket {
    /// Begins it, unless it was withdrawn.
    pub(crate) fn begin(&self) -> bool {
        self.0
            .compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn is_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) == BEGUN
    }

    /// Withdraws it, unless it was begun.
    fn withdraw(&self) -> bool {
        self.0
            .compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Entry {
    /// A new domain that nobody sees yet, and what its owner reads.
    pub(crate) fn new(uuid: Uuid, view: View, closing: watch::Receiver<Closing>) -> (Arc<Self>, Inbox) {
        let (requests, request_queue) = mpsc::channel(QUEUE);
        let (destroys, destroy_queue) = mpsc::channel(QUEUE);
        let entry = Arc::new(Self {
            uuid,
            view: Mutex::new(view),
            requests,
            destroys,
            closing,
        });
        (
            entry,
            Inbox {
                requests: request_queue,
                destroys: destroy_queue,
            },
        )
    }

    /// What is known of it. Never held across an await.
    pub(crate) fn view(&self) -> MutexGuard<'_, View> {
        lock(&self.view)
    }

    pub(crate) fn reference(&self) -> DomainRef {
        DomainRef::new(self.uuid, self.view().name.as_str())
    }

    /// The present run.
    pub(crate) fn run(&self) -> Result<Arc<Run>> {
        let view = self.view();
        view.run
            .clone()
            .ok_or_else(|| not_running(view.state, view.reason))
    }

    /// Asks the owner to do something and waits for it, until the call's deadline. What was not begun by then never
    /// is; what was goes on.
    pub(crate) async fn ask(&self, call: &CallContext, operation: Operation) -> Result<()> {
        match self.ask_owner(call, operation).await {
            Asked::Answered(result) => result,
            Asked::OwnerGone => Err(Error::new(ErrorKind::NotFound, "the domain is gone")),
        }
    }

    /// As [`ask`](Self::ask); tells an owner that had ended before it began apart from every answer.
    pub(crate) async fn ask_owner(&self, call: &CallContext, operation: Operation) -> Asked {
        let ticket = Arc::new(Ticket::default());
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request {
            call: call.clone(),
            operation,
            ticket: Arc::clone(&ticket),
            reply,
        });
        let guard = WithdrawOnDrop(ticket);
        let asked = async {
            // At once where there is room: an owner made for this very request must not be left without it.
            let sent = match self.requests.try_send(request) {
                Err(mpsc::error::TrySendError::Full(request)) => self.requests.send(request).await.is_ok(),
                sent => sent.is_ok(),
            };
            if !sent {
                return None;
            }
            answer.await.ok()
        };
        match tokio::time::timeout_at(call.deadline, asked).await {
            Ok(Some(result)) => Asked::Answered(result),
            Ok(None) => self.unanswered(guard.0.is_begun()),
            Err(_) if guard.0.withdraw() => Asked::Answered(Err(call.timeout(Outcome::NotApplied))),
            Err(_) => Asked::Answered(Err(call.timeout(Outcome::Unknown))),
        }
    }

    /// Why the owner did not answer.
    fn unanswered(&self, begun: bool) -> Asked {
        let outcome = if begun {
            Outcome::Unknown
        } else {
            Outcome::NotApplied
        };
        let closed = self.closing.borrow().error();
        if let Some(error) = closed {
            return Asked::Answered(Err(error.with_outcome(outcome)));
        }
        if begun {
            let error = Error::new(ErrorKind::Internal, "the domain's owner ended unexpectedly");
            return Asked::Answered(Err(error.with_outcome(outcome)));
        }
        Asked::OwnerGone
    }

    /// Asks the owner to end the domain, ahead of everything else.
    pub(crate) async fn destroy(&self, call: &CallContext, options: DestroyOptions) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let gone = || match self.unanswered(false) {
            Asked::Answered(Err(error)) => error.with_outcome(Outcome::Unknown),
            _ => Error::new(ErrorKind::NotFound, "the domain is gone"),
        };
        let asked = async {
            self.destroys
                .send(Box::new(DestroyRequest {
                    call: call.clone(),
                    options,
                    reply,
                }))
                .await
                .map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        };
        call.bound(Outcome::Unknown, asked).await
    }
}

/// What became of a question to an owner.
pub(crate) enum Asked {
    Answered(Result<()>),
    /// It had ended, with the domain, before it began: nothing was done.
    OwnerGone,
}

/// A caller that goes away while its request still waits takes it back: nobody is left who wants it.
struct WithdrawOnDrop(Arc<Ticket>);

impl Drop for WithdrawOnDrop {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

pub(crate) fn not_running(state: DomainState, reason: StateReason) -> Error {
    let why = if reason == StateReason::Unknown {
        String::new()
    } else {
        format!(", {reason}")
    };
    Error::new(
        ErrorKind::InvalidState,
        format!("the domain does not run ({state}{why}): start it first"),
    )
}
