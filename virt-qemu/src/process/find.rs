//! Finding the process of a run again.

use std::time::Duration;

use virt_core::Result;
use virt_core::host::{BatchMode, Host, HostOp, HostReply, ProcessInfo};

use super::launch::LAUNCHER;
use crate::state::{RunPhase, RunRecord};

/// What was found of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Its process lives.
    Alive(ProcessInfo),
    /// There is none.
    Gone,
}

/// After so long a launch that has not come to QEMU yet is looked at again, and how often.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
const LOOKS: u32 = 100;

/// Looks for a run's QEMU: by the process its record names, by its pid file, and at last, since QEMU may not have come so
/// far as to write one, by the arguments of every QEMU there is.
///
/// # Errors
/// Whatever keeps the machine from telling: an answer that did not come says nothing about the process.
pub(crate) async fn find(host: &dyn Host, record: &RunRecord) -> Result<Found> {
    let is_ours = |info: &ProcessInfo| {
        // A process that is being loaded, or about to end, has no arguments.
        !info.zombie && (record.process == Some(info.identity) || record.is_run_by(&info.argv))
    };
    let (named, written) = named_processes(host, record).await?;
    if let Some(info) = named.filter(is_ours) {
        return Ok(Found::Alive(info));
    }
    // A start that was confirmed named the one process there is: looking at all of them would find no other.
    if record.phase == RunPhase::Running && record.process.is_some() {
        return Ok(Found::Gone);
    }
    if let Some(info) = written.filter(is_ours) {
        return Ok(Found::Alive(info));
    }
    // A launch that was cut may have QEMU's launcher going on, with a QEMU that has no arguments yet.
    for _ in 0..LOOKS {
        if let Some(info) = youngest(host, record.program_name(), is_ours).await? {
            return Ok(Found::Alive(info));
        }
        if record.phase != RunPhase::Launching || youngest(host, LAUNCHER, is_ours).await?.is_none() {
            return Ok(Found::Gone);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let launcher = youngest(host, LAUNCHER, is_ours).await?;
    Ok(launcher.map_or(Found::Gone, Found::Alive))
}

/// The processes that a record and its pid file name: in one round trip.
async fn named_processes(
    host: &dyn Host,
    record: &RunRecord,
) -> Result<(Option<ProcessInfo>, Option<ProcessInfo>)> {
    let mut ops = vec![HostOp::InspectPidFile {
        path: record.pid_file(),
    }];
    ops.extend(record.process.map(|process| HostOp::Inspect { pid: process.pid }));
    let mut replies = host.batch(BatchMode::All, ops).await.into_iter();
    let written = match replies.next() {
        Some(Ok(HostReply::Process(info))) => info,
        // Where it can't be read, the arguments tell.
        _ => None,
    };
    let named = match replies.next().transpose()? {
        Some(HostReply::Process(info)) => info,
        _ => None,
    };
    Ok((named, written))
}

async fn youngest(
    host: &dyn Host,
    program: &str,
    is_ours: impl Fn(&ProcessInfo) -> bool,
) -> Result<Option<ProcessInfo>> {
    let all = host.processes().list(program).await?;
    let ours = all.into_iter().filter(|info| is_ours(info));
    Ok(ours.max_by_key(|info| (info.identity.start_time, info.identity.pid)))
}
