//! The bus between a driver and its event streams: bounded, and honest about loss.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::{Event, EventFilter};

const DEFAULT_CAPACITY: usize = 1024;

/// Where a driver publishes events. Cloning gives another handle of the same bus.
///
/// Publishing never waits: a stream that is not read in time loses its oldest events and is told how many.
#[derive(Clone, Default)]
pub struct EventBus {
    subscribers: Arc<Mutex<Vec<Weak<Mutex<Queue>>>>>,
}

impl EventBus {
    /// A bus without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the event to every stream that wants it.
    pub fn publish(&self, event: &Event) {
        lock(&self.subscribers).retain(|subscriber| {
            let Some(queue) = subscriber.upgrade() else {
                return false;
            };
            let waker = lock(&queue).push(event);
            if let Some(waker) = waker {
                waker.wake();
            }
            true
        });
    }

    /// A stream of the events from now on.
    #[must_use]
    pub fn subscribe(&self, filter: EventFilter) -> EventStream {
        let queue = Arc::new(Mutex::new(Queue {
            capacity: filter.capacity.unwrap_or(DEFAULT_CAPACITY).max(1),
            filter,
            waiting: VecDeque::new(),
            lost: 0,
            waker: None,
            closed: false,
        }));
        lock(&self.subscribers).push(Arc::downgrade(&queue));
        EventStream { queue }
    }

    /// Ends every stream, once it has been read empty.
    pub fn close(&self) {
        for subscriber in lock(&self.subscribers).drain(..) {
            if let Some(queue) = subscriber.upgrade() {
                let mut queue = lock(&queue);
                queue.closed = true;
                if let Some(waker) = queue.waker.take() {
                    waker.wake();
                }
            }
        }
    }
}

impl fmt::Debug for EventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBus")
            .field("subscribers", &lock(&self.subscribers).len())
            .finish()
    }
}

struct Queue {
    filter: EventFilter,
    capacity: usize,
    waiting: VecDeque<Event>,
    lost: u64,
    waker: Option<Waker>,
    closed: bool,
}

impl Queue {
    fn push(&mut self, event: &Event) -> Option<Waker> {
        if !self.filter.matches(event) {
            return None;
        }
        if self.waiting.len() >= self.capacity {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(event.clone());
        self.waker.take()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Events as they come; ends when the connection is closed. Dropping it unsubscribes.
///
/// Cancel-safe: an event is taken from the stream only when it is returned.
pub struct EventStream {
    queue: Arc<Mutex<Queue>>,
}

impl EventStream {
    /// The next event; `None` once the connection is closed.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The next event, if one is waiting.
    pub fn try_next(&mut self) -> Option<Event> {
        take(&mut lock(&self.queue))
    }
}

fn take(queue: &mut Queue) -> Option<Event> {
    if queue.lost > 0 {
        return Some(Event::Lagged(std::mem::take(&mut queue.lost)));
    }
    queue.waiting.pop_front()
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut queue = lock(&self.queue);
        if let Some(event) = take(&mut queue) {
            return Poll::Ready(Some(event));
        }
        if queue.closed {
            return Poll::Ready(None);
        }
        queue.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = lock(&self.queue);
        f.debug_struct("EventStream")
            .field("waiting", &queue.waiting.len())
            .field("lost", &queue.lost)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DomainRef;
    use crate::event::{DomainChange, DomainEvent};

    fn event(name: &str) -> Event {
        let domain = DomainRef::new(uuid::Uuid::nil(), name);
        Event::Domain(DomainEvent::now(domain, DomainChange::Rebooted))
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_it_lost_and_then_gets_the_newest() {
        let bus = EventBus::new();
        let mut stream = bus.subscribe(EventFilter::all().with_capacity(2));
        let events: Vec<Event> = ["a", "b", "c", "d", "e"].map(event).to_vec();
        for event in &events {
            bus.publish(event);
        }
        assert_eq!(stream.next().await, Some(Event::Lagged(3)));
        assert_eq!(stream.next().await.as_ref(), events.get(3));
        assert_eq!(stream.next().await.as_ref(), events.get(4));
        assert_eq!(stream.try_next(), None);
    }

    #[tokio::test]
    async fn a_stream_ends_when_the_bus_is_closed_but_not_before_it_is_read() {
        let bus = EventBus::new();
        let mut stream = bus.subscribe(EventFilter::all());
        bus.publish(&Event::Resync);
        bus.close();
        assert_eq!(stream.next().await, Some(Event::Resync));
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn a_filter_keeps_other_domains_out_but_lets_resync_through() {
        let bus = EventBus::new();
        let mut stream = bus.subscribe(EventFilter::domain(uuid::Uuid::max()));
        bus.publish(&event("other"));
        bus.publish(&Event::Resync);
        assert_eq!(stream.next().await, Some(Event::Resync));
    }

    #[test]
    fn a_dropped_stream_is_forgotten() {
        let bus = EventBus::new();
        drop(bus.subscribe(EventFilter::all()));
        bus.publish(&Event::Resync);
        assert!(format!("{bus:?}").contains("subscribers: 0"));
    }
}
