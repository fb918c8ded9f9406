//! Whether a master still has its connection, which tells the end of a stream from a loss.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{oneshot, watch};

use super::mux::Mux;
use super::tasks::Tasks;

/// How long a master may take to greet us.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause before a master is asked again that has too many callers.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks a master whether it still has its connection.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    control: PathBuf,
    lost: watch::Receiver<Option<String>>,
}

impl Pulse {
    /// Of the master that listens at `control`, and of whose end `lost` tells.
    pub(super) fn new(control: PathBuf, lost: watch::Receiver<Option<String>>) -> Self {
        Self { control, lost }
    }

    /// Whether the master had its connection when this was called, or later. Cancel-safe.
    ///
    /// A master whose connection is lost leaves the loop that greets before it closes its streams. So one that greets
    /// now did not close them for a loss.
    pub(super) async fn beats(&self) -> bool {
        let mut lost = self.lost.clone();
        tokio::select! {
            biased;
            // An error says that the master was dropped.
            _ = lost.wait_for(Option::is_some) => false,
            greets = tokio::time::timeout(LIMIT, greets(&self.control)) => greets.unwrap_or(false),
        }
    }
}

async fn greets(control: &Path) -> bool {
    loop {
        match Mux::connect(control).await {
            Ok(_) => return true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(PAUSE).await,
            Err(_) => return false,
        }
    }
}

/// The reading half of a stream that a master serves: its end is one only when the connection stands.
#[derive(Debug)]
pub(super) struct Ending {
    pulse: Pulse,
    tasks: Tasks,
    at_end: bool,
    asked: Option<oneshot::Receiver<bool>>,
    verdict: Option<bool>,
}

impl Ending {
    pub(super) fn new(pulse: Pulse, tasks: Tasks) -> Self {
        Self {
            pulse,
            tasks,
            at_end: false,
            asked: None,
            verdict: None,
        }
    }

    /// Reads from `stream`; where that is at its end for a loss, it fails.
    pub(super) fn poll_read(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.at_end {
            let room = buf.remaining();
            ready!(stream.poll_read(cx, buf))?;
            if room == 0 || buf.remaining() < room {
                return Poll::Ready(Ok(()));
            }
            self.at_end = true;
        }
        if ready!(self.poll_verdict(cx)) {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "the SSH connection is gone",
        )))
    }

    fn poll_verdict(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if let Some(verdict) = self.verdict {
            return Poll::Ready(verdict);
        }
        let asked = self.asked.get_or_insert_with(|| {
            let (sender, receiver) = oneshot::channel();
            let pulse = self.pulse.clone();
            self.tasks.spawn(async move {
                // A reader that is gone does not ask.
                let _ = sender.send(pulse.beats().await);
            });
            receiver
        });
        // The task is gone without a word only with its link.
        let verdict = ready!(Pin::new(asked).poll(cx)).unwrap_or(false);
        self.verdict = Some(verdict);
        Poll::Ready(verdict)
    }
}
