//! The task that owns a connection: it alone reads and writes.
//!
//! Reading and writing are two loops polled side by side, so that a full pipe to QEMU never keeps an answer or an
//! event from being read, and nothing that is read ever waits for a caller.

mod reader;
mod writer;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot, watch};

use super::error::DisconnectReason;
use super::event::QmpEvent;
use super::message::{ErrorBody, Greeting};
use super::ticket::Ticket;

/// How many ordinary commands are in flight at most. QEMU stops reading at eight queued commands, and an urgent
/// one could then not pass.
pub(crate) const WINDOW: usize = 7;

/// How many calls a lane holds before callers wait for room.
pub(crate) const QUEUE: usize = 64;

/// After writing failed, how long the peer's last words are still read.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A call on its way to the peer.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Cow<'static, str>,
    pub(crate) arguments: Option<Box<RawValue>>,
    pub(crate) out_of_band: bool,
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// What a call gets back.
#[derive(Debug)]
pub(crate) enum Answer {
    Returned(Box<RawValue>),
    Refused(ErrorBody),
    Lost(DisconnectReason),
    NotJson(serde_json::Error),
}

/// A call that was sent. It stays here until its reply comes, whether or not anybody still waits for it.
#[derive(Debug)]
struct Pending {
    answer: oneshot::Sender<Answer>,
    reply_is_secret: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

/// What the two loops and the handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pending: Mutex<HashMap<u64, Pending>>,
    window: Arc<Semaphore>,
    oob: AtomicBool,
    close: Notify,
    label: String,
}

impl Shared {
    pub(crate) fn new(label: String) -> Self {
        Self {
            pending: Mutex::new(HashMap::new()),
            window: Arc::new(Semaphore::new(WINDOW)),
            oob: AtomicBool::new(false),
            close: Notify::new(),
            label,
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.pending().len()
    }

    pub(crate) fn set_oob(&self) {
        self.oob.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_oob(&self) -> bool {
        self.oob.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) {
        self.close.notify_one();
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<u64, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The two queues of calls.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) urgent: mpsc::Receiver<Call>,
    pub(crate) normal: mpsc::Receiver<Call>,
}

/// Everything the owner task is given.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) intake: Intake,
    pub(crate) greeting: oneshot::Sender<Greeting>,
    pub(crate) events: broadcast::Sender<Arc<QmpEvent>>,
    pub(crate) ended: watch::Sender<Option<DisconnectReason>>,
    pub(crate) line_limit: usize,
}

/// Runs the connection until it ends.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(stream: S, owner: Owner) {
    let Owner {
        shared,
        mut intake,
        greeting,
        events,
        ended,
        line_limit,
    } = owner;
    let (read, write) = tokio::io::split(stream);
    let mut end = End {
        shared: Arc::clone(&shared),
        ended,
        reason: DisconnectReason::Closed,
    };
    let reader = reader::Reader::new(&shared, greeting, &events, line_limit);
    end.reason = tokio::select! {
        biased;
        () = shared.close.notified() => DisconnectReason::Closed,
        reason = reader.run(read) => reason,
        reason = async {
            let reason = writer::run(write, &shared, &mut intake).await;
            if matches!(reason, DisconnectReason::Io(_)) {
                tokio::time::sleep(LAST_WORDS).await;
            }
            reason
        } => reason,
    };
    tracing::debug!(monitor = %shared.label, reason = %end.reason, "the QMP connection ended");
}

/// Tells everybody that the connection has ended; also when the task is dropped with its runtime.
struct End {
    shared: Arc<Shared>,
    ended: watch::Sender<Option<DisconnectReason>>,
    reason: DisconnectReason,
}

impl Drop for End {
    fn drop(&mut self) {
        self.ended.send_replace(Some(self.reason.clone()));
        let pending = std::mem::take(&mut *self.shared.pending());
        for call in pending.into_values() {
            // A caller that no longer waits is no fault.
            let _unwanted = call.answer.send(Answer::Lost(self.reason.clone()));
        }
    }
}
