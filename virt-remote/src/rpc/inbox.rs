//! What has come in on a stream and has not been read yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::error::RpcError;

/// How many bytes are kept for a reader; beyond that the connection waits for it.
pub(super) const WINDOW: usize = 4 * 1024 * 1024;

/// How many items are kept, whatever their size.
const ITEMS: usize = 1024;

/// How many times as much is kept before the call that opens the stream is answered: until then nobody reads, and to wait
/// would be to wait for ever.
const BEFORE_REPLY: usize = 16;

/// A piece of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamItem {
    /// Bytes.
    Data(Bytes),
    /// So many bytes of nothing: zeros that are not sent. Only in streams that were opened as sparse.
    Hole(u64),
}

impl StreamItem {
    fn weight(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Hole(_) => 0,
        }
    }
}

/// Filled by the owner task, emptied by the stream's reader.
#[derive(Debug)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
    /// Told when something has been read: the connection may be waiting for that.
    room: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<StreamItem>,
    bytes: usize,
    /// There is no more to read.
    read_to_end: bool,
    /// The stream is over on the daemon's side, and how it ended.
    over: Option<Result<(), RpcError>>,
}

impl Inbox {
    pub(super) fn new(room: Arc<Notify>) -> Self {
        Self {
            state: Mutex::default(),
            changed: Notify::new(),
            room,
        }
    }

    pub(super) fn push(&self, item: StreamItem) {
        let mut state = self.lock();
        state.bytes += item.weight();
        state.items.push_back(item);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Nothing more will come, though the stream is not over yet.
    pub(super) fn end(&self) {
        self.lock().read_to_end = true;
        self.changed.notify_waiters();
    }

    /// The stream is over. The first word on that counts.
    pub(super) fn over(&self, how: Result<(), RpcError>) {
        let mut state = self.lock();
        state.read_to_end = true;
        state.over.get_or_insert(how);
        drop(state);
        self.changed.notify_waiters();
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().over.is_some()
    }

    pub(super) fn failure(&self) -> Option<RpcError> {
        self.lock().over.clone().and_then(Result::err)
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(super) fn is_full(&self) -> bool {
        let state = self.lock();
        state.bytes > WINDOW || state.items.len() > ITEMS
    }

    /// Whether more has come than is kept before the call that opens the stream is answered.
    pub(super) fn is_flooded(&self) -> bool {
        let state = self.lock();
        state.bytes > BEFORE_REPLY * WINDOW || state.items.len() > BEFORE_REPLY * ITEMS
    }

    /// Takes what has come, and waits for it. Cancel-safe.
    pub(super) async fn next(&self) -> Result<Option<StreamItem>, RpcError> {
        self.wait(|state| {
            if let Some(item) = state.items.pop_front() {
                state.bytes -= item.weight();
                return Some(Ok(Some(item)));
            }
            match &state.over {
                Some(Err(error)) => Some(Err(error.clone())),
                _ => state.read_to_end.then_some(Ok(None)),
            }
        })
        .await
        .inspect(|_| self.room.notify_one())
    }

    /// Waits until the stream is over, and says how it ended. Cancel-safe.
    pub(super) async fn until_over(&self) -> Result<(), RpcError> {
        self.wait(|state| state.over.clone()).await
    }

    async fn wait<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Registered before it is looked, so that a change in between is not missed.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
