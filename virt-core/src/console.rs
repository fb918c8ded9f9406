//! Consoles: a guest's serial line or console as a stream of bytes.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::host::ByteStream;

/// What happens when a console that is open already is opened once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SecondReader {
    /// It is refused with `Busy`.
    #[default]
    Refuse,
    /// The new one gets it, the old ones end (`VIR_DOMAIN_CONSOLE_FORCE`).
    TakeOver,
    /// All read the same, and what they write goes to the guest in the order it comes.
    Share,
}

/// How a console is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleOptions {
    /// The device's alias (`serial0`, `console0`, `channel1`); the first console, else the first serial port, when `None`.
    pub device: Option<String>,
    /// What happens when it is open already.
    pub second: SecondReader,
    /// How much of what it printed before comes first, in bytes at most; 0 for nothing. Default 64 KiB.
    pub scrollback: u64,
}

impl Default for ConsoleOptions {
    fn default() -> Self {
        Self {
            device: None,
            second: SecondReader::default(),
            scrollback: 64 * 1024,
        }
    }
}

impl ConsoleOptions {
    /// This device, by its alias.
    #[must_use]
    pub fn device(mut self, alias: impl Into<String>) -> Self {
        self.device = Some(alias.into());
        self
    }

    /// What happens when it is open already.
    #[must_use]
    pub fn second(mut self, policy: SecondReader) -> Self {
        self.second = policy;
        self
    }

    /// So many bytes of what came before.
    #[must_use]
    pub fn scrollback(mut self, bytes: u64) -> Self {
        self.scrollback = bytes;
        self
    }
}

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
