//! What came in on one channel and is not read yet.

use std::io;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::ReadBuf;
use tokio::sync::{Notify, oneshot};
use virt_core::host::ExitStatus;

use super::lock;

/// How much a stream on a shared connection may leave unread before it fails, in bytes.
pub(super) const SHARED_LIMIT: usize = 16 << 20;
/// How much a stream on an exclusive connection has waiting before the connection waits for its reader, in bytes.
const EXCLUSIVE_LIMIT: usize = 4 << 20;
/// An empty buffer that has grown beyond this is given back.
const KEPT_CAPACITY: usize = 1 << 20;
/// How much may still come in on a channel that nobody reads any more before it is closed the hard way.
const FAREWELL_LIMIT: usize = 64 << 10;

/// Which of a channel's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Data: standard output, a socket's bytes.
    Output,
    /// Extended data of type 1: standard error.
    Errors,
}

/// How a channel's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Life {
    #[default]
    Open,
    /// The far side sends no more.
    Ended,
    /// Closed by the far side.
    Closed,
    /// Closed by us, as too much was left unread.
    Overflown,
    /// The connection is gone.
    Lost,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: BytesMut,
    reader: Option<Waker>,
    /// Nobody reads it: what comes is dropped.
    abandoned: bool,
}

#[derive(Debug, Default)]
struct State {
    output: Queue,
    errors: Queue,
    life: Life,
    dropped: usize,
    status: Option<ExitStatus>,
    end: Option<oneshot::Sender<ExitStatus>>,
    reply: Option<oneshot::Sender<bool>>,
}

/// What came in on one channel; filled by the connection's events, emptied by the channel's readers.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

/// What became of data put into an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It was taken, or dropped as nobody reads it.
    Taken,
    /// It was taken, and there is more than a reader's share now.
    Full,
    /// It was too much: the channel is to be closed.
    TooMuch,
}

impl Inbox {
    /// Takes in data. `shared` says whether going beyond the limit is the end of the stream.
    pub(super) fn put(&self, lane: Lane, data: &[u8], shared: bool) -> Put {
        let mut state = lock(&self.state);
        if state.life != Life::Open {
            return Put::Taken;
        }
        let queue = state.queue(lane);
        if queue.abandoned {
            state.dropped = state.dropped.saturating_add(data.len());
            if state.dropped > FAREWELL_LIMIT {
                drop(state);
                self.changed.notify_waiters();
            }
            return Put::Taken;
        }
        let after = queue.bytes.len().saturating_add(data.len());
        if shared && after > SHARED_LIMIT {
            state.finish(Life::Overflown);
            drop(state);
            self.changed.notify_waiters();
            return Put::TooMuch;
        }
        queue.bytes.extend_from_slice(data);
        if let Some(reader) = queue.reader.take() {
            reader.wake();
        }
        if after > EXCLUSIVE_LIMIT {
            Put::Full
        } else {
            Put::Taken
        }
    }

    /// Waits until there is room again, or nobody reads any more.
    pub(super) async fn room(&self, lane: Lane) {
        self.until(|state| {
            let done = state.life != Life::Open;
            let queue = state.queue(lane);
            done || queue.abandoned || queue.bytes.len() <= EXCLUSIVE_LIMIT / 2
        })
        .await;
    }

    /// The far side sends no more.
    pub(super) fn end_of_data(&self) {
        let mut state = lock(&self.state);
        if state.life == Life::Open {
            state.life = Life::Ended;
            state.wake_readers();
        }
    }

    /// The program ended.
    pub(super) fn exited(&self, status: ExitStatus) {
        let mut state = lock(&self.state);
        match state.end.take() {
            // A receiver that is gone wanted no answer.
            Some(end) => drop(end.send(status)),
            None => state.status = Some(status),
        }
    }

    /// The far side answered the one request that was made.
    pub(super) fn replied(&self, granted: bool) {
        if let Some(reply) = lock(&self.state).reply.take() {
            // As above.
            let _ = reply.send(granted);
        }
    }

    /// The far side closed the channel.
    pub(super) fn closed(&self) {
        self.over(Life::Closed);
    }

    /// The connection is gone.
    pub(super) fn lost(&self) {
        self.over(Life::Lost);
    }

    fn over(&self, life: Life) {
        let mut state = lock(&self.state);
        if matches!(state.life, Life::Open | Life::Ended) {
            state.finish(life);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Whether the far side, an overflow or a loss has ended the channel.
    pub(super) fn is_over(&self) -> bool {
        lock(&self.state).is_over()
    }

    /// Waits until the channel is over. Cancel-safe.
    pub(super) async fn over_at_last(&self) {
        self.until(|state| state.is_over()).await;
    }

    /// Waits until the channel is over, or so much came in that nobody reads that it is better closed. Cancel-safe.
    pub(super) async fn farewell(&self) {
        self.until(|state| state.is_over() || state.dropped > FAREWELL_LIMIT)
            .await;
    }

    async fn until(&self, mut done: impl FnMut(&mut State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if done(&mut lock(&self.state)) {
                return;
            }
            changed.await;
        }
    }

    /// Has the answer to the next request sent to the receiver.
    pub(super) fn expect_reply(&self) -> oneshot::Receiver<bool> {
        let (sender, receiver) = oneshot::channel();
        let mut state = lock(&self.state);
        if !state.is_over() {
            state.reply = Some(sender);
        }
        receiver
    }

    /// Has the program's end sent to the receiver.
    pub(super) fn expect_end(&self) -> oneshot::Receiver<ExitStatus> {
        let (sender, receiver) = oneshot::channel();
        let mut state = lock(&self.state);
        match state.status.take() {
            // The receiver is right here.
            Some(status) => drop(sender.send(status)),
            None => match state.life {
                Life::Lost => {}
                Life::Closed | Life::Overflown => drop(sender.send(ExitStatus::Unknown)),
                Life::Open | Life::Ended => state.end = Some(sender),
            },
        }
        receiver
    }

    /// Nobody reads this lane any more.
    pub(super) fn abandon(&self, lane: Lane) {
        let mut state = lock(&self.state);
        let queue = state.queue(lane);
        queue.abandoned = true;
        queue.bytes = BytesMut::new();
        queue.reader = None;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Reads what there is; the end of the data is an empty read.
    pub(super) fn poll_read(
        &self,
        lane: Lane,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = lock(&self.state);
        let life = state.life;
        let queue = state.queue(lane);
        let before = queue.bytes.len();
        if before == 0 {
            return match life {
                Life::Ended | Life::Closed => Poll::Ready(Ok(())),
                Life::Overflown => Poll::Ready(Err(overflow())),
                Life::Lost => Poll::Ready(Err(gone())),
                Life::Open => {
                    queue.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        }
        let count = before.min(buf.remaining());
        if let Some(part) = queue.bytes.get(..count) {
            buf.put_slice(part);
        }
        queue.bytes.advance(count);
        let after = queue.bytes.len();
        if after == 0 && queue.bytes.capacity() > KEPT_CAPACITY {
            queue.bytes = BytesMut::new();
        }
        drop(state);
        // The connection may wait for room.
        if before > EXCLUSIVE_LIMIT / 2 && after <= EXCLUSIVE_LIMIT / 2 {
            self.changed.notify_waiters();
        }
        Poll::Ready(Ok(()))
    }

    /// Why nothing can be sent any more.
    pub(super) fn refusal(&self) -> io::Error {
        match lock(&self.state).life {
            Life::Overflown => overflow(),
            Life::Lost => gone(),
            Life::Open | Life::Ended | Life::Closed => {
                io::Error::new(io::ErrorKind::BrokenPipe, "the far side closed the stream")
            }
        }
    }
}

impl State {
    fn queue(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::Output => &mut self.output,
            Lane::Errors => &mut self.errors,
        }
    }

    fn is_over(&self) -> bool {
        !matches!(self.life, Life::Open | Life::Ended)
    }

    fn finish(&mut self, life: Life) {
        self.life = life;
        self.reply = None;
        if life == Life::Lost {
            // Dropped without a word: how the program ended can't be known.
            self.end = None;
        } else if let Some(end) = self.end.take() {
            // A receiver that is gone wanted no answer.
            let _ = end.send(self.status.unwrap_or(ExitStatus::Unknown));
        }
        if life == Life::Overflown {
            self.output.bytes = BytesMut::new();
            self.errors.bytes = BytesMut::new();
        }
        self.wake_readers();
    }

    fn wake_readers(&mut self) {
        for queue in [&mut self.output, &mut self.errors] {
            if let Some(reader) = queue.reader.take() {
                reader.wake();
            }
        }
    }
}

fn overflow() -> io::Error {
    io::Error::new(
        io::ErrorKind::QuotaExceeded,
        format!(
            "the stream was closed: more than {} MiB of it were left unread on a shared SSH connection",
            SHARED_LIMIT >> 20
        ),
    )
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the SSH connection is gone")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::Arc;

    async fn read(inbox: &Inbox, lane: Lane) -> io::Result<Vec<u8>> {
        let mut space = [0; 64];
        let mut buf = ReadBuf::new(&mut space);
        poll_fn(|cx| inbox.poll_read(lane, cx, &mut buf)).await?;
        Ok(buf.filled().to_vec())
    }

    #[tokio::test]
    async fn what_came_in_before_the_end_is_read_first() {
        let inbox = Arc::new(Inbox::default());
        assert_eq!(inbox.put(Lane::Output, b"out", true), Put::Taken);
        assert_eq!(inbox.put(Lane::Errors, b"err", true), Put::Taken);
        inbox.lost();
        assert_eq!(read(&inbox, Lane::Output).await.unwrap(), b"out");
        assert_eq!(read(&inbox, Lane::Errors).await.unwrap(), b"err");
        let error = read(&inbox, Lane::Output).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn a_shared_stream_left_unread_fails_alone_and_says_so() {
        let inbox = Arc::new(Inbox::default());
        let end = inbox.expect_end();
        let piece = vec![0; 1 << 20];
        for _ in 0..16 {
            assert_ne!(inbox.put(Lane::Output, &piece, true), Put::TooMuch);
        }
        assert_eq!(inbox.put(Lane::Output, &piece, true), Put::TooMuch);
        let error = read(&inbox, Lane::Output).await.unwrap_err();
        assert!(error.to_string().contains("16 MiB"), "{error}");
        assert_eq!(end.await.unwrap(), ExitStatus::Unknown);
        assert!(inbox.is_over());
    }

    #[tokio::test]
    async fn an_exclusive_stream_waits_for_its_reader() {
        let inbox = Arc::new(Inbox::default());
        let piece = vec![0; EXCLUSIVE_LIMIT + 1];
        assert_eq!(inbox.put(Lane::Output, &piece, false), Put::Full);
        let waiting = tokio::spawn({
            let inbox = Arc::clone(&inbox);
            async move { inbox.room(Lane::Output).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        let mut space = vec![0; EXCLUSIVE_LIMIT];
        let mut buf = ReadBuf::new(&mut space);
        poll_fn(|cx| inbox.poll_read(Lane::Output, cx, &mut buf))
            .await
            .unwrap();
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_reader_that_left_holds_nobody_up() {
        let inbox = Arc::new(Inbox::default());
        inbox.put(Lane::Output, &vec![0; EXCLUSIVE_LIMIT + 1], false);
        inbox.abandon(Lane::Output);
        inbox.room(Lane::Output).await;
        assert_eq!(
            inbox.put(Lane::Output, &vec![0; FAREWELL_LIMIT + 1], false),
            Put::Taken
        );
        inbox.farewell().await;
        assert!(!inbox.is_over());
    }

    #[tokio::test]
    async fn a_status_that_came_first_is_kept() {
        let inbox = Arc::new(Inbox::default());
        inbox.exited(ExitStatus::Code(3));
        inbox.closed();
        assert_eq!(inbox.expect_end().await.unwrap(), ExitStatus::Code(3));
        let lost = Arc::new(Inbox::default());
        let end = lost.expect_end();
        lost.lost();
        assert!(end.await.is_err());
    }
}
