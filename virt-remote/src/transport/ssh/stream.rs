//! The daemon's bytes over a login, which lives as long as they are wanted.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use virt_core::host::ByteStream;

use crate::ssh::link::{FarProgram, Link};

/// How much of what a far program complains of is kept, in bytes.
const COMPLAINT: u64 = 4096;

/// The stream. With it goes the login.
pub(super) struct SshStream {
    stream: Box<dyn ByteStream>,
    /// What the far program said to standard error, once it has ended; nobody asks for it once something has come.
    complaint: Option<oneshot::Receiver<String>>,
    _link: Arc<dyn Link>,
}

impl fmt::Debug for SshStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SshStream")
    }
}

impl SshStream {
    /// A stream that sshd made.
    pub(super) fn of_socket(stream: Box<dyn ByteStream>, link: Arc<dyn Link>) -> Self {
        Self {
            stream,
            complaint: None,
            _link: link,
        }
    }

    /// A far program's input and output.
    pub(super) fn of_program(program: FarProgram, link: Arc<dyn Link>) -> Self {
        let (sender, complaint) = oneshot::channel();
        let mut stderr = program.stderr;
        // It ends with the program, or with the link.
        tokio::spawn(async move {
            let mut said = Vec::new();
            let listened = (&mut stderr).take(COMPLAINT).read_to_end(&mut said).await;
            let text = String::from_utf8_lossy(&said).trim().to_owned();
            // Nobody wants to know where something came from the daemon.
            let _unheard = sender.send(text);
            if listened.is_ok() {
                // A program that can't say what it wants to does not go on.
                let _ended = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
            }
        });
        Self {
            stream: program.stdio,
            complaint: Some(complaint),
            _link: link,
        }
    }
}

impl AsyncRead for SshStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before || buf.remaining() == 0 {
            this.complaint = None;
            return Poll::Ready(Ok(()));
        }
        // The end, before the daemon has said anything.
        let Some(complaint) = &mut this.complaint else {
            return Poll::Ready(Ok(()));
        };
        let said = ready!(Pin::new(complaint).poll(cx)).unwrap_or_default();
        this.complaint = None;
        Poll::Ready(match said.as_str() {
            "" => Ok(()),
            said => Err(io::Error::other(format!("the far machine says: {said}"))),
        })
    }
}

impl AsyncWrite for SshStream {
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
