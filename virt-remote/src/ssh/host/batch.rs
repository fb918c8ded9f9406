//! A batch on a far machine: one round trip.

use virt_core::host::{BatchMode, HostOp, HostReply, ProcScale};
use virt_core::{Error, ErrorKind, Outcome, Result};

use super::answer::{Answer, End};
use super::connection::Connection;
use super::error::lost;
use super::operation::{self, Operation};
use super::pool::Abandoned;
use super::quote::Call;
use super::reply;
use super::worker::Request;

/// Carries out a batch in order.
pub(super) async fn run(
    connection: &Connection,
    mode: BatchMode,
    ops: Vec<HostOp>,
) -> Vec<Result<HostReply>> {
    run_with(connection, mode, ops, Abandoned::Finishes).await
}

/// Carries out one operation.
///
/// # Errors
/// The operation's.
pub(super) async fn one(connection: &Connection, op: HostOp, abandoned: Abandoned) -> Result<HostReply> {
    let mut replies = run_with(connection, BatchMode::All, vec![op], abandoned).await;
    replies
        .pop()
        .unwrap_or_else(|| Err(Error::new(ErrorKind::Internal, "a batch of one gave no reply")))
}

async fn run_with(
    connection: &Connection,
    mode: BatchMode,
    ops: Vec<HostOp>,
    abandoned: Abandoned,
) -> Vec<Result<HostReply>> {
    if ops.is_empty() {
        return Vec::new();
    }
    let mut request = Request::new(mode == BatchMode::StopAtError);
    let mut steps = Vec::with_capacity(ops.len());
    for op in ops {
        match operation::prepare(op) {
            Ok(Operation {
                call,
                input,
                expected,
                temporary,
            }) => {
                request.push(&call, input);
                request.note_temporary(temporary);
                steps.push(Ok(expected));
            }
            // Its turn comes all the same: what stands before it is done, and what stands behind it may depend on it.
            Err(error) => {
                request.push(&Call::new("fail refused"), None);
                steps.push(Err(error));
            }
        }
    }
    let asked = async {
        let login = connection.login().await?;
        let answers = login.pool.ask(request, abandoned).await?;
        Ok::<_, Error>((answers, login.scale))
    };
    let asked = asked.await;
    match asked {
        Ok((answers, scale)) => steps
            .into_iter()
            .zip(answers)
            .map(|(step, answer)| decide(step, &answer, scale))
            .collect(),
        Err(error) => steps
            .iter()
            .map(|_| Err(again(&error, connection.name())))
            .collect(),
    }
}

fn decide(step: Result<reply::Expected>, answer: &Answer, scale: ProcScale) -> Result<HostReply> {
    if answer.end == End::NotBegun {
        return Err(Error::new(
            ErrorKind::Cancelled,
            "not begun: an operation before it in the batch failed",
        ));
    }
    reply::read(&step?, answer, scale)
}

/// The same failure for each operation of a batch that was lost on the way.
fn again(error: &Error, host: &str) -> Error {
    match error.kind() {
        ErrorKind::ConnectionLost => lost(host, error.outcome()),
        kind => Error::new(kind, error.message().to_owned()),
    }
    .with_outcome(match error.outcome() {
        Outcome::NotApplied => Outcome::NotApplied,
        _ => Outcome::Unknown,
    })
}
