//! The channel on which events are delivered.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::event::QmpEvent;

/// How many events a slow receiver may fall behind before it loses some.
pub(crate) const DEFAULT_EVENT_CAPACITY: usize = 256;

/// What a receiver of events is told.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum QmpEventItem {
    /// An event.
    Event(Arc<QmpEvent>),
    /// This many events were lost because this receiver was too slow: what it knows must be asked again.
    Lagged(u64),
}

/// A receiver of a connection's events.
///
/// The connection never waits for a receiver: one that falls behind by more than the connection's event capacity
/// (256 unless set) loses the oldest and is told how many. Other receivers and all calls are unaffected.
#[derive(Debug)]
pub struct QmpEvents {
    receiver: broadcast::Receiver<Arc<QmpEvent>>,
}

impl QmpEvents {
    pub(crate) fn new(receiver: broadcast::Receiver<Arc<QmpEvent>>) -> Self {
        Self { receiver }
    }

    /// The next event; `None` once the connection has ended and everything received was handed out.
    ///
    /// # Cancel safety
    /// Cancel safe: no event is lost by dropping the future.
    pub async fn next(&mut self) -> Option<QmpEventItem> {
        match self.receiver.recv().await {
            Ok(event) => Some(QmpEventItem::Event(event)),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(QmpEventItem::Lagged(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
