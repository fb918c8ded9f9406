//! The handle of a connection.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::coding::{address, called, check_size, decode, encode};
use super::error::{Called, Delivery, EndReason, RpcError, RpcResult};
use super::events::{EventSource, RpcEvents};
use super::fds::FdPipe;
use super::inbox::Inbox;
use super::keepalive::KeepalivePolicy;
use super::machine::Answer;
use super::options::RpcOptions;
use super::owner::{self, Intake, Setup};
use super::packet::Address;
use super::request::{Control, Piece, Request};
use super::stream::RpcStream;
use super::ticket::Ticket;
use crate::protocol::procedure::{Priority, Procedure, Program, StreamProcedure};
use crate::transport::DaemonStream;
use crate::transport::unix::FdStream;

/// How many calls wait in line before callers wait for room in it.
const QUEUE: usize = 64;

/// How many file descriptors may go along with a call (`VIR_NET_MESSAGE_NUM_FDS_MAX`).
const MOST_FDS: usize = 32;

/// How many pieces of streams wait in line.
const PIECES: usize = 4;

/// A connection to a libvirt daemon. Cheap to clone.
///
/// Calls may be made from any number of tasks at a time, and a few are in flight at a time
/// ([`RpcOptions::calls_in_flight`]). Those that may have to wait for a guest leave one place free for those that never
/// do, and are not waited for by them; among themselves, calls are sent in the order in which they were made. Nothing is asked of the daemon beyond what is called here; how
/// a session is opened is its user's business.
///
/// # Three exits
/// [`shutdown`](Self::shutdown) waits until everything is answered, [`close`](Self::close) cuts, and dropping the last
/// clone writes out what was sent and ends.
///
/// # Cancel safety
/// Dropping the future of a call is harmless: a call that was not sent never is, one that was sent is carried out by
/// the daemon, and its reply is dropped when it comes.
#[derive(Debug, Clone)]
pub struct RpcConnection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// Calls that wait for no guest.
    high: mpsc::Sender<Request>,
    low: mpsc::Sender<Request>,
    pub(super) pieces: mpsc::Sender<Piece>,
    pub(super) control: mpsc::UnboundedSender<Control>,
    events: Arc<EventSource>,
    ended: watch::Receiver<Option<EndReason>>,
    room: Arc<Notify>,
    passes_fds: bool,
}

impl Inner {
    pub(super) fn end_reason(&self) -> Option<EndReason> {
        self.ended.borrow().clone()
    }

    pub(super) fn lost(&self, procedure: Called, delivery: Delivery) -> RpcError {
        RpcError::Disconnected {
            procedure,
            delivery,
            reason: self.end_reason().unwrap_or(EndReason::Closed),
        }
    }
}

impl RpcConnection {
    /// Speaks the protocol over a stream that leads to a daemon. The receiver gets every event from the first byte on.
    ///
    /// # Panics
    /// Outside of a runtime: it must be called on the one that the connection is to live on.
    pub fn start<S>(stream: S, options: RpcOptions) -> (Self, RpcEvents)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let events = Arc::new(EventSource::new(options.event_capacity));
        let first = events.subscribe();
        (Self::begin(stream, None, options, events), first)
    }

    /// The same over a unix socket, on which file descriptors travel along.
    ///
    /// # Panics
    /// Outside of a runtime, as [`start`](Self::start).
    pub fn start_unix(stream: FdStream, options: RpcOptions) -> (Self, RpcEvents) {
        let events = Arc::new(EventSource::new(options.event_capacity));
        let first = events.subscribe();
        let pipe = stream.pipe();
        (Self::begin(stream, Some(pipe), options, events), first)
    }

    /// Over whatever leads to the daemon, for who asks for [`events`](Self::events) only later, if at all.
    pub(crate) fn start_unheard(stream: DaemonStream, options: RpcOptions) -> Self {
        let events = Arc::new(EventSource::new(options.event_capacity));
        match stream {
            DaemonStream::Unix(stream) => {
                let pipe = stream.pipe();
                Self::begin(stream, Some(pipe), options, events)
            }
            DaemonStream::Bytes(stream) => Self::begin(stream, None, options, events),
        }
    }

    fn begin<S>(stream: S, fds: Option<FdPipe>, options: RpcOptions, events: Arc<EventSource>) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (high, high_queue) = mpsc::channel(QUEUE);
        let (low, low_queue) = mpsc::channel(QUEUE);
        let (pieces, piece_queue) = mpsc::channel(PIECES);
        let (control, control_queue) = mpsc::unbounded_channel();
        let (ending, ended) = watch::channel(None);
        let room = Arc::new(Notify::new());
        let inner = Inner {
            high,
            low,
            pieces,
            control,
            events: Arc::clone(&events),
            ended,
            room: Arc::clone(&room),
            passes_fds: fds.is_some(),
        };
        let setup = Setup {
            label: options.label,
            limit: options.calls_in_flight,
            patience: options.patience,
            fds,
            room,
            intake: Intake {
                high: high_queue,
                low: low_queue,
                pieces: piece_queue,
                control: control_queue,
            },
            events,
            ended: ending,
        };
        tokio::spawn(owner::run(stream, setup));
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Calls a procedure: any of the protocol's, by its type.
    ///
    /// ```no_run
    /// # async fn example(connection: virt_remote::rpc::RpcConnection) -> Result<(), virt_remote::rpc::RpcError> {
    /// use std::time::Duration;
    /// use tokio::time::Instant;
    /// use virt_remote::protocol::remote::domain::{DomainLookupByName, DomainLookupByNameArgs};
    ///
    /// let args = DomainLookupByNameArgs { name: "web".into() };
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// let found = connection.call::<DomainLookupByName>(&args, deadline).await?;
    /// println!("{} has the id {}", found.dom.uuid, found.dom.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RpcError::Libvirt`] when the daemon refused; [`RpcError::Timeout`] and [`RpcError::Disconnected`], which say
    /// whether the call had been sent; [`RpcError::Encode`] where the arguments are beyond the protocol's limits, and
    /// [`RpcError::Decode`] where the reply is.
    pub async fn call<P: Procedure>(&self, args: &P::Args, deadline: Instant) -> RpcResult<P::Ret> {
        let called = called(P::INFO);
        let payload = encode::<P>(args, &called)?;
        let order = Order::new(address(P::INFO), P::INFO.priority, payload);
        let (returned, ..) = self.exchange(order, &called, deadline).await?;
        decode(&returned, called)
    }

    /// Calls a procedure with file descriptors that go along, and gives those that come back. Only on a unix socket,
    /// and only where the daemon has the feature `FD_PASSING`.
    ///
    /// # Errors
    /// As [`call`](Self::call); [`RpcError::FdsNotPassed`] where the connection cannot, and where there are more than 32.
    pub async fn call_with_fds<P: Procedure>(
        &self,
        args: &P::Args,
        fds: Vec<OwnedFd>,
        deadline: Instant,
    ) -> RpcResult<(P::Ret, Vec<OwnedFd>)> {
        let called = called(P::INFO);
        if !self.inner.passes_fds || fds.len() > MOST_FDS {
            return Err(RpcError::FdsNotPassed { procedure: called });
        }
        let mut order = Order::new(address(P::INFO), P::INFO.priority, encode::<P>(args, &called)?);
        (order.fds, order.takes_fds) = (fds, true);
        let (returned, _, fds) = self.exchange(order, &called, deadline).await?;
        Ok((decode(&returned, called)?, fds))
    }

    /// Calls a procedure whose reply begins a stream.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// A stream that is opened after the future was dropped is aborted.
    pub async fn open_stream<P: StreamProcedure>(
        &self,
        args: &P::Args,
        deadline: Instant,
    ) -> RpcResult<(P::Ret, RpcStream)> {
        let called = called(P::INFO);
        let payload = encode::<P>(args, &called)?;
        let inbox = Arc::new(Inbox::new(Arc::clone(&self.inner.room)));
        let mut order = Order::new(address(P::INFO), P::INFO.priority, payload);
        order.inbox = Some(Arc::clone(&inbox));
        let (returned, serial, _) = self.exchange(order, &called, deadline).await?;
        let stream = RpcStream::new(Arc::clone(&self.inner), called.clone(), serial, inbox);
        Ok((decode(&returned, called)?, stream))
    }

    /// Calls a procedure by its numbers, with arguments and result encoded: for what is newer than the types here.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_raw(
        &self,
        program: Program,
        number: i32,
        args: Vec<u8>,
        deadline: Instant,
    ) -> RpcResult<Bytes> {
        let info = crate::protocol::procedure::find(program.number, number);
        let called = match info {
            Some(info) => called(info),
            None => Called {
                name: format!("procedure {number} of {}", program.name).into(),
                reads_only: false,
            },
        };
        check_size(&args, &called)?;
        let address = Address {
            program: program.number,
            version: program.version,
            number,
        };
        let priority = info.map_or(Priority::Low, |info| info.priority);
        let order = Order::new(address, priority, args);
        let (returned, ..) = self.exchange(order, &called, deadline).await?;
        Ok(returned)
    }

    async fn exchange(
        &self,
        order: Order,
        called: &Called,
        deadline: Instant,
    ) -> RpcResult<(Bytes, u32, Vec<OwnedFd>)> {
        let ticket = Withdrawing(Arc::new(Ticket::new()));
        let (reply, answered) = oneshot::channel();
        let request = Request {
            address: order.address,
            called: called.clone(),
            priority: order.priority,
            payload: order.payload,
            fds: order.fds,
            takes_fds: order.takes_fds,
            ticket: Arc::clone(&ticket.0),
            reply,
            inbox: order.inbox,
        };
        let queue = match order.priority {
            Priority::High => &self.inner.high,
            Priority::Low => &self.inner.low,
        };
        let exchange = async {
            queue.send(request).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(Some(answered)) => match answered.answer {
                Answer::Returned(returned) => Ok((returned, answered.serial, answered.fds)),
                Answer::Refused(error) => Err(RpcError::Libvirt {
                    procedure: called.clone(),
                    error,
                }),
            },
            Ok(None) => Err(self.inner.lost(called.clone(), ticket.0.withdraw())),
            Err(_elapsed) => Err(RpcError::Timeout {
                procedure: called.clone(),
                delivery: ticket.0.withdraw(),
            }),
        }
    }

    /// Receives every event from now on.
    #[must_use]
    pub fn events(&self) -> RpcEvents {
        self.inner.events.subscribe()
    }

    /// Sets how many calls are in flight at most; at least 1.
    pub fn set_calls_in_flight(&self, calls: usize) {
        self.tell(Control::Limit(calls));
    }

    /// Begins to ask the daemon whether it is there, and ends the connection when it is not. Only for daemons that know
    /// the program `keepalive`; its own questions are always answered.
    pub fn start_keepalive(&self, policy: KeepalivePolicy) {
        self.tell(Control::Keepalive(policy));
    }

    /// Takes no more calls, waits until those in flight are answered, and ends the connection.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting; the connection ends all the same.
    pub async fn shutdown(&self) {
        self.tell(Control::Shutdown);
        self.ended().await;
    }

    /// Ends the connection now: calls in flight fail, and say that they were sent.
    pub fn close(&self) {
        self.tell(Control::Close);
    }

    /// Waits until the connection has ended, and says why. Cancel-safe.
    pub async fn ended(&self) -> EndReason {
        let mut ended = self.inner.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(EndReason::Closed),
            Err(_gone) => EndReason::Closed,
        }
    }

    /// Why the connection ended, if it has.
    #[must_use]
    pub fn end_reason(&self) -> Option<EndReason> {
        self.inner.end_reason()
    }

    fn tell(&self, control: Control) {
        // Fails where the connection has ended: there is nobody to tell.
        let _ended = self.inner.control.send(control);
    }
}

/// What is asked of a daemon.
struct Order {
    address: Address,
    priority: Priority,
    payload: Vec<u8>,
    fds: Vec<OwnedFd>,
    takes_fds: bool,
    inbox: Option<Arc<Inbox>>,
}

impl Order {
    fn new(address: Address, priority: Priority, payload: Vec<u8>) -> Self {
        Self {
            address,
            priority,
            payload,
            fds: Vec::new(),
            takes_fds: false,
            inbox: None,
        }
    }
}

/// Withdraws a call whose future is dropped, so that it is not sent any more.
struct Withdrawing(Arc<Ticket>);

impl Drop for Withdrawing {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}
