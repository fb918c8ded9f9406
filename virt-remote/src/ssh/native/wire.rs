//! The bytes under a connection, which can be cut at any moment.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use virt_core::host::ByteStream;

/// russh reads a packet's length and its rest apart; with this between, a packet that is there is one system call.
const READ_BUFFER: usize = 256 * 1024;

/// Cuts a [`Wire`]. russh ends a session when its stream fails, whatever it was waiting for.
#[derive(Clone, Default)]
pub(super) struct Cutter(Arc<Cut>);

#[derive(Default)]
struct Cut {
    done: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cutter {
    pub(super) fn cut(&self) {
        self.0.done.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    pub(super) fn is_cut(&self) -> bool {
        self.0.done.load(Ordering::Acquire)
    }

    fn check(&self, waker: &AtomicWaker, cx: &Context<'_>) -> io::Result<()> {
        // Registered before it is looked at, so that a cut in between is not missed.
        waker.register(cx.waker());
        if self.is_cut() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the connection was closed here",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Cutter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cutter").field(&self.is_cut()).finish()
    }
}

/// A byte stream that ends when its [`Cutter`] says so.
pub(super) struct Wire {
    stream: BufReader<Box<dyn ByteStream>>,
    cutter: Cutter,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn ByteStream>, cutter: Cutter) -> Self {
        Self {
            stream: BufReader::with_capacity(READ_BUFFER, stream),
            cutter,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.check(&self.cutter.0.reader, cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.cutter.check(&self.cutter.0.writer, cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cutter.check(&self.cutter.0.writer, cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Shutting down is the last that happens, after a cut as well.
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_cut_wakes_a_reader_that_waits() {
        let (near, mut far) = tokio::io::duplex(64);
        let cutter = Cutter::default();
        let mut wire = Wire::new(Box::new(near), cutter.clone());
        far.write_all(b"ab").await.unwrap();
        let mut two = [0; 2];
        wire.read_exact(&mut two).await.unwrap();
        let reader = tokio::spawn(async move { wire.read_u8().await });
        tokio::task::yield_now().await;
        cutter.cut();
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
}
