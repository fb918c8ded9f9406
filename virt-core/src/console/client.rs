//! One who has a console open.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::hub::{End, Shared};

/// How much of what is typed waits for the device, at most.
const INPUT_LIMIT: usize = 16 * 1024;

/// What the hub knows of one who has it open.
#[derive(Debug)]
pub(super) struct Seat {
    /// What it reads next, as a position of the scrollback.
    pub(super) position: u64,
    /// Where it ends, when it was sent away.
    pub(super) limit: Option<u64>,
    /// Its last byte, counted over all that was ever typed by anyone.
    typed: u64,
    /// Whether it has said that it types no more.
    shut: bool,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
}

impl Seat {
    pub(super) fn at(position: u64) -> Self {
        Self {
            position,
            limit: None,
            typed: 0,
            shut: false,
            reader: None,
            writer: None,
        }
    }
}

/// The stream of one who has it open.
pub(super) struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
}

impl AsyncRead for Client {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.state();
        let state = &mut *state;
        let Some(seat) = state.seats.get_mut(&self.id) else {
            return Poll::Ready(Ok(()));
        };
        let end = state.log.end();
        let limit = seat.limit.unwrap_or(end);
        let before = buf.filled().len();
        seat.position = state.log.read(seat.position, limit, buf);
        if let (None, Some(End::Failed(kind))) = (seat.limit, state.end)
            && buf.filled().len() == before
            && buf.remaining() > 0
        {
            // A line that was cut is no end of the guest.
            return Poll::Ready(Err(kind.into()));
        }
        let is_over = seat.limit.is_some() || state.end.is_some();
        if buf.filled().len() > before || buf.remaining() == 0 || is_over {
            return Poll::Ready(Ok(()));
        }
        seat.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.shared.state();
        let state = &mut *state;
        let takes_input = state.takes_input();
        let Some(seat) = state.seats.get_mut(&self.id) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        if !takes_input || seat.limit.is_some() || seat.shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = INPUT_LIMIT.saturating_sub(state.input.len());
        if room == 0 && !bytes.is_empty() {
            seat.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let taken = bytes.get(..room).unwrap_or(bytes);
        state.input.extend(taken);
        state.typed = state
            .typed
            .saturating_add(u64::try_from(taken.len()).unwrap_or(0));
        seat.typed = state.typed;
        if let Some(owner) = &state.owner {
            owner.wake_by_ref();
        }
        Poll::Ready(Ok(taken.len()))
    }

    /// Waits until the device has taken what this one typed.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.state();
        let state = &mut *state;
        let takes_input = state.takes_input();
        let Some(seat) = state.seats.get_mut(&self.id) else {
            return Poll::Ready(Ok(()));
        };
        if seat.typed <= state.delivered {
            return Poll::Ready(Ok(()));
        }
        if !takes_input {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        seat.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ends this one's typing; the console stays open for reading, and for others.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(seat) = self.shared.state().seats.get_mut(&self.id) {
            seat.shut = true;
        }
        self.as_mut().poll_flush(cx)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The lock is given back before what the seat holds is dropped.
        let seat = self.shared.state().seats.remove(&self.id);
        drop(seat);
    }
}
