//! What goes out on one channel.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::channel::{Channel, FAREWELL};

/// How much is taken from a writer at once, in bytes.
const PIECE: usize = 128 * 1024;

type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// The writing half of a channel's stream.
///
/// A write takes a piece over at once when the one before it is out. Where the far side's window or the connection is
/// full, a task of the connection carries it on, so that nothing is lost and nothing stands still when the writer turns
/// to reading, or gives up.
pub(super) struct Outbox {
    channel: Arc<Channel>,
    under_way: Option<oneshot::Receiver<io::Result<()>>>,
    ended: bool,
}

impl Outbox {
    pub(super) fn new(channel: Arc<Channel>) -> Self {
        Self {
            channel,
            under_way: None,
            ended: false,
        }
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        if self.ended {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the stream was shut down",
            )));
        }
        let piece = buf.get(..PIECE).unwrap_or(buf);
        if !piece.is_empty() {
            let channel = Arc::clone(&self.channel);
            self.start(cx, send(channel, Bytes::copy_from_slice(piece)))?;
        }
        Poll::Ready(Ok(piece.len()))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(under_way) = &mut self.under_way {
            let result = ready!(Pin::new(under_way).poll(cx));
            self.under_way = None;
            // The task is gone without a word only with its connection.
            return Poll::Ready(result.unwrap_or_else(|_| Err(refusal(&self.channel))));
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        if !self.ended {
            self.ended = true;
            let channel = Arc::clone(&self.channel);
            self.start(cx, end(channel))?;
        }
        self.poll_flush(cx)
    }

    /// Begins to send; what can't be done at once goes on by itself.
    fn start(
        &mut self,
        cx: &mut Context<'_>,
        work: impl Future<Output = io::Result<()>> + Send + Sync + 'static,
    ) -> io::Result<()> {
        let mut work: Sending = Box::pin(work);
        match work.as_mut().poll(cx) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                let (sender, receiver) = oneshot::channel();
                self.under_way = Some(receiver);
                if let Some(shared) = self.channel.shared() {
                    shared.spawn(async move {
                        // A writer that is gone does not ask.
                        let _ = sender.send(work.await);
                    });
                }
                Ok(())
            }
        }
    }
}

async fn send(channel: Arc<Channel>, piece: Bytes) -> io::Result<()> {
    let (Some(writer), Some(inbox)) = (channel.writer(), channel.inbox()) else {
        return Ok(());
    };
    if inbox.is_over() {
        return Err(inbox.refusal());
    }
    // A closed channel's window never opens again.
    tokio::select! {
        biased;
        sent = writer.data_bytes(piece) => sent.map_err(|_| inbox.refusal()),
        () = inbox.over_at_last() => Err(inbox.refusal()),
    }
}

async fn end(channel: Arc<Channel>) -> io::Result<()> {
    match (channel.writer(), channel.inbox()) {
        // To a channel that is closed there is nothing to say.
        (Some(writer), Some(inbox)) if !inbox.is_over() => writer.eof().await.map_err(|_| inbox.refusal()),
        _ => Ok(()),
    }
}

fn refusal(channel: &Channel) -> io::Error {
    channel.inbox().map_or_else(
        || io::Error::from(io::ErrorKind::BrokenPipe),
        |inbox| inbox.refusal(),
    )
}

impl Drop for Outbox {
    /// What was written goes out still, and then the end of it is told.
    fn drop(&mut self) {
        let under_way = self.under_way.take();
        if self.ended && under_way.is_none() {
            return;
        }
        let Some(shared) = self.channel.shared().map(Arc::clone) else {
            return;
        };
        let (channel, ended) = (Arc::clone(&self.channel), self.ended);
        shared.spawn(async move {
            let farewell = async {
                if let Some(under_way) = under_way {
                    // There is nobody left to tell how it went.
                    let _ = under_way.await;
                }
                if !ended {
                    // As above.
                    let _ = end(channel).await;
                }
            };
            // The far side may never read: the channel is closed then.
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        });
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("under_way", &self.under_way.is_some())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
