//! Finding the process of a run again.

use virt_core::Result;
use virt_core::host::{Host, ProcessInfo};

use crate::state::RunRecord;

/// What was found of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Its process lives.
    Alive(ProcessInfo),
    /// There is none.
    Gone,
}

/// Looks for a run's QEMU: by the process its record names, by its pid file, and at last, since QEMU may not have come so
/// far as to write one, by the arguments of every QEMU there is.
pub(crate) async fn find(host: &dyn Host, record: &RunRecord) -> Result<Found> {
    let is_ours = |info: &ProcessInfo| !info.zombie && record.is_run_by(&info.argv);
    let mut pids: Vec<u32> = record.process.map(|process| process.pid).into_iter().collect();
    if let Ok(content) = host.files().read(&record.pid_file()).await {
        pids.extend(String::from_utf8_lossy(&content).trim().parse::<u32>());
    }
    for pid in pids {
        if let Some(info) = host.processes().inspect(pid).await?.filter(is_ours) {
            return Ok(Found::Alive(info));
        }
    }
    let all = host.processes().list(record.program_name()).await?;
    // A launch that was cut may leave QEMU's first process beside the daemon it forked; the daemon is the younger.
    let youngest = all
        .into_iter()
        .filter(is_ours)
        .max_by_key(|info| (info.identity.start_time, info.identity.pid));
    Ok(youngest.map_or(Found::Gone, Found::Alive))
}
