//! The task that owns a connection: it alone reads and writes.
//!
//! Reading and writing are two loops polled side by side: an answer or an event is read however much there is to write, and
//! nothing that is read waits for a caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use virt_core::{Error, Result};

use super::message::{Incoming, Message, MessageKind, malformed, split};
use super::watch::Changes;

/// How much is written at a time.
const WRITE_SIZE: usize = 32 * 1024;

/// A request on its way to xenstored.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) kind: MessageKind,
    pub(super) transaction: u32,
    pub(super) payload: Vec<u8>,
    /// Who waits for its answer; nobody where something is only cleared up.
    pub(super) answer: Option<Waiting>,
}

/// Who waits for an answer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) answer: oneshot::Sender<Answer>,
    /// Given back when the answer is there, whoever still waits.
    pub(super) permit: OwnedSemaphorePermit,
}

/// An answer on its way to whoever waits for it. Where nobody takes it any more, what was begun with it is ended.
#[derive(Debug)]
pub(super) struct Answer {
    message: Option<Message>,
    clean_up: mpsc::WeakUnboundedSender<Request>,
}

impl Answer {
    /// The answer; what was begun with it is the caller's.
    pub(super) fn take(mut self) -> Option<Message> {
        self.message.take()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(message) = &self.message {
            give_up(message, &self.clean_up);
        }
    }
}

/// What the loops and the handles share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pending: Mutex<HashMap<u32, Waiting>>,
    watches: Mutex<HashMap<String, Arc<Changes>>>,
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, HashMap<u32, Waiting>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is followed, by its token.
    pub(super) fn watches(&self) -> MutexGuard<'_, HashMap<String, Arc<Changes>>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a connection until it ends, and tells everybody.
pub(super) async fn run<S>(
    stream: S,
    shared: Arc<Shared>,
    requests: mpsc::UnboundedReceiver<Request>,
    clean_up: mpsc::WeakUnboundedSender<Request>,
    ended: watch::Sender<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (read, write) = tokio::io::split(stream);
    let end = End {
        shared: Arc::clone(&shared),
        ended,
    };
    let why = tokio::select! {
        biased;
        why = read_answers(read, &shared, &clean_up) => why,
        why = write_requests(write, &shared, requests) => why,
    };
    match why {
        Ok(()) => tracing::debug!("the connection to xenstored is closed"),
        Err(error) => tracing::debug!(%error, "the connection to xenstored has ended"),
    }
    drop(end);
}

/// Tells everybody that the connection has ended; also when the task is dropped with its runtime.
struct End {
    shared: Arc<Shared>,
    ended: watch::Sender<bool>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.ended.send_replace(true);
        // Who waits hears it as the end of its sender.
        self.shared.pending().clear();
        for changes in std::mem::take(&mut *self.shared.watches()).into_values() {
            changes.end();
        }
    }
}

async fn write_requests<W: AsyncWrite + Unpin>(
    mut write: W,
    shared: &Shared,
    mut requests: mpsc::UnboundedReceiver<Request>,
) -> Result<()> {
    let mut number: u32 = 0;
    let mut out = Vec::new();
    while let Some(request) = requests.recv().await {
        let mut next = Some(request);
        while let Some(request) = next {
            number = number.wrapping_add(1);
            let message = Message {
                kind: request.kind,
                request: number,
                transaction: request.transaction,
                payload: request.payload,
            };
            message.encode(&mut out);
            if let Some(waiting) = request.answer {
                shared.pending().insert(number, waiting);
            }
            next = if out.len() < WRITE_SIZE {
                requests.try_recv().ok()
            } else {
                None
            };
        }
        write.write_all(&out).await.map_err(lost)?;
        write.flush().await.map_err(lost)?;
        out.clear();
    }
    Ok(())
}

async fn read_answers<R: AsyncRead + Unpin>(
    mut read: R,
    shared: &Shared,
    clean_up: &mpsc::WeakUnboundedSender<Request>,
) -> Result<()> {
    let mut incoming = Incoming::default();
    loop {
        if read.read_buf(incoming.room()).await.map_err(lost)? == 0 {
            if incoming.is_in_message() {
                return Err(malformed("it ends in the middle of a message"));
            }
            return Ok(());
        }
        while let Some(message) = incoming.next_message()? {
            if message.kind == MessageKind::WatchEvent {
                tell(shared, &message)?;
                continue;
            }
            let Some(waiting) = shared.pending().remove(&message.request) else {
                continue;
            };
            // Who does not wait any more does not need it.
            drop(waiting.answer.send(Answer {
                message: Some(message),
                clean_up: clean_up.clone(),
            }));
            drop(waiting.permit);
        }
    }
}

/// Hands a change to whoever follows it.
fn tell(shared: &Shared, message: &Message) -> Result<()> {
    let words = split(&message.payload)?;
    let [path, token, ..] = words.as_slice() else {
        return Err(malformed("an event without path and token"));
    };
    if let Some(changes) = shared.watches().get(token) {
        changes.add(path);
    }
    Ok(())
}

/// What was begun for somebody who does not wait any more is ended.
fn give_up(answer: &Message, clean_up: &mpsc::WeakUnboundedSender<Request>) {
    if answer.kind != MessageKind::TransactionStart {
        return;
    }
    let number = split(&answer.payload)
        .ok()
        .and_then(|words| words.first()?.parse().ok());
    if let (Some(transaction), Some(requests)) = (number, clean_up.upgrade()) {
        drop(requests.send(Request {
            kind: MessageKind::TransactionEnd,
            transaction,
            payload: b"F\0".to_vec(),
            answer: None,
        }));
    }
}

fn lost(error: std::io::Error) -> Error {
    super::error::ended(virt_core::Outcome::Unknown).with_source(error)
}
