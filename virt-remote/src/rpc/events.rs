//! What a daemon tells on its own account.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::Stream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::packet::Packet;
use crate::protocol::procedure::{self, Event, ProcedureInfo};
use crate::protocol::xdr::{self, XdrError};

/// A message that a daemon sent on its own account.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RpcEvent {
    /// The number of the program it is of.
    pub program: u32,
    /// The number of its procedure.
    pub number: i32,
    /// What it says, encoded.
    pub payload: Bytes,
}

impl RpcEvent {
    pub(super) fn new(packet: Packet) -> Self {
        Self {
            program: packet.header.prog,
            number: packet.header.proc,
            payload: packet.payload,
        }
    }

    /// What is known of its procedure; `None` for one that is newer than this.
    #[must_use]
    pub fn info(&self) -> Option<&'static ProcedureInfo> {
        procedure::find(self.program, self.number)
    }

    /// What it says, where it is of this type.
    ///
    /// # Errors
    /// [`XdrError`] where it is of this type but cannot be understood.
    pub fn decode<E: Event>(&self) -> Option<Result<E::Message, XdrError>> {
        let is_it = (self.program, self.number) == (E::INFO.program.number, E::INFO.number);
        is_it.then(|| xdr::from_bytes(&self.payload))
    }
}

impl fmt::Debug for RpcEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcEvent")
            .field("name", &self.info().map(|info| info.name))
            .field("number", &self.number)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// What [`RpcEvents`] gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RpcEventItem {
    /// An event.
    Event(Arc<RpcEvent>),
    /// So many events were lost because they were not read in time.
    Lagged(u64),
}

/// Receives every event of a connection from the moment it was made on, or says how many it lost.
#[derive(Debug)]
pub struct RpcEvents {
    receiver: broadcast::Receiver<Arc<RpcEvent>>,
}

impl RpcEvents {
    /// The next event; `None` when the connection has ended and everything has been read.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<RpcEventItem> {
        match self.receiver.recv().await {
            Ok(event) => Some(RpcEventItem::Event(event)),
            Err(RecvError::Lagged(lost)) => Some(RpcEventItem::Lagged(lost)),
            Err(RecvError::Closed) => None,
        }
    }

    /// The next event, if it has come already.
    pub fn try_next(&mut self) -> Option<RpcEventItem> {
        match self.receiver.try_recv() {
            Ok(event) => Some(RpcEventItem::Event(event)),
            Err(TryRecvError::Lagged(lost)) => Some(RpcEventItem::Lagged(lost)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }

    /// The same as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = RpcEventItem> + Send {
        futures::stream::unfold(self, |mut events| async move {
            events.next().await.map(|item| (item, events))
        })
    }
}

/// Where the owner task tells of events. Room for those that wait is made for the first who listens.
#[derive(Debug)]
pub(super) struct EventSource(Mutex<Listeners>);

#[derive(Debug)]
enum Listeners {
    /// There has been none so far; there will be room for so many events.
    None(usize),
    Some(broadcast::Sender<Arc<RpcEvent>>),
    /// The connection has ended.
    Over,
}

impl EventSource {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Mutex::new(Listeners::None(capacity.max(1))))
    }

    /// Receives every event from now on.
    pub(super) fn subscribe(&self) -> RpcEvents {
        let mut listeners = self.lock();
        let receiver = match &*listeners {
            Listeners::None(capacity) => {
                let (sender, receiver) = broadcast::channel(*capacity);
                *listeners = Listeners::Some(sender);
                receiver
            }
            Listeners::Some(sender) => sender.subscribe(),
            // Its sender is gone at once.
            Listeners::Over => broadcast::channel(1).1,
        };
        RpcEvents { receiver }
    }

    /// Tells of an event, where anybody listens.
    pub(super) fn tell(&self, packet: Packet) {
        if let Listeners::Some(sender) = &*self.lock() {
            // Fails where nobody listens any more.
            let _unheard = sender.send(Arc::new(RpcEvent::new(packet)));
        }
    }

    /// There will be no more.
    pub(super) fn end(&self) {
        *self.lock() = Listeners::Over;
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
