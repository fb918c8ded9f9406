//! Ending a run's process.

use std::time::Duration;

use virt_core::host::{Host, ProcessIdentity, Signal};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::find::{Found, find};
use crate::state::RunRecord;

/// How long QEMU has to write back its caches and end, before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How long a killed process may take: the kernel may have to wait for its storage.
const KILL_TIME: Duration = Duration::from_secs(20);

/// How often a run's process is looked for and ended.
const ROUNDS: u32 = 4;

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndMode {
    /// Asked to end; killed when it has not in time.
    Firm,
    /// Asked to end, and never killed.
    Graceful,
    /// Killed.
    Kill,
}

/// Ends whatever process there is of a run, and waits until there is none.
///
/// # Errors
/// `Timeout`, with the process still there, when a graceful end takes longer than the call has.
pub(crate) async fn end_process(
    host: &dyn Host,
    record: &RunRecord,
    mode: EndMode,
    call: &CallContext,
) -> Result<()> {
    // As a rule once: a launch cut half-way may have left a second process.
    for _ in 0..ROUNDS {
        let Found::Alive(info) = find(host, record).await? else {
            return Ok(());
        };
        let process = info.identity;
        let mode = if info.stopped && mode == EndMode::Firm {
            EndMode::Kill
        } else {
            mode
        };
        if mode != EndMode::Kill {
            signal(host, process, Signal::Terminate).await?;
            let limit = if mode == EndMode::Graceful {
                call.remaining()
            } else {
                GRACE
            };
            if let Ok(ended) = tokio::time::timeout(limit, host.processes().wait_exit(process)).await {
                ended?;
                continue;
            }
            if mode == EndMode::Graceful {
                return Err(call.timeout(Outcome::Unknown));
            }
        }
        signal(host, process, Signal::Kill).await?;
        let killed = CallContext::new(call.operation, call.class, KILL_TIME);
        killed
            .bound(Outcome::Unknown, host.processes().wait_exit(process))
            .await?;
    }
    match find(host, record).await? {
        Found::Gone => Ok(()),
        Found::Alive(_) => Err(Error::new(
            ErrorKind::Failed,
            "the run's process is there again and again, however often it is ended",
        )),
    }
}

async fn signal(host: &dyn Host, process: ProcessIdentity, signal: Signal) -> Result<()> {
    match host.processes().signal(process, signal).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
