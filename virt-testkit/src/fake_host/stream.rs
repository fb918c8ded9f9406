//! Streams that the crash cuts.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use virt_core::host::ByteStream;

use super::FakeHost;

/// The stream, until the machine crashes.
pub(super) fn cut_by_crash(host: &FakeHost, stream: Box<dyn ByteStream>) -> Box<dyn ByteStream> {
    Box::new(CutByCrash {
        stream: Some(stream),
        reader: Some(Box::pin(host.shared.crashed())),
        writer: Some(Box::pin(host.shared.crashed())),
    })
}

type Crash = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Reader and writer may be two tasks, so each waits for the crash by itself.
struct CutByCrash {
    stream: Option<Box<dyn ByteStream>>,
    reader: Option<Crash>,
    writer: Option<Crash>,
}

impl CutByCrash {
    fn stream(&mut self, side: Side, cx: &mut Context<'_>) -> io::Result<Pin<&mut Box<dyn ByteStream>>> {
        let crash = match side {
            Side::Reader => &mut self.reader,
            Side::Writer => &mut self.writer,
        };
        let is_cut = match crash {
            Some(waiting) => waiting.as_mut().poll(cx).is_ready(),
            None => true,
        };
        if is_cut {
            *crash = None;
            // The peer is to see the end now, not when the dead manager's handles go.
            self.stream = None;
        }
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

#[derive(Clone, Copy)]
enum Side {
    Reader,
    Writer,
}

impl AsyncRead for CutByCrash {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream(Side::Reader, cx)?.poll_read(cx, buf)
    }
}

impl AsyncWrite for CutByCrash {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream(Side::Writer, cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream(Side::Writer, cx)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream(Side::Writer, cx)?.poll_shutdown(cx)
    }
}
