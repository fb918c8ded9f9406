//! A program's input and output, as pipes to the master.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe;
use tokio::sync::Notify;

use super::pulse::Ending;

/// Tells that nobody holds a stream of a program any more.
#[derive(Debug)]
pub(super) struct Held(Arc<Notify>);

impl Held {
    pub(super) fn new(released: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self(released))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// What a program writes to standard output, and what it reads.
#[derive(Debug)]
pub(super) struct Stdio {
    output: pipe::Receiver,
    ending: Ending,
    /// Dropped when the input is at its end: a pipe knows no other.
    input: Option<pipe::Sender>,
    _held: Arc<Held>,
}

impl Stdio {
    pub(super) fn new(
        (output, ending): (pipe::Receiver, Ending),
        input: pipe::Sender,
        held: Arc<Held>,
    ) -> Self {
        Self {
            output,
            ending,
            input: Some(input),
            _held: held,
        }
    }
}

impl AsyncRead for Stdio {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.ending.poll_read(Pin::new(&mut this.output), cx, buf)
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.input {
            Some(input) => Pin::new(input).poll_write(cx, buf),
            None => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the stream was shut down",
            ))),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input = None;
        Poll::Ready(Ok(()))
    }
}

/// A program's standard error.
#[derive(Debug)]
pub(super) struct Errors {
    pipe: pipe::Receiver,
    ending: Ending,
    _held: Arc<Held>,
}

impl Errors {
    pub(super) fn new((pipe, ending): (pipe::Receiver, Ending), held: Arc<Held>) -> Self {
        Self {
            pipe,
            ending,
            _held: held,
        }
    }
}

impl AsyncRead for Errors {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.ending.poll_read(Pin::new(&mut this.pipe), cx, buf)
    }
}
