//! A connection to a far socket, by way of a near one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;

use super::pulse::Ending;

/// A connection of which something was read already.
#[derive(Debug)]
pub(super) struct Forwarded {
    first: Bytes,
    stream: UnixStream,
    ending: Ending,
}

impl Forwarded {
    /// A stream whose `first` bytes were read.
    pub(super) fn new(first: Vec<u8>, stream: UnixStream, ending: Ending) -> Self {
        Self {
            first: Bytes::from(first),
            stream,
            ending,
        }
    }
}

impl AsyncRead for Forwarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.first.is_empty() {
            return this.ending.poll_read(Pin::new(&mut this.stream), cx, buf);
        }
        let count = this.first.len().min(buf.remaining());
        if let Some(part) = this.first.get(..count) {
            buf.put_slice(part);
        }
        this.first.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Forwarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
