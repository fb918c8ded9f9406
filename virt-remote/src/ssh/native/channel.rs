//! One channel, and the streams made of it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use russh::client::Msg;
use russh::{ChannelId, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Shared;
use super::inbox::{Inbox, Lane};
use super::outbox::Outbox;

/// How long the far side may take to close a channel whose end it was told, before it is closed the hard way.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// Something that is kept until a channel is closed, and means something by being dropped.
pub(super) type Hold = Box<dyn Send + Sync>;

/// An open channel. It is closed when the last stream that uses it is dropped.
pub(super) struct Channel(Option<Parts>);

struct Parts {
    id: ChannelId,
    write: ChannelWriteHalf<Msg>,
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    _hold: Hold,
}

impl Channel {
    pub(super) fn new(
        id: ChannelId,
        write: ChannelWriteHalf<Msg>,
        shared: Arc<Shared>,
        hold: Hold,
    ) -> Arc<Self> {
        Arc::new(Self(Some(Parts {
            id,
            write,
            inbox: shared.adopt(id),
            shared,
            _hold: hold,
        })))
    }

    /// What it is made of. `None` is only ever seen while it is being dropped.
    fn parts(&self) -> Option<&Parts> {
        self.0.as_ref()
    }

    pub(super) fn inbox(&self) -> Option<&Arc<Inbox>> {
        self.parts().map(|parts| &parts.inbox)
    }

    pub(super) fn writer(&self) -> Option<&ChannelWriteHalf<Msg>> {
        self.parts().map(|parts| &parts.write)
    }

    pub(super) fn shared(&self) -> Option<&Arc<Shared>> {
        self.parts().map(|parts| &parts.shared)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let Some(parts) = self.0.take() else { return };
        if parts.inbox.is_over() {
            parts.shared.forget(parts.id);
            return;
        }
        // russh forgets a channel wholly only when the far side closes it first: it was told the end, and is given
        // time to do so.
        let shared = Arc::clone(&parts.shared);
        shared.spawn(async move {
            parts.inbox.abandon(Lane::Output);
            parts.inbox.abandon(Lane::Errors);
            // Whether it closed in time is seen below.
            let _ = tokio::time::timeout(FAREWELL, parts.inbox.farewell()).await;
            if !parts.inbox.is_over() {
                // It fails when the connection is gone, and the channel with it.
                let _ = parts.write.close().await;
            }
            parts.shared.forget(parts.id);
        });
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel")
            .field(&self.parts().map(|parts| parts.id))
            .finish()
    }
}

/// A channel's data, both ways.
#[derive(Debug)]
pub(super) struct ChannelStream {
    channel: Arc<Channel>,
    outbox: Outbox,
}

impl ChannelStream {
    pub(super) fn new(channel: Arc<Channel>) -> Self {
        let outbox = Outbox::new(Arc::clone(&channel));
        Self { channel, outbox }
    }

    /// A stream of a channel that has no standard error.
    pub(super) fn of_socket(channel: Arc<Channel>) -> Self {
        if let Some(inbox) = channel.inbox() {
            inbox.abandon(Lane::Errors);
        }
        Self::new(channel)
    }
}

impl AsyncRead for ChannelStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.channel.inbox() {
            Some(inbox) => inbox.poll_read(Lane::Output, cx, buf),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for ChannelStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.outbox.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_shutdown(cx)
    }
}

impl Drop for ChannelStream {
    fn drop(&mut self) {
        if let Some(inbox) = self.channel.inbox() {
            inbox.abandon(Lane::Output);
        }
    }
}

/// A program's standard error.
#[derive(Debug)]
pub(super) struct ErrorStream(Arc<Channel>);

impl ErrorStream {
    pub(super) fn new(channel: Arc<Channel>) -> Self {
        Self(channel)
    }
}

impl AsyncRead for ErrorStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0.inbox() {
            Some(inbox) => inbox.poll_read(Lane::Errors, cx, buf),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for ErrorStream {
    fn drop(&mut self) {
        if let Some(inbox) = self.0.inbox() {
            inbox.abandon(Lane::Errors);
        }
    }
}
