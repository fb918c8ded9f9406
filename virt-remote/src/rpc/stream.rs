//! Streams: bytes beside calls, one way or both.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::connection::Inner;
use super::error::{Called, Delivery, EndReason, RpcError, RpcResult};
use super::inbox::{Inbox, StreamItem};
use super::request::{Content, Control, Piece};
use super::stream_io::RpcStreamIo;
use crate::protocol::net::MESSAGE_LEGACY_PAYLOAD_MAX;

/// A stream that a call has opened: a console, a volume's content, a screenshot.
///
/// Reading and writing may be done by two tasks at a time. What is not read is kept up to 4 MiB; beyond that the whole
/// connection waits, so that a slow reader slows the daemon down, but at most
/// [`RpcOptions::patience`](super::RpcOptions::patience) without any progress: then the stream alone is aborted.
/// For bulk data take a connection of its own.
///
/// # Ending
/// [`finish`](Self::finish) says that all has been read or written and waits until the daemon has seen to it; without
/// it a stream that is dropped is aborted.
pub struct RpcStream {
    inner: Arc<Inner>,
    called: Called,
    serial: u32,
    inbox: Arc<Inbox>,
}

impl RpcStream {
    pub(super) fn new(inner: Arc<Inner>, called: Called, serial: u32, inbox: Arc<Inbox>) -> Self {
        Self {
            inner,
            called,
            serial,
            inbox,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`RpcError::Libvirt`] when the daemon ended the stream with an error; [`RpcError::Disconnected`];
    /// [`RpcError::StreamNotRead`] when this has not been called for too long.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&self) -> RpcResult<Option<StreamItem>> {
        self.inbox.next().await
    }

    /// Sends bytes, in pieces of the protocol's size, and waits while the connection has no room for them.
    ///
    /// # Errors
    /// [`RpcError::Libvirt`] when the daemon ended the stream with an error; [`RpcError::Disconnected`];
    /// [`RpcError::StreamAborted`] when the stream is over.
    ///
    /// # Cancel safety
    /// Dropping the future leaves it open how many of the pieces were sent.
    pub async fn send(&self, mut data: Bytes) -> RpcResult<()> {
        let piece = usize::try_from(MESSAGE_LEGACY_PAYLOAD_MAX).unwrap_or(usize::MAX);
        while !data.is_empty() {
            let next = data.split_to(piece.min(data.len()));
            self.pass(Content::Data(next)).await?;
        }
        Ok(())
    }

    /// Sends a hole: so many zeros that are not sent. Only in streams that were opened as sparse.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    /// Dropping the future before it is done sends nothing.
    pub async fn send_hole(&self, length: u64) -> RpcResult<()> {
        self.pass(Content::Hole(length)).await
    }

    /// Says that all has been written, or read, and waits until the daemon has seen to it.
    ///
    /// # Errors
    /// [`RpcError::Libvirt`] when it could not; [`RpcError::Timeout`] at the deadline; [`RpcError::Disconnected`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves the stream to end by itself.
    pub async fn finish(&self, deadline: Instant) -> RpcResult<()> {
        self.end(Content::Finish, deadline).await
    }

    /// Gives the stream up and waits until the daemon has taken note.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    ///
    /// # Cancel safety
    /// Dropping the future leaves the stream to end by itself.
    pub async fn abort(&self, deadline: Instant) -> RpcResult<()> {
        self.end(Content::Abort, deadline).await
    }

    /// The stream as plain bytes: holes are read as zeros. Shutting it down finishes it, within that time.
    #[must_use]
    pub fn into_io(self, finish_within: Duration) -> RpcStreamIo {
        RpcStreamIo::new(self, finish_within)
    }

    async fn end(&self, how: Content, deadline: Instant) -> RpcResult<()> {
        let ending = async {
            if !self.inbox.is_over() {
                self.pass(how).await?;
            }
            self.inbox.until_over().await
        };
        match tokio::time::timeout_at(deadline, ending).await {
            Ok(ended) => ended,
            Err(_elapsed) => Err(RpcError::Timeout {
                procedure: self.called.clone(),
                delivery: Delivery::Sent,
            }),
        }
    }

    async fn pass(&self, content: Content) -> RpcResult<()> {
        if self.inbox.is_over() {
            let procedure = self.called.clone();
            let aborted = RpcError::StreamAborted { procedure };
            return Err(self.inbox.failure().unwrap_or(aborted));
        }
        let serial = self.serial;
        let passed = self.inner.pieces.send(Piece { serial, content }).await;
        passed.map_err(|_gone| self.inner.lost(self.called.clone(), Delivery::NotSent))
    }

    /// Why the connection ended, if it has.
    #[must_use]
    pub fn connection_end(&self) -> Option<EndReason> {
        self.inner.end_reason()
    }
}

impl Drop for RpcStream {
    fn drop(&mut self) {
        if !self.inbox.is_over() {
            // Fails where the connection has ended, and the stream with it.
            let _ended = self.inner.control.send(Control::Abort(self.serial));
        }
    }
}

impl fmt::Debug for RpcStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcStream")
            .field("procedure", &self.called.name)
            .field("serial", &self.serial)
            .field("over", &self.inbox.is_over())
            .finish_non_exhaustive()
    }
}
