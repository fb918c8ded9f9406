//! The reading loop: every line is decoded and handed on at once.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{broadcast, oneshot};

use super::{Answer, Shared};
use crate::qmp::error::DisconnectReason;
use crate::qmp::event::QmpEvent;
use crate::qmp::line::LineBuffer;
use crate::qmp::message::{self, Greeting, Message};
use crate::qmp::trace;

/// Reads from the peer and hands on what it says.
pub(super) struct Reader<'a> {
    shared: &'a Shared,
    greeting: Option<oneshot::Sender<Greeting>>,
    events: &'a broadcast::Sender<Arc<QmpEvent>>,
    lines: LineBuffer,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        greeting: oneshot::Sender<Greeting>,
        events: &'a broadcast::Sender<Arc<QmpEvent>>,
        line_limit: usize,
    ) -> Self {
        Self {
            shared,
            greeting: Some(greeting),
            events,
            lines: LineBuffer::new(line_limit),
        }
    }

    /// Reads until the connection ends; says why it did.
    pub(super) async fn run<R: AsyncRead + Unpin>(mut self, mut read: R) -> DisconnectReason {
        loop {
            match read.read_buf(self.lines.room()).await {
                Ok(0) if self.lines.unfinished() > 0 => return DisconnectReason::EofInMessage,
                Ok(0) => return DisconnectReason::Eof,
                Ok(_) => {}
                Err(error) => return DisconnectReason::Io(Arc::new(error)),
            }
            if let Err(reason) = self.hand_on_lines() {
                return reason;
            }
        }
    }

    fn hand_on_lines(&mut self) -> Result<(), DisconnectReason> {
        while let Some(line) = self
            .lines
            .next_line()
            .map_err(|too_long| DisconnectReason::LineTooLong(too_long.limit))?
        {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let message = message::decode(&line).map_err(|error| {
                tracing::warn!(monitor = %self.shared.label, %error, "a line that is not QMP");
                DisconnectReason::Malformed(error.to_string().into())
            })?;
            self.hand_on(message, &line);
        }
        Ok(())
    }

    fn hand_on(&mut self, message: Message, line: &[u8]) {
        let label = &self.shared.label;
        match message {
            Message::Reply { id, outcome } => {
                let pending = id.and_then(|id| self.shared.pending().remove(&id));
                trace::received(
                    label,
                    line,
                    pending.as_ref().is_none_or(|pending| pending.reply_is_secret),
                );
                let Some(pending) = pending else {
                    let error = outcome.err().map(|error| error.desc);
                    tracing::debug!(monitor = %label, ?id, ?error, "a reply to no command of ours");
                    return;
                };
                let answer = match outcome {
                    Ok(returned) => Answer::Returned(returned),
                    Err(error) => Answer::Refused(error),
                };
                // Fails where the caller has given up: the reply of a cancelled call ends here.
                let _unwanted = pending.answer.send(answer);
            }
            Message::Event(event) => {
                trace::received(label, line, false);
                // Fails where nobody listens.
                let _unheard = self.events.send(Arc::new(event));
            }
            Message::Greeting(greeting) => {
                trace::received(label, line, false);
                if let Some(waiting) = self.greeting.take() {
                    let _unwanted = waiting.send(greeting);
                }
            }
            Message::Unknown => trace::received(label, line, false),
        }
    }
}
