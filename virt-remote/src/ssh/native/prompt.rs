//! A TCP connection that acknowledges at once while it is young.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::net::sockopt::set_tcp_quickack;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many reads are acknowledged at once: logging in and starting a program takes about twenty.
const YOUNG_READS: u8 = 64;

/// A TCP connection to an sshd.
///
/// sshd turns Nagle's algorithm off when it starts a session, not before: until then its second small message waits for
/// the acknowledgement of the first, which our kernel delays by 40 ms. The kernel forgets the setting that prevents this
/// (`TCP_QUICKACK`, tcp(7)), so it is made again at every read of the young connection.
pub(super) struct PromptStream {
    stream: TcpStream,
    young: u8,
}

impl PromptStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            young: YOUNG_READS,
        }
    }
}

impl AsyncRead for PromptStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() && self.young > 0 {
            self.young -= 1;
            if let Err(error) = set_tcp_quickack(&self.stream, true) {
                tracing::debug!(%error, "this kernel acknowledges late: logging in takes 40 ms longer");
                self.young = 0;
            }
        }
        read
    }
}

impl AsyncWrite for PromptStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
