//! The task that owns the agent's channel: one command at a time, in order.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::session::{Answer, Closed, Session};
use crate::qmp::ticket::Ticket;

/// A command that a caller waits for. When the caller goes, it is given up.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) line: Vec<u8>,
    pub(super) reply_is_secret: bool,
    pub(super) ends_guest: bool,
    pub(super) ticket: Arc<Ticket>,
    pub(super) caller: oneshot::Sender<Answer>,
}

/// A command that nobody waits for: what a guard left to be done. Doing it twice does no harm.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) command: &'static str,
    pub(super) line: Vec<u8>,
    pub(super) deadline: Instant,
    /// Whether it waits for a guest that has closed its end, and is repeated where that leaves it unanswered.
    pub(super) patient: bool,
}

/// The queues of the owner.
#[derive(Debug)]
pub(super) struct Intake {
    /// Goes first.
    pub(super) left: mpsc::UnboundedReceiver<Left>,
    pub(super) calls: mpsc::Receiver<Request>,
    /// Whether the guest has its end of the channel open, once that is known.
    pub(super) port_open: watch::Receiver<Option<bool>>,
}

/// Carries out commands until the channel is closed or every handle is gone.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    mut session: Session<S>,
    mut intake: Intake,
    ended: watch::Sender<bool>,
) {
    loop {
        let done = tokio::select! {
            biased;
            Some(left) = intake.left.recv() => do_left(&mut session, left, &mut intake.port_open).await,
            request = intake.calls.recv() => match request {
                Some(request) => serve(&mut session, request, &mut intake.port_open).await,
                None => break,
            },
            closed = session.idle() => Err(closed),
        };
        if let Err(Closed) = done {
            break;
        }
    }
    ended.send_replace(true);
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    mut request: Request,
    port_open: &mut watch::Receiver<Option<bool>>,
) -> Result<(), Closed> {
    // Where the request is dropped without an answer, its ticket tells the caller how far it came.
    tokio::select! {
        biased;
        () = request.caller.closed() => return Ok(()),
        () = closes(port_open) => {
            session.invalidate();
            return Ok(());
        }
        synced = session.sync() => synced?,
    }
    if !request.ticket.take() {
        return Ok(());
    }
    let exchanged = tokio::select! {
        biased;
        () = request.caller.closed() => return Ok(()),
        exchanged = session.exchange(&request.line, request.reply_is_secret) => exchanged.map(Some),
        () = closes(port_open) => {
            session.invalidate();
            Ok(None)
        }
    };
    let (answer, done) = match exchanged {
        Ok(Some(answer)) => (Some(answer), Ok(())),
        Ok(None) => (gone(request.ends_guest), Ok(())),
        Err(closed) => (gone(request.ends_guest), Err(closed)),
    };
    if let Some(answer) = answer {
        // A caller that no longer waits is no fault.
        let _unwanted = request.caller.send(answer);
    }
    done
}

/// What it means for the command that was sent that the guest closed its end or the channel was closed.
fn gone(ends_guest: bool) -> Option<Answer> {
    let nothing = serde_json::value::to_raw_value(&serde_json::Map::new()).ok()?;
    ends_guest.then_some(Answer::Returned(nothing))
}

async fn do_left<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    left: Left,
    port_open: &mut watch::Receiver<Option<bool>>,
) -> Result<(), Closed> {
    let Left {
        command,
        line,
        deadline,
        patient,
    } = left;
    let attempts = async {
        loop {
            let attempt = async {
                session.sync().await?;
                session.exchange(&line, false).await
            };
            tokio::select! {
                biased;
                answer = attempt => return answer.map(Some),
                () = closes(port_open) => {
                    session.invalidate();
                    if !patient {
                        return Ok(None);
                    }
                    opens(port_open).await;
                }
            }
        }
    };
    match tokio::time::timeout_at(deadline, attempts).await {
        Ok(Ok(Some(Answer::Returned(_)))) => Ok(()),
        Ok(Ok(answer)) => {
            tracing::warn!(
                command,
                ?answer,
                "the guest agent did not do what was left to be done"
            );
            Ok(())
        }
        Ok(Err(closed)) => {
            tracing::warn!(
                command,
                "the channel of the guest agent was closed before this was done"
            );
            Err(closed)
        }
        Err(_elapsed) => {
            tracing::warn!(
                command,
                "the guest agent did not answer in time what was left to be done"
            );
            Ok(())
        }
    }
}

/// Returns when the guest is known to have closed its end; never otherwise.
async fn closes(port_open: &mut watch::Receiver<Option<bool>>) {
    if port_open.wait_for(|open| *open == Some(false)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Returns when the guest is not known to have closed its end; never where nobody is left to say so.
async fn opens(port_open: &mut watch::Receiver<Option<bool>>) {
    if port_open.wait_for(|open| *open != Some(false)).await.is_err() {
        std::future::pending::<()>().await;
    }
}
