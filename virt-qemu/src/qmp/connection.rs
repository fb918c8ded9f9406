//! The handle of a QMP connection.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::command::{Lane, QmpCommand};
use super::error::{Delivery, DisconnectReason, QmpError, QmpResult};
use super::event::QmpEvent;
use super::events::{DEFAULT_EVENT_CAPACITY, QmpEvents};
use super::line::DEFAULT_LINE_LIMIT;
use super::message::Greeting;
use super::owner::{self, Answer, Call, Intake, Owner, QUEUE, Shared};
use super::ticket::Ticket;
use super::wire;

/// How a connection is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QmpOptions {
    /// How long the greeting may take before the monitor is called busy. Default 2 s.
    pub greeting: Duration,
    /// How long the negotiation after the greeting may take. Default 5 s.
    pub negotiation: Duration,
    /// How many events a receiver may fall behind before it loses some. Default 256.
    pub event_capacity: usize,
    /// The longest line accepted, in bytes. Default 64 MiB.
    pub line_limit: usize,
    /// What the connection is called in traces: the guest's name as a rule.
    pub label: String,
}

impl Default for QmpOptions {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(2),
            negotiation: Duration::from_secs(5),
            event_capacity: DEFAULT_EVENT_CAPACITY,
            line_limit: DEFAULT_LINE_LIMIT,
            label: String::new(),
        }
    }
}

impl QmpOptions {
    /// The defaults, with this name in traces.
    #[must_use]
    pub fn labelled(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// Sets how long the greeting may take.
    #[must_use]
    pub fn with_greeting(mut self, greeting: Duration) -> Self {
        self.greeting = greeting;
        self
    }

    /// Sets how long the negotiation may take.
    #[must_use]
    pub fn with_negotiation(mut self, negotiation: Duration) -> Self {
        self.negotiation = negotiation;
        self
    }

    /// Sets how many events a receiver may fall behind; at least 1.
    #[must_use]
    pub fn with_event_capacity(mut self, events: usize) -> Self {
        self.event_capacity = events.max(1);
        self
    }

    /// Sets the longest line accepted, in bytes.
    #[must_use]
    pub fn with_line_limit(mut self, bytes: usize) -> Self {
        self.line_limit = bytes;
        self
    }
}

/// A connection to a QEMU monitor. Cheap to clone; the connection is closed when the last clone is dropped.
///
/// Calls may be made from any number of tasks at a time: they are sent in the order in which they were made, a few in
/// flight at a time, urgent ones ahead.
///
/// # Cancel safety
/// Dropping the future of a call is harmless: a command that was not sent never is, one that was sent runs to its
/// end in QEMU and its reply is discarded when it comes.
#[derive(Debug, Clone)]
pub struct QmpConnection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    urgent: mpsc::Sender<Call>,
    normal: mpsc::Sender<Call>,
    events: broadcast::WeakSender<Arc<QmpEvent>>,
    ended: watch::Receiver<Option<DisconnectReason>>,
    greeting: Greeting,
}

impl QmpConnection {
    /// Greets and negotiates over a stream that leads to a monitor. The receiver gets every event from the first
    /// byte on.
    ///
    /// # Errors
    /// [`QmpError::Busy`] when no greeting came in time; [`QmpError::Timeout`] when the negotiation took too long;
    /// [`QmpError::Disconnected`] when the peer went away or does not speak QMP; [`QmpError::Command`] when it
    /// refused the negotiation.
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub async fn connect<S>(stream: S, options: QmpOptions) -> QmpResult<(Self, QmpEvents)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let negotiation = options.negotiation;
        let (connection, events) = Self::greet(stream, options).await?;
        connection.negotiate(after(negotiation)).await?;
        Ok((connection, events))
    }

    /// Waits for the greeting only. The first command has to be [`negotiate`](Self::negotiate); others may be sent right
    /// behind it.
    pub(crate) async fn greet<S>(stream: S, options: QmpOptions) -> QmpResult<(Self, QmpEvents)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let shared = Arc::new(Shared::new(options.label));
        let (urgent, urgent_queue) = mpsc::channel(QUEUE);
        let (normal, normal_queue) = mpsc::channel(QUEUE);
        let (greeting, greeted) = oneshot::channel();
        let (events, first_receiver) = broadcast::channel(options.event_capacity.max(1));
        let (ending, ended) = watch::channel(None);
        let weak_events = events.downgrade();
        let owner = Owner {
            shared: Arc::clone(&shared),
            intake: Intake {
                urgent: urgent_queue,
                normal: normal_queue,
            },
            greeting,
            events,
            ended: ending,
            line_limit: options.line_limit,
        };
        tokio::spawn(owner::run(stream, owner));
        let mut inner = Inner {
            shared,
            urgent,
            normal,
            events: weak_events,
            ended,
            greeting: Greeting::default(),
        };
        inner.greeting = match tokio::time::timeout(options.greeting, greeted).await {
            Ok(Ok(greeting)) => greeting,
            Ok(Err(_ended)) => return Err(inner.disconnected(Cow::Borrowed("greeting"), Delivery::NotSent)),
            Err(_elapsed) => {
                return Err(QmpError::Busy {
                    waited: options.greeting,
                });
            }
        };
        let connection = Self {
            inner: Arc::new(inner),
        };
        Ok((connection, QmpEvents::new(first_receiver)))
    }

    /// Leaves the negotiation mode, with what the greeting offered.
    pub(crate) async fn negotiate(&self, deadline: Instant) -> QmpResult<()> {
        let oob = self.inner.greeting.offers_oob();
        let arguments = oob.then(|| serde_json::json!({"enable": ["oob"]}));
        self.execute_raw("qmp_capabilities", arguments, deadline).await?;
        if oob {
            self.inner.shared.set_oob();
        }
        Ok(())
    }

    /// Executes a typed command, in the command's own lane.
    ///
    /// # Errors
    /// [`QmpError::Command`] when QEMU refused; [`QmpError::Timeout`] and [`QmpError::Disconnected`], which say
    /// whether the command had been sent; [`QmpError::Decode`] when the reply is of an unknown form;
    /// [`QmpError::Encode`] when the arguments are no JSON.
    pub async fn execute<C: QmpCommand>(&self, command: &C, deadline: Instant) -> QmpResult<C::Reply> {
        self.execute_in(C::LANE, command, deadline).await
    }

    /// Executes a typed command in the given lane.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_in<C: QmpCommand>(
        &self,
        lane: Lane,
        command: &C,
        deadline: Instant,
    ) -> QmpResult<C::Reply> {
        let name = Cow::Borrowed(C::NAME);
        let arguments = wire::raw(command).map_err(|source| QmpError::Encode {
            command: name.clone(),
            source,
        })?;
        let returned = self.inner.call(lane, name.clone(), arguments, deadline).await?;
        serde_json::from_str(returned.get()).map_err(|source| QmpError::Decode {
            command: name,
            source,
        })
    }

    /// Executes a command by name: for what has no type here.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_raw(
        &self,
        name: &str,
        arguments: Option<Value>,
        deadline: Instant,
    ) -> QmpResult<Value> {
        self.execute_raw_in(Lane::Normal, name, arguments, deadline).await
    }

    /// Executes a command by name in the given lane.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_raw_in(
        &self,
        lane: Lane,
        name: &str,
        arguments: Option<Value>,
        deadline: Instant,
    ) -> QmpResult<Value> {
        let name: Cow<'static, str> = Cow::Owned(name.to_owned());
        let arguments = match arguments.as_ref().map(wire::raw).transpose() {
            Ok(arguments) => arguments.flatten(),
            Err(source) => {
                return Err(QmpError::Encode {
                    command: name,
                    source,
                });
            }
        };
        let returned = self.inner.call(lane, name.clone(), arguments, deadline).await?;
        serde_json::from_str(returned.get()).map_err(|source| QmpError::Decode {
            command: name,
            source,
        })
    }

    /// A new receiver of events, from now on.
    #[must_use]
    pub fn events(&self) -> QmpEvents {
        match self.inner.events.upgrade() {
            Some(sender) => QmpEvents::new(sender.subscribe()),
            None => QmpEvents::new(broadcast::channel(1).1),
        }
    }

    /// What the monitor said of itself.
    #[must_use]
    pub fn greeting(&self) -> &Greeting {
        &self.inner.greeting
    }

    /// Whether commands can be executed out of band.
    #[must_use]
    pub fn has_oob(&self) -> bool {
        self.inner.shared.has_oob()
    }

    /// How many commands were sent and are unanswered, those whose callers gave up included.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.inner.shared.in_flight()
    }

    /// Why the connection ended; `None` while it has not.
    #[must_use]
    pub fn end(&self) -> Option<DisconnectReason> {
        self.inner.ended.borrow().clone()
    }

    /// Waits until the connection has ended; for a monitor of QEMU this is how its exit is seen.
    pub async fn ended(&self) -> DisconnectReason {
        let mut ended = self.inner.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(DisconnectReason::Closed),
            Err(_dropped) => DisconnectReason::Closed,
        }
    }

    /// Closes the connection at once: calls in flight fail, QEMU goes on without it.
    pub fn close(&self) {
        self.inner.shared.close();
    }

    /// Closes the connection and waits until it is closed, so that another client can have the monitor.
    pub async fn shutdown(&self) -> DisconnectReason {
        self.close();
        self.ended().await
    }
}

impl Inner {
    async fn call(
        &self,
        lane: Lane,
        name: Cow<'static, str>,
        arguments: Option<Box<RawValue>>,
        deadline: Instant,
    ) -> QmpResult<Box<RawValue>> {
        let withdrawal = Withdrawal(Arc::new(Ticket::new()));
        let (answer, answered) = oneshot::channel();
        let queue = match lane {
            Lane::Normal => &self.normal,
            Lane::Urgent | Lane::OutOfBand => &self.urgent,
        };
        let call = Call {
            name: name.clone(),
            arguments,
            out_of_band: lane == Lane::OutOfBand,
            ticket: Arc::clone(&withdrawal.0),
            answer,
        };
        let exchange = async {
            queue.send(call).await.ok()?;
            answered.await.ok()
        };
        let command = name;
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(Some(Answer::Returned(value))) => Ok(value),
            Ok(Some(Answer::Refused(error))) => Err(QmpError::Command {
                command,
                class: error.class,
                desc: error.desc,
            }),
            Ok(Some(Answer::Lost(reason))) => Err(QmpError::Disconnected {
                command,
                delivery: Delivery::Sent,
                reason,
            }),
            Ok(Some(Answer::NotJson(source))) => Err(QmpError::Encode { command, source }),
            Ok(None) => Err(self.disconnected(command, withdrawal.0.withdraw())),
            Err(_elapsed) => Err(QmpError::Timeout {
                command,
                delivery: withdrawal.0.withdraw(),
            }),
        }
    }

    fn disconnected(&self, command: Cow<'static, str>, delivery: Delivery) -> QmpError {
        let reason = self.ended.borrow().clone().unwrap_or(DisconnectReason::Closed);
        QmpError::Disconnected {
            command,
            delivery,
            reason,
        }
    }
}

/// Withdraws the call when its future is dropped; without effect once it was sent.
struct Withdrawal(Arc<Ticket>);

impl Drop for Withdrawal {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

/// The instant that far from now; where there is none, one in thirty years.
fn after(time: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(time).unwrap_or_else(|| now + LONG)
}
