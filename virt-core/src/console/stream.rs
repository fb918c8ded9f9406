//! An open console.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::host::ByteStream;

/// An open console: reads what the guest prints (scrollback first), writes what it is to be typed.
///
/// Reading ends (0 bytes) when the guest stops, when somebody takes the console over, or when the connection is closed.
/// A reader that falls behind by more than the console's buffer loses the oldest of it, never the guest's time.
/// Dropping it gives the console back.
pub struct ConsoleStream {
    device: String,
    stream: Box<dyn ByteStream>,
}

impl ConsoleStream {
    /// A console over this stream, of the device of this alias.
    #[must_use]
    pub fn new(device: impl Into<String>, stream: Box<dyn ByteStream>) -> Self {
        Self {
            device: device.into(),
            stream,
        }
    }

    /// The alias of the device it belongs to.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }
}

impl AsyncRead for ConsoleStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ConsoleStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(cx)
    }
}

impl fmt::Debug for ConsoleStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleStream")
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
