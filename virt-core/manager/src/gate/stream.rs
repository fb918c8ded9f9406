//! Streams that end at the fence.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use virt_core::host::ByteStream;

use super::Fence;

/// The stream, until the fence is raised.
pub(super) fn fenced(fence: &Fence, stream: Box<dyn ByteStream>) -> Box<dyn ByteStream> {
    Box::new(Fenced {
        stream: Some(stream),
        reader: Some(Box::pin(fence.wait())),
        writer: Some(Box::pin(fence.wait())),
    })
}

type Raised = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Reader and writer may be two tasks, so each waits for the fence by itself.
struct Fenced {
    stream: Option<Box<dyn ByteStream>>,
    reader: Option<Raised>,
    writer: Option<Raised>,
}

impl Fenced {
    fn reading(&mut self, cx: &mut Context<'_>) -> io::Result<Pin<&mut Box<dyn ByteStream>>> {
        let is_raised = is_ready(&mut self.reader, cx);
        self.stream_unless(is_raised)
    }

    fn writing(&mut self, cx: &mut Context<'_>) -> io::Result<Pin<&mut Box<dyn ByteStream>>> {
        let is_raised = is_ready(&mut self.writer, cx);
        self.stream_unless(is_raised)
    }

    fn stream_unless(&mut self, is_raised: bool) -> io::Result<Pin<&mut Box<dyn ByteStream>>> {
        if is_raised {
            // The peer sees the end now: another may be waiting for its place.
            self.stream = None;
        }
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

/// Whether it has ended, now or before.
fn is_ready(waiting: &mut Option<Raised>, cx: &mut Context<'_>) -> bool {
    let is_ready = waiting
        .as_mut()
        .is_none_or(|waiting| waiting.as_mut().poll(cx).is_ready());
    if is_ready {
        *waiting = None;
    }
    is_ready
}

impl AsyncRead for Fenced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reading(cx)?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Fenced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writing(cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(cx)?.poll_shutdown(cx)
    }
}
