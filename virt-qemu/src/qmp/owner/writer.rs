//! The writing loop: urgent calls first, the others while there is room in the window.

use std::sync::Arc;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{Answer, Call, Intake, Pending, Shared};
use crate::qmp::error::DisconnectReason;
use crate::qmp::{trace, wire};

/// Writes calls until every handle is gone or writing fails.
pub(super) async fn run<W: AsyncWrite + Unpin>(
    mut write: W,
    shared: &Shared,
    intake: &mut Intake,
) -> DisconnectReason {
    let mut last_id: u64 = 0;
    loop {
        let next = tokio::select! {
            biased;
            call = intake.urgent.recv() => call.map(|call| (call, None)),
            next = next_normal(&shared.window, &mut intake.normal) => next,
        };
        let Some((call, permit)) = next else {
            return DisconnectReason::Closed;
        };
        last_id = last_id.wrapping_add(1);
        if let Err(error) = send(&mut write, shared, call, (last_id, permit)).await {
            return DisconnectReason::Io(Arc::new(error));
        }
    }
}

/// The next ordinary call together with its place in the window. Dropping the future loses neither.
async fn next_normal(
    window: &Arc<Semaphore>,
    queue: &mut mpsc::Receiver<Call>,
) -> Option<(Call, Option<OwnedSemaphorePermit>)> {
    let permit = Arc::clone(window).acquire_owned().await.ok()?;
    queue.recv().await.map(|call| (call, Some(permit)))
}

async fn send<W: AsyncWrite + Unpin>(
    write: &mut W,
    shared: &Shared,
    call: Call,
    (id, permit): (u64, Option<OwnedSemaphorePermit>),
) -> std::io::Result<()> {
    let Call {
        name,
        arguments,
        out_of_band,
        ticket,
        answer,
    } = call;
    let oob = out_of_band && shared.has_oob();
    let line = match wire::encode(&name, arguments.as_deref(), Some(id), oob) {
        Ok(line) => line,
        Err(error) => {
            // The ticket is still queued, so the caller learns that nothing was sent.
            let _unwanted = answer.send(Answer::NotJson(error));
            return Ok(());
        }
    };
    if !ticket.take() {
        return Ok(());
    }
    let reply_is_secret = trace::reply_is_secret(&name, arguments.as_deref());
    shared.pending().insert(
        id,
        Pending {
            answer,
            reply_is_secret,
            _permit: permit,
        },
    );
    trace::sent(&shared.label, &line);
    write.write_all(&line).await?;
    write.flush().await
}
