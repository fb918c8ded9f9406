//! A conversation with a master over its control socket.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use super::message::{Reply, Request, is_our_version};

/// The longest message of a master that we take, in bytes.
const MAX_MESSAGE: u32 = 256 * 1024;

/// A connection to a master; one session or one request after the other.
#[derive(Debug)]
pub(super) struct Mux {
    stream: UnixStream,
    next_id: u32,
}

impl Mux {
    /// Connects and exchanges greetings.
    pub(super) async fn connect(socket: &Path) -> io::Result<Self> {
        let mut mux = Self {
            stream: UnixStream::connect(socket).await?,
            next_id: 1,
        };
        mux.send(Request::Hello).await?;
        match mux.receive().await? {
            Reply::Hello(version) if is_our_version(version) => Ok(mux),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends a request.
    pub(super) async fn send(&mut self, request: Request<'_>) -> io::Result<()> {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let message = request.encode(id).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "too long for ssh's control socket")
        })?;
        self.stream.write_all(&message).await
    }

    /// Hands a file descriptor over. The master has one of its own then.
    pub(super) async fn send_descriptor(&self, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        self.stream
            .async_io(Interest::WRITABLE, || {
                let descriptors = [descriptor];
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
                    return Err(io::Error::other("no room for a file descriptor"));
                }
                let byte = [IoSlice::new(&[0])];
                rustix::net::sendmsg(self.stream.as_fd(), &byte, &mut control, SendFlags::NOSIGNAL)?;
                Ok(())
            })
            .await
    }

    /// The next message. Not cancel-safe: a message that was begun is lost.
    pub(super) async fn receive(&mut self) -> io::Result<Reply> {
        let length = self.stream.read_u32().await?;
        if length > MAX_MESSAGE {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "ssh's control socket sent too long a message",
            ));
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
        self.stream.read_exact(&mut body).await?;
        Reply::decode(&body).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "ssh's control socket sent half a message",
            )
        })
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn ask(&mut self, request: Request<'_>) -> io::Result<Reply> {
        self.send(request).await?;
        self.receive().await
    }
}

/// An answer that makes no sense here.
pub(super) fn unexpected(reply: &Reply) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("ssh's control socket answered {reply:?}"),
    )
}
