//! The task that owns a connection: it alone reads and writes.
//!
//! Reading, writing, and taking calls are arms of one loop, so that a full pipe to the daemon never keeps an answer, an
//! event or a ping from being read. Only one thing stops reading: a stream's reader that is far behind, and for a
//! limited time.

mod outgoing;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::error::{Called, Delivery, EndReason, RpcError};
use super::events::EventSource;
use super::fds::FdPipe;
use super::framing::Framing;
use super::inbox::WINDOW;
use super::keepalive::{Due, Keepalive};
use super::machine::{Machine, Received};
use super::outbox::Outbox;

use super::request::{Answered, Control, Piece, Reply, Request};
use super::trace;
use crate::protocol::keepalive::{Ping, Pong};
use crate::protocol::procedure::Priority;

/// After writing failed, how long the peer's last words are still read.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// After the last handle was dropped, how long what was sent before may take to be written.
const FAREWELL: Duration = Duration::from_secs(1);

/// When to look again where there is nothing to wait for.
const FAR_AWAY: Duration = Duration::from_secs(24 * 3600);

/// What the handles send.
#[derive(Debug)]
pub(super) struct Intake {
    /// Calls that wait for no guest.
    pub(super) high: mpsc::Receiver<Request>,
    pub(super) low: mpsc::Receiver<Request>,
    pub(super) pieces: mpsc::Receiver<Piece>,
    pub(super) control: mpsc::UnboundedReceiver<Control>,
}

/// Everything the task is given beside the stream.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) label: String,
    pub(super) limit: usize,
    pub(super) patience: Duration,
    /// How file descriptors come and go, where they can.
    pub(super) fds: Option<FdPipe>,
    pub(super) room: Arc<Notify>,
    pub(super) intake: Intake,
    pub(super) events: Arc<EventSource>,
    pub(super) ended: watch::Sender<Option<EndReason>>,
}

/// How the connection is being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    No,
    /// When everything is answered and written.
    WhenAnswered,
    /// When everything is written, or at that time.
    WhenWritten(Instant),
    /// Writing failed: when the peer's last words are read, or at that time.
    AfterLastWords(Instant),
}

/// The connection waits for the reader of this stream.
#[derive(Debug)]
struct Waiting {
    serial: u32,
    left: usize,
    until: Instant,
}

struct Owner {
    label: String,
    patience: Duration,
    machine: Machine<Reply>,
    framing: Framing,
    outbox: Outbox,
    fds: Option<FdPipe>,
    keepalive: Keepalive,
    waiting: Option<Waiting>,
    ending: Ending,
    failed: Option<Arc<std::io::Error>>,
    events: Arc<EventSource>,
    ended: watch::Sender<Option<EndReason>>,
    /// Why the connection ends.
    reason: EndReason,
}

/// Runs the connection until it ends.
pub(super) async fn run<S: AsyncRead + AsyncWrite>(stream: S, setup: Setup) {
    let (read, write) = tokio::io::split(stream);
    let mut intake = setup.intake;
    let mut owner = Owner {
        label: setup.label,
        patience: setup.patience,
        machine: Machine::new(setup.limit),
        framing: Framing::default(),
        outbox: Outbox::new(setup.fds.clone()),
        fds: setup.fds,
        keepalive: Keepalive::default(),
        waiting: None,
        ending: Ending::No,
        failed: None,
        events: setup.events,
        ended: setup.ended,
        reason: EndReason::Closed,
    };
    let reason = owner.run((read, write), &mut intake, &setup.room).await;
    tracing::debug!(daemon = %owner.label, %reason, "the connection to the daemon ended");
    owner.reason = reason;
    // The reason is told before the callers in line see that nobody takes their calls.
    drop(owner);
    drop(intake);
}

impl Owner {
    async fn run<S: AsyncRead + AsyncWrite>(
        &mut self,
        (mut read, mut write): (ReadHalf<S>, WriteHalf<S>),
        intake: &mut Intake,
        room: &Notify,
    ) -> EndReason {
        let mut handles = true;
        let timer = tokio::time::sleep_until(self.alarm());
        tokio::pin!(timer);
        loop {
            if let Some(reason) = self.is_done() {
                return reason;
            }
            let writable = self.failed.is_none();
            let takes_calls = writable && self.ending == Ending::No;
            let reading = self.waiting.is_none();
            let alarm = self.alarm();
            // Only what has become earlier needs the timer set anew: when it is early, it is set again then.
            if alarm < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(alarm);
            }
            // In no order of preference: whatever is always ready must not keep the rest from its turn.
            let step = tokio::select! {
                control = intake.control.recv(), if handles => match control {
                    Some(control) => self.obey(control),
                    None => {
                        handles = false;
                        self.begin_ending(Ending::WhenWritten(Instant::now() + FAREWELL));
                        Ok(())
                    }
                },
                got = read.read_buf(self.framing.room()), if reading => self.took(got),
                wrote = self.outbox.write(&mut write), if writable && !self.outbox.is_empty() => {
                    self.wrote(wrote);
                    Ok(())
                }
                Some(call) = intake.high.recv(), if takes_calls && self.machine.has_room(Priority::High) => {
                    self.send_calls(call, intake);
                    Ok(())
                }
                Some(call) = intake.low.recv(), if takes_calls && self.machine.has_room(Priority::Low) => {
                    self.send_calls(call, intake);
                    Ok(())
                }
                Some(piece) = intake.pieces.recv(), if writable && self.outbox.has_room_for_streams() => {
                    self.send_piece(piece);
                    // It may have been the end of the stream whose reader is waited for.
                    self.look_at_reader()
                }
                () = room.notified(), if !reading => self.look_at_reader(),
                () = timer.as_mut() => self.look_at_clock(),
            };
            if let Err(reason) = step {
                return reason;
            }
        }
    }

    fn is_done(&self) -> Option<EndReason> {
        let idle = self.outbox.is_empty();
        match self.ending {
            Ending::WhenAnswered if idle && self.machine.in_flight() == 0 => Some(EndReason::Closed),
            Ending::WhenWritten(_) if idle => Some(EndReason::Closed),
            _ => None,
        }
    }

    /// A later word on how to end does not undo an earlier and stronger one.
    fn begin_ending(&mut self, ending: Ending) {
        if matches!(self.ending, Ending::No | Ending::WhenAnswered) {
            self.ending = ending;
        }
    }

    /// When there is something to do even if nothing happens.
    fn alarm(&self) -> Instant {
        let waiting = self.waiting.as_ref().map(|waiting| waiting.until);
        // While nothing is read, nothing can be heard.
        let keepalive = self.keepalive.next().filter(|_| waiting.is_none());
        let ending = match self.ending {
            Ending::WhenWritten(at) | Ending::AfterLastWords(at) => Some(at),
            Ending::No | Ending::WhenAnswered => None,
        };
        let alarms = [waiting, keepalive, ending].into_iter().flatten();
        alarms.min().unwrap_or_else(|| Instant::now() + FAR_AWAY)
    }

    fn look_at_clock(&mut self) -> Result<(), EndReason> {
        let now = Instant::now();
        match self.ending {
            Ending::WhenWritten(at) if now >= at => return Err(EndReason::Closed),
            Ending::AfterLastWords(at) if now >= at => return Err(self.write_failure()),
            _ => {}
        }
        if self.waiting.is_some() {
            return self.look_at_reader();
        }
        match self.keepalive.due(now) {
            Due::Nothing => Ok(()),
            Due::Ping => {
                self.send_keepalive(Ping::INFO.number);
                Ok(())
            }
            Due::Dead(silent) => Err(EndReason::Silent(silent)),
        }
    }

    fn write_failure(&self) -> EndReason {
        self.failed.clone().map_or(EndReason::Closed, EndReason::Io)
    }

    fn wrote(&mut self, wrote: std::io::Result<()>) {
        if let Err(error) = wrote {
            self.failed = Some(Arc::new(error));
            self.ending = Ending::AfterLastWords(Instant::now() + LAST_WORDS);
        }
    }

    fn took(&mut self, got: std::io::Result<usize>) -> Result<(), EndReason> {
        match got {
            Ok(0) if self.failed.is_some() => Err(self.write_failure()),
            Ok(0) if self.framing.unfinished() > 0 => Err(EndReason::EofInMessage),
            Ok(0) => Err(EndReason::Eof),
            Ok(_) => {
                self.keepalive.heard(Instant::now());
                self.hand_on()
            }
            Err(error) => Err(EndReason::Io(Arc::new(error))),
        }
    }

    /// Hands on every message that is complete, until one of them fills a stream's inbox.
    fn hand_on(&mut self) -> Result<(), EndReason> {
        while self.waiting.is_none()
            && let Some(packet) = self.framing.next().map_err(EndReason::Framing)?
        {
            trace::message(&self.label, "received", &packet.header, &packet.payload);
            let header = packet.header.clone();
            let pipe = self.fds.as_ref().filter(|_| packet.fds > 0);
            // Those of a reply that nobody waits for are closed here.
            let fds = pipe.map(|pipe| pipe.claim(packet.fds)).unwrap_or_default();
            let received = self.machine.receive(packet)?;
            self.await_fds();
            match received {
                Received::Answered {
                    token,
                    answer,
                    serial,
                    opened,
                } => {
                    // Fails where the caller has given up: a reply ends here, and a stream is not wanted.
                    let is_wanted = token.send(Answered { answer, serial, fds }).is_ok();
                    match (opened, is_wanted) {
                        (true, true) => self.look_at_inbox(serial),
                        (true, false) => self.abort(serial),
                        (false, _) => {}
                    }
                }
                Received::Event(packet) => self.events.tell(packet),
                Received::Ping => self.send_keepalive(Pong::INFO.number),
                Received::Pong => {}
                Received::Stream(serial) => self.look_at_inbox(serial),
                Received::Stray => {
                    tracing::debug!(daemon = %self.label, ?header, "a message for no call or stream of ours");
                }
            }
        }
        Ok(())
    }

    /// Descriptors are looked for only while a call is under way that takes some: that costs every read a copy.
    fn await_fds(&self) {
        if let Some(pipe) = &self.fds {
            pipe.look_for(self.machine.takes_fds());
        }
    }

    fn look_at_inbox(&mut self, serial: u32) {
        if let Some((inbox, _)) = self.machine.stream(serial)
            && inbox.is_full()
        {
            self.waiting = Some(Waiting {
                serial,
                left: inbox.bytes(),
                until: Instant::now() + self.patience,
            });
        }
    }

    /// Whether the reader that is waited for has made progress, or none for too long, or is not wanted any more.
    fn look_at_reader(&mut self) -> Result<(), EndReason> {
        let (Some(waiting), now) = (&mut self.waiting, Instant::now()) else {
            return Ok(());
        };
        let serial = waiting.serial;
        let Some((inbox, called)) = self.machine.stream(serial) else {
            return self.go_on();
        };
        let left = inbox.bytes();
        if left <= WINDOW / 2 && !inbox.is_full() {
            return self.go_on();
        }
        if left < waiting.left {
            waiting.left = left;
            waiting.until = now + self.patience;
        } else if now >= waiting.until {
            inbox.over(Err(RpcError::StreamNotRead {
                procedure: called.clone(),
                waited: self.patience,
            }));
            self.abort(serial);
            return self.go_on();
        }
        Ok(())
    }

    fn go_on(&mut self) -> Result<(), EndReason> {
        self.waiting = None;
        self.keepalive.heard(Instant::now());
        self.hand_on()
    }
}

impl Drop for Owner {
    /// Tells everybody that the connection has ended; also when the task is dropped with its runtime.
    fn drop(&mut self) {
        let reason = self.reason.clone();
        self.ended.send_replace(Some(reason.clone()));
        self.events.end();
        // Those who wait for an answer see their end of it dropped, and look here for the reason.
        drop(self.machine.end(|procedure: Called| RpcError::Disconnected {
            procedure,
            delivery: Delivery::Sent,
            reason: reason.clone(),
        }));
    }
}
