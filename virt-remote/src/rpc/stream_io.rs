//! A stream as plain bytes.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::error::{RpcError, RpcResult};
use super::inbox::StreamItem;
use super::stream::RpcStream;

/// How much is taken from a writer at once, in bytes.
const PIECE: usize = 64 * 1024;

/// What a hole is read as, a piece at a time.
const ZEROS: &[u8] = &[0; 4096];

type Pending<T> = Pin<Box<dyn Future<Output = RpcResult<T>> + Send + Sync>>;

/// A stream as plain bytes: for consoles and channels, and for whoever copies. See [`RpcStream::into_io`].
///
/// The protocol cannot end one direction alone: shutting down finishes the whole stream. Dropped without that, it is
/// aborted. Errors of reading and writing have the [`RpcError`] inside.
pub struct RpcStreamIo {
    stream: Arc<RpcStream>,
    finish_within: Duration,
    /// What has come and was not read yet.
    data: Bytes,
    hole: u64,
    reading: Option<Pending<Option<StreamItem>>>,
    writing: Option<Pending<()>>,
    finishing: bool,
}

impl RpcStreamIo {
    pub(super) fn new(stream: RpcStream, finish_within: Duration) -> Self {
        Self {
            stream: Arc::new(stream),
            finish_within,
            data: Bytes::new(),
            hole: 0,
            reading: None,
            writing: None,
            finishing: false,
        }
    }

    /// Hands out what is there; false when there is nothing.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        if !self.data.is_empty() {
            let length = self.data.len().min(buf.remaining());
            buf.put_slice(&self.data.split_to(length));
            return true;
        }
        let length = usize::try_from(self.hole)
            .unwrap_or(usize::MAX)
            .min(buf.remaining())
            .min(ZEROS.len());
        buf.put_slice(ZEROS.get(..length).unwrap_or_default());
        self.hole = self
            .hole
            .saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        length > 0
    }

    /// Waits until what was taken from the writer is on its way.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(writing) = &mut self.writing {
            let written = ready!(writing.as_mut().poll(cx));
            self.writing = None;
            return Poll::Ready(written.map_err(failure));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for RpcStreamIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if buf.remaining() == 0 || this.give(buf) {
                return Poll::Ready(Ok(()));
            }
            let stream = &this.stream;
            let reading = this.reading.get_or_insert_with(|| {
                let stream = Arc::clone(stream);
                Box::pin(async move { stream.next().await })
            });
            let item = ready!(reading.as_mut().poll(cx));
            this.reading = None;
            match item.map_err(failure)? {
                Some(StreamItem::Data(data)) => this.data = data,
                Some(StreamItem::Hole(length)) => this.hole = length,
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for RpcStreamIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_written(cx))?;
        let length = buf.len().min(PIECE);
        if length == 0 {
            return Poll::Ready(Ok(0));
        }
        let (piece, stream) = (buf.copy_to_bytes(length), Arc::clone(&self.stream));
        let mut writing: Pending<()> = Box::pin(async move { stream.send(piece).await });
        match writing.as_mut().poll(cx) {
            Poll::Ready(written) => written.map_err(failure)?,
            Poll::Pending => self.writing = Some(writing),
        }
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_written(cx))?;
        if self.finishing {
            return Poll::Ready(Ok(()));
        }
        self.finishing = true;
        let stream = Arc::clone(&self.stream);
        // A time beyond what the clock can hold means a long time.
        let deadline = Instant::now()
            .checked_add(self.finish_within)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(24 * 3600));
        self.writing = Some(Box::pin(async move { stream.finish(deadline).await }));
        self.poll_written(cx)
    }
}

fn failure(error: RpcError) -> io::Error {
    let kind = match &error {
        RpcError::Disconnected { .. } => io::ErrorKind::ConnectionReset,
        RpcError::StreamAborted { .. } => io::ErrorKind::BrokenPipe,
        RpcError::Timeout { .. } | RpcError::StreamNotRead { .. } => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl fmt::Debug for RpcStreamIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcStreamIo")
            .field("stream", &self.stream)
            .field("finishing", &self.finishing)
            .finish_non_exhaustive()
    }
}
