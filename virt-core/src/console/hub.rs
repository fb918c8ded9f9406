//! One device, any number of readers: the console of a guest as long as it runs.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

use super::client::{Client, Seat};
use super::{ConsoleOptions, ConsoleStream, Scrollback, SecondReader};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::ByteStream;

/// How much goes to or comes from the device at once.
const CHUNK: usize = 4 * 1024;
/// How often the task that owns the device goes round before it lets others have their turn.
const ROUNDS: usize = 16;

/// Reads a console's device for as long as it lasts, and gives what it prints to all who have it open.
///
/// * The device is read whether or not anybody has it open: no guest ever waits for a reader, and the scrollback is true.
/// * A reader gets its scrollback and then what is printed from there on, without gap or repetition. One that falls
///   behind by more than the [`Scrollback`] holds goes on with the oldest that is kept.
/// * What is typed reaches the device in the order it was accepted. Where the device takes nothing, whoever types
///   waits; readers do not. What was accepted is delivered even when its writer is dropped.
/// * When the device ends (for a pty: its other side is closed), readers get what there is and then the end.
///   When it fails, as one on a machine that cannot be reached any more, they get an error instead.
///
/// Dropping the hub closes the device and ends all who have it open.
pub struct ConsoleHub {
    shared: Arc<Shared>,
}

impl ConsoleHub {
    /// Takes a device over. A task on the present tokio runtime owns it from now on.
    #[must_use]
    pub fn start(device: Box<dyn ByteStream>, scrollback: Scrollback) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                log: scrollback,
                seats: HashMap::new(),
                next_seat: 0,
                input: VecDeque::new(),
                typed: 0,
                delivered: 0,
                end: None,
                deaf: false,
                owner: None,
                closing: false,
            }),
        });
        let mut owner = Owner {
            device,
            shared: Arc::clone(&shared),
            printed: vec![0; CHUNK],
            typed: Vec::new(),
            typed_at: 0,
            flushed: true,
        };
        tokio::spawn(async move { poll_fn(|cx| owner.poll(cx)).await });
        Self { shared }
    }

    /// Opens it; `device` is the alias the stream is known by. [`ConsoleOptions::device`] plays no part here.
    ///
    /// # Errors
    /// `Busy` when it is open and the policy is [`SecondReader::Refuse`]; `InvalidState` when the device has ended,
    /// `ConnectionLost` when it failed.
    pub fn attach(&self, device: &str, options: &ConsoleOptions) -> Result<ConsoleStream> {
        let mut state = self.shared.state();
        if let Some(end) = &state.end {
            return Err(end.error(device));
        }
        match options.second {
            SecondReader::Refuse if state.is_open() => {
                return Err(Error::new(
                    ErrorKind::Busy,
                    "open already: close it there, or open it here with SecondReader::TakeOver or ::Share",
                )
                .with_subject(subject(device)));
            }
            SecondReader::Refuse | SecondReader::Share => {}
            SecondReader::TakeOver => state.send_all_away(),
        }
        let id = state.next_seat;
        state.next_seat = id.saturating_add(1);
        let position = state.log.position_of_last(options.scrollback);
        state.seats.insert(id, Seat::at(position));
        drop(state);
        let shared = Arc::clone(&self.shared);
        Ok(ConsoleStream::new(device, Box::new(Client { shared, id })))
    }

    /// Whether anybody has it open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shared.state().is_open()
    }

    /// Whether the device has ended: nothing more comes, and nobody can open it any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.shared.state().end.is_some()
    }
}

impl Drop for ConsoleHub {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.closing = true;
        if let Some(owner) = state.owner.take() {
            owner.wake();
        }
    }
}

impl fmt::Debug for ConsoleHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("ConsoleHub")
            .field("readers", &state.seats.len())
            .field("end", &state.end)
            .finish_non_exhaustive()
    }
}

fn subject(device: &str) -> Subject {
    Subject::Other(format!("console {device:?}"))
}

/// Why a device is no longer read.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// It ended: the guest stopped.
    Ended,
    /// Reading it failed.
    Failed(io::ErrorKind),
}

impl End {
    fn error(self, device: &str) -> Error {
        let error = match self {
            Self::Ended => Error::new(ErrorKind::InvalidState, "has ended with the guest that had it"),
            Self::Failed(kind) => {
                Error::new(ErrorKind::ConnectionLost, "its device failed").with_source(io::Error::from(kind))
            }
        };
        error.with_subject(subject(device))
    }
}

/// What the task that owns the device and those who have it open share.
pub(super) struct Shared {
    state: Mutex<State>,
}

impl Shared {
    /// Never held across an await, nor while the device is asked.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct State {
    pub(super) log: Scrollback,
    pub(super) seats: HashMap<u64, Seat>,
    next_seat: u64,
    /// What is typed and not yet given to the device.
    pub(super) input: VecDeque<u8>,
    /// How many bytes were ever typed, and how many of them the device has taken.
    pub(super) typed: u64,
    pub(super) delivered: u64,
    pub(super) end: Option<End>,
    /// The device takes no more input.
    deaf: bool,
    pub(super) owner: Option<Waker>,
    closing: bool,
}

impl State {
    /// Whether what is typed can still reach the device.
    pub(super) fn takes_input(&self) -> bool {
        !self.deaf && self.end.is_none()
    }

    fn is_open(&self) -> bool {
        self.seats.values().any(|seat| seat.limit.is_none())
    }

    fn send_all_away(&mut self) {
        let end = self.log.end();
        for seat in self.seats.values_mut() {
            seat.limit.get_or_insert(end);
        }
        self.wake_readers();
        self.wake_writers();
    }

    fn print(&mut self, bytes: &[u8]) {
        self.log.push(bytes);
        self.wake_readers();
    }

    fn finish(&mut self, end: End) {
        self.end.get_or_insert(end);
        self.wake_readers();
        self.wake_writers();
    }

    fn stop_input(&mut self) {
        self.deaf = true;
        self.input.clear();
        self.wake_writers();
    }

    fn wake_readers(&mut self) {
        let wakers = self.seats.values_mut().filter_map(|seat| seat.reader.take());
        wakers.for_each(Waker::wake);
    }

    fn wake_writers(&mut self) {
        let wakers = self.seats.values_mut().filter_map(|seat| seat.writer.take());
        wakers.for_each(Waker::wake);
    }
}

/// Owns the device: the only one to read and write it.
struct Owner {
    device: Box<dyn ByteStream>,
    shared: Arc<Shared>,
    printed: Vec<u8>,
    /// What is on its way to the device, and how far it got.
    typed: Vec<u8>,
    typed_at: usize,
    flushed: bool,
}

/// What one try gave.
enum Step {
    Moved,
    /// Nothing now; the device wakes us.
    Waits,
    Over(End),
}

impl Owner {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        {
            let mut state = self.shared.state();
            if state.closing {
                state.finish(End::Ended);
                return Poll::Ready(());
            }
            state.owner = Some(cx.waker().clone());
        }
        for _ in 0..ROUNDS {
            let read = self.read(cx);
            if let Step::Over(end) = read {
                self.shared.state().finish(end);
                return Poll::Ready(());
            }
            let written = self.write(cx);
            if matches!((read, written), (Step::Waits, Step::Waits)) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Step {
        let mut buf = ReadBuf::new(&mut self.printed);
        match Pin::new(&mut *self.device).poll_read(cx, &mut buf) {
            Poll::Pending => Step::Waits,
            Poll::Ready(Ok(())) if buf.filled().is_empty() => Step::Over(End::Ended),
            Poll::Ready(Ok(())) => {
                self.shared.state().print(buf.filled());
                Step::Moved
            }
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Step::Moved,
            Poll::Ready(Err(error)) if is_hang_up(&error) => Step::Over(End::Ended),
            Poll::Ready(Err(error)) => Step::Over(End::Failed(error.kind())),
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Step {
        if self.typed_at >= self.typed.len() && !self.take_input() {
            return self.flush(cx);
        }
        let rest = self.typed.get(self.typed_at..).unwrap_or_default();
        match Pin::new(&mut *self.device).poll_write(cx, rest) {
            Poll::Pending => Step::Waits,
            Poll::Ready(Ok(written @ 1..)) => {
                self.typed_at += written;
                self.flushed = false;
                let mut state = self.shared.state();
                state.delivered = state
                    .delivered
                    .saturating_add(u64::try_from(written).unwrap_or(0));
                state.wake_writers();
                Step::Moved
            }
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Step::Moved,
            Poll::Ready(_) => self.give_up_input(),
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Step {
        if self.flushed {
            return Step::Waits;
        }
        match Pin::new(&mut *self.device).poll_flush(cx) {
            Poll::Pending => Step::Waits,
            Poll::Ready(Ok(())) => {
                self.flushed = true;
                Step::Moved
            }
            Poll::Ready(Err(_)) => self.give_up_input(),
        }
    }

    /// The device takes no more, but may have more to say.
    fn give_up_input(&mut self) -> Step {
        self.typed.clear();
        self.typed_at = 0;
        self.flushed = true;
        self.shared.state().stop_input();
        Step::Moved
    }

    /// Takes the next of what is typed; whether there is any.
    fn take_input(&mut self) -> bool {
        let mut state = self.shared.state();
        let count = state.input.len().min(CHUNK);
        self.typed.clear();
        self.typed_at = 0;
        self.typed.extend(state.input.drain(..count));
        if count > 0 {
            state.wake_writers();
        }
        count > 0
    }
}

impl Drop for Owner {
    /// The runtime ends before the device does: nobody is left waiting.
    fn drop(&mut self) {
        self.shared.state().finish(End::Ended);
    }
}

/// What a pty says when its other side is gone.
fn is_hang_up(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::IO)
}
