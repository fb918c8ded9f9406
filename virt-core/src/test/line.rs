//! A guest's serial line: what it prints, and what is typed to it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::console::{ConsoleHub, ConsoleOptions, ConsoleStream, Scrollback};
use crate::error::Result;

/// What is kept while nobody reads, and for who comes later, in bytes.
const CAPACITY: usize = 256 * 1024;

/// A guest's serial line in one run. Cloning gives another handle of it.
#[derive(Clone)]
pub(super) struct Line {
    state: Arc<Mutex<State>>,
}

struct State {
    printed: VecDeque<u8>,
    /// What was typed and not yet read by the guest.
    waiting: Vec<u8>,
    typed: VecDeque<u8>,
    /// Whether the guest reads what is typed, and whether it gives it back.
    reads: bool,
    echoes: bool,
    ended: bool,
    reader: Option<Waker>,
    /// Reads the line for all who have it open, from the first of them until the line ends.
    hub: Option<Arc<ConsoleHub>>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                printed: VecDeque::new(),
                waiting: Vec::new(),
                typed: VecDeque::new(),
                reads: false,
                echoes: true,
                ended: false,
                reader: None,
                hub: None,
            })),
        }
    }

    /// The guest prints something.
    pub(super) fn print(&self, bytes: &[u8]) {
        self.change(|state| state.print(bytes));
    }

    /// Whether the guest reads what is typed, and gives it back.
    pub(super) fn set_reading(&self, reads: bool, echoes: bool) {
        self.change(|state| {
            (state.reads, state.echoes) = (reads, echoes);
            let waiting = std::mem::take(&mut state.waiting);
            state.take(&waiting);
        });
    }

    /// The guest is gone: who reads gets the rest and then the end.
    pub(super) fn end(&self) {
        self.change(|state| state.ended = true);
    }

    /// What the guest has read so far, as far as it is kept.
    pub(super) fn typed(&self) -> Vec<u8> {
        self.state().typed.iter().copied().collect()
    }

    /// Opens it; needs a tokio runtime the first time.
    pub(super) fn open(&self, alias: &str, options: &ConsoleOptions) -> Result<ConsoleStream> {
        let known = self.state().hub.clone();
        let hub = known.unwrap_or_else(|| {
            let device = Device { line: self.clone() };
            // What was printed before is not new to who opens it now.
            let before: Vec<u8> = self.state().printed.drain(..).collect();
            let scrollback = Scrollback::new(CAPACITY).preloaded(&before);
            let hub = Arc::new(ConsoleHub::start(Box::new(device), scrollback));
            self.state().hub = Some(Arc::clone(&hub));
            hub
        });
        hub.attach(alias, options)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let reader = {
            let mut state = self.state();
            change(&mut state);
            state.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("ended", &self.state().ended)
            .finish_non_exhaustive()
    }
}

impl State {
    fn print(&mut self, bytes: &[u8]) {
        keep(&mut self.printed, bytes);
    }

    /// The guest reads what was typed, or leaves it for later.
    fn take(&mut self, bytes: &[u8]) {
        if !self.reads {
            self.waiting.extend_from_slice(bytes);
            return;
        }
        keep(&mut self.typed, bytes);
        if self.echoes {
            for byte in bytes {
                match byte {
                    b'\r' => self.print(b"\r\n"),
                    byte => self.print(std::slice::from_ref(byte)),
                }
            }
        }
    }
}

/// Adds bytes, and gives up the oldest of those that are too many.
fn keep(kept: &mut VecDeque<u8>, bytes: &[u8]) {
    kept.extend(bytes);
    let too_many = kept.len().saturating_sub(CAPACITY);
    kept.drain(..too_many);
}

/// The host's end of a line.
struct Device {
    line: Line,
}

impl Drop for Device {
    fn drop(&mut self) {
        // It was the hub that had this: nothing is left for it to do.
        let hub = self.line.state().hub.take();
        drop(hub);
    }
}

impl AsyncRead for Device {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.line.state();
        if state.printed.is_empty() {
            if state.ended {
                return Poll::Ready(Ok(()));
            }
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = buf.remaining().min(state.printed.len());
        let bytes: Vec<u8> = state.printed.drain(..count).collect();
        buf.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Device {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.state().ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.line.change(|state| state.take(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
