//! The conversation on the agent's channel: synchronise, then one command and its answer.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use crate::qmp::ErrorClass;
use crate::qmp::line::{DEFAULT_LINE_LIMIT, LineBuffer};
use crate::qmp::trace;

/// Empties the agent's parser when sent to it, and marks the answer to a synchronisation when received.
const SENTINEL: u8 = 0xff;

/// After this long without a command the other side may be somebody new.
const IDLE: Duration = Duration::from_secs(5);

/// A synchronisation that was not answered for this long is sent again: it may have been lost with a reboot.
const REPEAT_SYNC: Duration = Duration::from_secs(5);

/// What came as an answer.
#[derive(Debug)]
pub(super) enum Answer {
    Returned(Box<RawValue>),
    Refused(ErrorClass, String),
    Garbled(String),
}

/// The channel is closed.
#[derive(Debug)]
pub(super) struct Closed;

impl From<std::io::Error> for Closed {
    fn from(error: std::io::Error) -> Self {
        tracing::debug!(%error, "the channel of a guest agent failed");
        Self
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "return", borrow)]
    returned: Option<&'a RawValue>,
    error: Option<ErrorBody>,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    class: String,
    #[serde(default)]
    desc: String,
}

/// One side of the conversation. Any of its futures may be dropped: the next command synchronises again.
#[derive(Debug)]
pub(super) struct Session<S> {
    stream: S,
    lines: LineBuffer,
    label: String,
    /// When the last command was answered; `None` while the channel is not synchronised.
    synced: Option<Instant>,
    /// The synchronisation under way: its id and when it was sent.
    asked: Option<(u64, Instant)>,
    last_id: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(stream: S, label: String) -> Self {
        // Ids of different clients of one channel must differ: begin with the time.
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let last_id = since.as_secs() << 20 | u64::from(since.subsec_micros());
        Self {
            stream,
            lines: LineBuffer::new(DEFAULT_LINE_LIMIT),
            label,
            synced: None,
            asked: None,
            last_id,
        }
    }

    /// What is in the channel belongs to nobody any more.
    pub(super) fn invalidate(&mut self) {
        self.synced = None;
        self.asked = None;
    }

    /// Reads and discards what comes without being asked; returns when the channel is closed.
    pub(super) async fn idle(&mut self) -> Closed {
        loop {
            match self.read().await {
                Ok(()) => {
                    self.synced = None;
                    while let Ok(Some(_)) = self.lines.next_line() {}
                }
                Err(closed) => return closed,
            }
        }
    }

    /// Returns once the channel is synchronised.
    pub(super) async fn sync(&mut self) -> Result<(), Closed> {
        if self.synced.is_some_and(|last| last.elapsed() < IDLE) {
            return Ok(());
        }
        self.synced = None;
        loop {
            let (id, sent) = match self.asked {
                Some(asked) if asked.1.elapsed() < REPEAT_SYNC => asked,
                _ => self.ask().await?,
            };
            match tokio::time::timeout_at(sent + REPEAT_SYNC, self.wait_for_sync(id)).await {
                Ok(Ok(())) => {
                    self.asked = None;
                    self.synced = Some(Instant::now());
                    return Ok(());
                }
                Ok(Err(closed)) => return Err(closed),
                Err(_elapsed) => {}
            }
        }
    }

    async fn ask(&mut self) -> Result<(u64, Instant), Closed> {
        self.last_id += 1;
        let asked = (self.last_id, Instant::now());
        let line = format!(
            "{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":{}}}}}\n",
            self.last_id
        );
        trace::sent(&self.label, line.as_bytes());
        // Set before the first byte is written: should this future be dropped, the question may be on its way.
        self.asked = Some(asked);
        self.stream.write_all(&[SENTINEL]).await?;
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.flush().await?;
        Ok(asked)
    }

    async fn wait_for_sync(&mut self, id: u64) -> Result<(), Closed> {
        loop {
            let line = self.line().await?;
            // Before the sentinel there may be the rest of an old answer.
            let answer = line.rsplit(|byte| *byte == SENTINEL).next().unwrap_or_default();
            let answered = serde_json::from_slice::<Envelope<'_>>(answer).ok();
            let returned = answered.and_then(|envelope| envelope.returned?.get().parse::<u64>().ok());
            if returned == Some(id) {
                trace::received(&self.label, answer, false);
                return Ok(());
            }
            tracing::debug!(monitor = %self.label, bytes = line.len(), "discarded an old answer of the guest agent");
        }
    }

    /// Sends a command and reads its answer. The channel must be synchronised.
    pub(super) async fn exchange(&mut self, line: &[u8], reply_is_secret: bool) -> Result<Answer, Closed> {
        self.synced = None;
        trace::sent(&self.label, line);
        self.stream.write_all(line).await?;
        self.stream.flush().await?;
        loop {
            let line = self.line().await?;
            if line.contains(&SENTINEL) {
                // The late answer to a synchronisation that was repeated.
                continue;
            }
            trace::received(&self.label, &line, reply_is_secret);
            let answer = match serde_json::from_slice::<Envelope<'_>>(&line) {
                Ok(Envelope {
                    error: Some(error), ..
                }) => Answer::Refused(ErrorClass::from(error.class.as_str()), error.desc),
                Ok(Envelope {
                    returned: Some(returned),
                    ..
                }) => Answer::Returned(returned.to_owned()),
                Ok(_) => return Ok(Answer::Garbled("neither a return nor an error".to_owned())),
                Err(error) => return Ok(Answer::Garbled(error.to_string())),
            };
            self.synced = Some(Instant::now());
            return Ok(answer);
        }
    }

    /// The next line that is not empty.
    async fn line(&mut self) -> Result<Bytes, Closed> {
        loop {
            match self.lines.next_line() {
                Ok(Some(line)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(line)) => return Ok(line),
                Ok(None) => self.read().await?,
                Err(too_long) => {
                    tracing::warn!(monitor = %self.label, limit = too_long.limit, "a guest agent sent an endless line");
                    return Err(Closed);
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), Closed> {
        if self.stream.read_buf(self.lines.room()).await? == 0 {
            Err(Closed)
        } else {
            Ok(())
        }
    }
}
