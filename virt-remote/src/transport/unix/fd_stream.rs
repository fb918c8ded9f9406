//! A unix socket on which file descriptors travel along.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream;

use crate::rpc::FdPipe;

/// How much is read at once, in bytes.
const READ: usize = 128 * 1024;

/// How many descriptors come with one read, at most: each comes with a byte of its own.
const AT_ONCE: usize = 4;

/// A unix socket on which file descriptors travel along with messages: what
/// [`RpcConnection::start_unix`](crate::rpc::RpcConnection::start_unix) takes.
#[derive(Debug)]
pub struct FdStream {
    stream: UnixStream,
    pipe: FdPipe,
    /// Where what comes with descriptors is read; empty until it is needed.
    buffer: Vec<u8>,
    written: u64,
}

impl FdStream {
    /// Lets descriptors travel on this socket. Nothing may have been written to it before.
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            pipe: FdPipe::default(),
            buffer: Vec::new(),
            written: 0,
        }
    }

    pub(crate) fn pipe(&self) -> FdPipe {
        self.pipe.clone()
    }

    /// Writes the byte that the next descriptor goes along with.
    fn poll_send_fd(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            let sent = self.stream.try_io(Interest::WRITABLE, || {
                self.pipe.send_next(|fd| send(&self.stream, fd))
            });
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return Poll::Ready(other),
            }
        }
    }
}

fn send(stream: &UnixStream, fd: &OwnedFd) -> io::Result<()> {
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    match sendmsg(stream, &[IoSlice::new(&[0])], &mut control, SendFlags::NOSIGNAL)? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        _ => Ok(()),
    }
}

/// What was received.
struct Received {
    length: usize,
    /// Nothing more is there.
    drained: bool,
}

fn receive(stream: &UnixStream, buffer: &mut [u8], pipe: &FdPipe) -> io::Result<Received> {
    let room = buffer.len();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        stream,
        &mut [IoSliceMut::new(buffer)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut came = false;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            came = true;
            fds.for_each(|fd| pipe.came(fd));
        }
    }
    // Linux stops early for two reasons: behind a byte with descriptors, and when there is no more.
    let drained = cfg!(target_os = "linux") && !came && received.bytes > 0 && received.bytes < room;
    Ok(Received {
        length: received.bytes,
        drained,
    })
}

impl AsyncRead for FdStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.pipe.looks_for_fds() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        this.buffer.resize(READ, 0);
        let most = buf.remaining().min(this.buffer.len());
        loop {
            ready!(this.stream.poll_read_ready(cx))?;
            let room = this.buffer.get_mut(..most).unwrap_or_default();
            let (stream, pipe) = (&this.stream, &this.pipe);
            let mut last = None;
            let received = stream.try_io(Interest::READABLE, || {
                let received = receive(stream, room, pipe)?;
                if received.drained {
                    // Told as if there had been nothing, which spares asking in vain the next time.
                    last = Some(received);
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(received)
            });
            match last.map_or(received, Ok) {
                Ok(received) => {
                    buf.put_slice(this.buffer.get(..received.length).unwrap_or_default());
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for FdStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let until_fd = self
            .pipe
            .next_place()
            .map(|place| place.saturating_sub(self.written));
        let length = match until_fd {
            Some(0) if !buf.is_empty() => {
                ready!(self.poll_send_fd(cx))?;
                self.written += 1;
                return Poll::Ready(Ok(1));
            }
            Some(until) => buf.len().min(usize::try_from(until).unwrap_or(usize::MAX)),
            None => buf.len(),
        };
        let piece = buf.get(..length).unwrap_or(buf);
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, piece))?;
        self.written += u64::try_from(written).unwrap_or(u64::MAX);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.pipe.next_place().is_some() {
            // Up to the descriptor, one by one.
            let first = bufs.iter().find(|buf| !buf.is_empty());
            return self.poll_write(cx, first.map(|buf| &**buf).unwrap_or_default());
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.written += u64::try_from(written).unwrap_or(u64::MAX);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
