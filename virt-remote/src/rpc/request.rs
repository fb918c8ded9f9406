//! What handles ask of the owner task.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::error::Called;
use super::inbox::Inbox;
use super::keepalive::KeepalivePolicy;
use super::machine::Answer;
use super::packet::Address;
use super::ticket::Ticket;
use crate::protocol::procedure::Priority;

/// What a call gets back; nothing when the connection has ended.
pub(super) type Reply = oneshot::Sender<Answered>;

/// How a call was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) answer: Answer,
    /// The serial of the stream that the call opened, where it did.
    pub(super) serial: u32,
    /// The file descriptors that came along.
    pub(super) fds: Vec<OwnedFd>,
}

/// A call on its way.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) address: Address,
    pub(super) called: Called,
    pub(super) priority: Priority,
    pub(super) payload: Vec<u8>,
    /// File descriptors that go along.
    pub(super) fds: Vec<OwnedFd>,
    /// Whether its caller takes those that come back.
    pub(super) takes_fds: bool,
    pub(super) ticket: Arc<Ticket>,
    pub(super) reply: Reply,
    pub(super) inbox: Option<Arc<Inbox>>,
}

/// A piece of a stream on its way.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) serial: u32,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Data(Bytes),
    Hole(u64),
    /// All has been sent, or read: the daemon is to say how it went.
    Finish,
    Abort,
}

/// What does not wait for anything.
#[derive(Debug)]
pub(super) enum Control {
    /// So many calls may be in flight.
    Limit(usize),
    Keepalive(KeepalivePolicy),
    /// A stream nobody wants any more.
    Abort(u32),
    /// End once everything has been answered.
    Shutdown,
    /// End now.
    Close,
}
