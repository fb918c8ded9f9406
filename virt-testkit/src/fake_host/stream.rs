//! Streams that are cut by the crash or with the way to the machine, and that take their time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use virt_core::host::ByteStream;

use super::FakeHost;

/// The stream, until the machine crashes or the way to it is cut.
pub(super) fn cut_off(host: &FakeHost, stream: Box<dyn ByteStream>) -> Box<dyn ByteStream> {
    Box::new(CutOff {
        stream: Some(stream),
        reader: Some(Box::pin(host.shared.broken())),
        writer: Some(Box::pin(host.shared.broken())),
    })
}

type Cut = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Reader and writer may be two tasks, so each waits for the cut by itself.
struct CutOff {
    stream: Option<Box<dyn ByteStream>>,
    reader: Option<Cut>,
    writer: Option<Cut>,
}

impl CutOff {
    fn stream(&mut self, side: Side, cx: &mut Context<'_>) -> io::Result<Pin<&mut Box<dyn ByteStream>>> {
        let cut = match side {
            Side::Reader => &mut self.reader,
            Side::Writer => &mut self.writer,
        };
        let is_cut = match cut {
            Some(waiting) => waiting.as_mut().poll(cx).is_ready(),
            None => true,
        };
        if is_cut {
            *cut = None;
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

impl AsyncRead for CutOff {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream(Side::Reader, cx)?.poll_read(cx, buf)
    }
}

impl AsyncWrite for CutOff {
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

/// How much of a delayed stream may be under way in one direction, in pieces of [`PIECE`] bytes at most.
const UNDER_WAY: usize = 256;
const PIECE: usize = 16 * 1024;

/// The stream, each byte of which is under way for a while: all of them side by side, as on a long line.
pub(super) fn delayed(host: &FakeHost, stream: Box<dyn ByteStream>) -> Box<dyn ByteStream> {
    let time = host.shared.one_way();
    if time.is_zero() {
        return stream;
    }
    let (ours, theirs) = tokio::io::duplex(PIECE);
    let carrier = tokio::spawn(async move {
        let (read, write) = tokio::io::split(stream);
        let (read_ours, write_ours) = tokio::io::split(theirs);
        tokio::join!(carry(read_ours, write, time), carry(read, write_ours, time));
    });
    Box::new(Delayed {
        stream: ours,
        carrier,
        time,
    })
}

/// Carries what is read on, each piece so long after it was read.
async fn carry<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(mut from: R, mut to: W, time: Duration) {
    let (send, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let take = async move {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            match from.read_buf(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            if send.send((Instant::now() + time, piece)).await.is_err() {
                break;
            }
        }
        tokio::time::sleep(time).await;
    };
    let give = async move {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&piece).await.is_err() || to.flush().await.is_err() {
                return;
            }
        }
        drop(to.shutdown().await);
    };
    tokio::join!(take, give);
}

/// Our end of a delayed stream.
struct Delayed {
    stream: DuplexStream,
    carrier: JoinHandle<()>,
    time: Duration,
}

impl Drop for Delayed {
    fn drop(&mut self) {
        let carrier = self.carrier.abort_handle();
        match tokio::runtime::Handle::try_current() {
            // What was written before arrives; then the peer sees the end.
            Ok(runtime) => {
                let time = self.time;
                drop(runtime.spawn(async move {
                    tokio::time::sleep(time * 2).await;
                    carrier.abort();
                }));
            }
            Err(_) => carrier.abort(),
        }
    }
}

impl AsyncRead for Delayed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Delayed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
