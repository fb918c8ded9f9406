//! The handle of a connection to a guest agent.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::command::AgentCommand;
use super::error::{AgentError, AgentResult};
use super::owner::{self, Intake, Left, Request};
use super::session::{Answer, Session};
use crate::qmp::ticket::Ticket;
use crate::qmp::{trace, wire};

/// How many calls wait in the queue before callers wait for room.
const QUEUE: usize = 64;

/// What is to be sent.
struct Line {
    command: Cow<'static, str>,
    arguments: Option<Box<RawValue>>,
    ends_guest: bool,
}

/// A connection to a guest agent. Cheap to clone; the channel is closed when the last clone is dropped and what
/// guards left to be done is done.
///
/// # Cancel safety
/// Dropping the future of a call is harmless: what was not sent never is; what was sent the agent does, and its
/// answer is discarded by the next synchronisation.
#[derive(Debug, Clone)]
pub struct AgentConnection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    left: mpsc::UnboundedSender<Left>,
    calls: mpsc::Sender<Request>,
    port_open: watch::Sender<Option<bool>>,
    ended: watch::Receiver<bool>,
}

impl AgentConnection {
    /// Begins a connection over the host's end of the agent's channel; sends nothing until the first call. `label` names
    /// it in traces. Must be called on a runtime.
    pub fn new<S>(stream: S, label: impl Into<String>) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (left, left_queue) = mpsc::unbounded_channel();
        let (calls, call_queue) = mpsc::channel(QUEUE);
        let (port_open, port_watched) = watch::channel(None);
        let (ending, ended) = watch::channel(false);
        let intake = Intake {
            left: left_queue,
            calls: call_queue,
            port_open: port_watched,
        };
        tokio::spawn(owner::run(Session::new(stream, label.into()), intake, ending));
        Self {
            inner: Arc::new(Inner {
                left,
                calls,
                port_open,
                ended,
            }),
        }
    }

    /// Executes a typed command.
    ///
    /// # Errors
    /// [`AgentError::NotConnected`] and [`AgentError::Timeout`], which say whether the command had been sent;
    /// [`AgentError::CommandNotFound`], [`AgentError::Disabled`] and [`AgentError::Guest`] as the agent answered;
    /// [`AgentError::Garbled`] and [`AgentError::Decode`] for answers that are not understood.
    pub async fn execute<C: AgentCommand>(&self, command: &C, deadline: Instant) -> AgentResult<C::Reply> {
        self.execute_ticketed(command, &Arc::new(Ticket::new()), deadline)
            .await
    }

    /// Executes a typed command whose ticket tells, also after the future was dropped, whether it was sent.
    pub(super) async fn execute_ticketed<C: AgentCommand>(
        &self,
        command: &C,
        ticket: &Arc<Ticket>,
        deadline: Instant,
    ) -> AgentResult<C::Reply> {
        let name = Cow::Borrowed(C::NAME);
        let arguments = wire::raw(command).map_err(|source| AgentError::Encode {
            command: name.clone(),
            source,
        })?;
        let line = Line {
            command: name.clone(),
            arguments,
            ends_guest: C::ENDS_GUEST,
        };
        let returned = self.call(line, ticket, deadline).await?;
        serde_json::from_str(returned.get()).map_err(|source| AgentError::Decode {
            command: name,
            source,
        })
    }

    /// Executes a command by name: for what has no type here.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_raw(
        &self,
        name: &str,
        arguments: Option<Value>,
        deadline: Instant,
    ) -> AgentResult<Value> {
        let name: Cow<'static, str> = Cow::Owned(name.to_owned());
        let encode = |source| AgentError::Encode {
            command: Cow::Owned(name.to_string()),
            source,
        };
        let arguments = arguments
            .as_ref()
            .map(wire::raw)
            .transpose()
            .map_err(encode)?
            .flatten();
        let line = Line {
            command: name.clone(),
            arguments,
            ends_guest: false,
        };
        let returned = self.call(line, &Arc::new(Ticket::new()), deadline).await?;
        serde_json::from_str(returned.get()).map_err(|source| AgentError::Decode {
            command: name,
            source,
        })
    }

    /// Tells the connection whether the guest has its end of the channel open, as QEMU's event `VSERPORT_CHANGE` says.
    /// While it is closed calls fail at once instead of at their deadline, and a shutdown under way has succeeded.
    pub fn set_port_open(&self, open: bool) {
        self.inner.port_open.send_replace(Some(open));
    }

    /// Whether the channel itself is closed: no further call can succeed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        *self.inner.ended.borrow()
    }

    /// Waits until the channel itself is closed.
    pub async fn closed(&self) {
        // An error says that the task is gone, which is the same.
        let mut ended = self.inner.ended.clone();
        let _gone = ended.wait_for(|ended| *ended).await;
    }

    /// Leaves a command to be done when the channel is free, ahead of the calls that wait. A patient one waits for a
    /// guest that is restarting. Nobody learns of its answer; it must do no harm done twice.
    pub(super) fn leave<C: AgentCommand>(&self, command: &C, patient: bool, deadline: Instant) {
        let line =
            wire::raw(command).and_then(|arguments| wire::encode(C::NAME, arguments.as_deref(), None, false));
        let Ok(line) = line else {
            tracing::error!(command = C::NAME, "the arguments of a command are no JSON");
            return;
        };
        if self
            .inner
            .left
            .send(Left {
                command: C::NAME,
                line,
                deadline,
                patient,
            })
            .is_err()
        {
            tracing::warn!(
                command = C::NAME,
                "the channel of the guest agent was closed before this could be done"
            );
        }
    }

    async fn call(&self, line: Line, ticket: &Arc<Ticket>, deadline: Instant) -> AgentResult<Box<RawValue>> {
        let Line {
            command,
            arguments,
            ends_guest,
        } = line;
        let line = match wire::encode(&command, arguments.as_deref(), None, false) {
            Ok(line) => line,
            Err(source) => return Err(AgentError::Encode { command, source }),
        };
        let (answer, answered) = oneshot::channel();
        let request = Request {
            line,
            reply_is_secret: trace::reply_is_secret(&command, arguments.as_deref()),
            ends_guest,
            ticket: Arc::clone(ticket),
            caller: answer,
        };
        let exchange = async {
            self.inner.calls.send(request).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(Some(Answer::Returned(value))) => Ok(value),
            Ok(Some(Answer::Refused(class, desc))) => Err(AgentError::answered(command, class, desc)),
            Ok(Some(Answer::Garbled(what))) => Err(AgentError::Garbled { command, what }),
            Ok(None) => Err(AgentError::NotConnected {
                command,
                delivery: ticket.withdraw(),
            }),
            Err(_elapsed) => Err(AgentError::Timeout {
                command,
                delivery: ticket.withdraw(),
            }),
        }
    }
}
