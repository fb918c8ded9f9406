//! A run whose monitor was killed while it was frozen: liblxc takes it for ended, and nobody but us ends it.

use virt_core::host::{Command, Signal};
use virt_core::{CallContext, Outcome, Result};
use virt_manager::OwnerTask as _;

use super::Owner;
use crate::cgroup::{Controller, Hierarchy};

impl Owner {
    /// Ends a container's init that is still there though liblxc knows of none: what is frozen hears no signal before it
    /// goes on.
    pub(super) async fn end_abandoned(&self, call: &CallContext) -> Result<()> {
        let run = std::sync::Arc::clone(&self.active()?.run);
        let processes = self.manager.host.processes();
        let process = processes.inspect(run.init.pid).await?;
        if process.is_none_or(|process| process.identity != run.init || process.zombie) {
            return Ok(());
        }
        // First the signal: when it goes on it ends, and does nothing else.
        processes.signal(run.init, Signal::Kill).await?;
        let thaw = match run.groups.of(Controller::Freezer) {
            Some((Hierarchy::V1, directory)) => Some(("THAWED", format!("{directory}/freezer.state"))),
            Some((Hierarchy::V2, directory)) => Some(("0", format!("{directory}/cgroup.freeze"))),
            None => None,
        };
        if let Some((word, file)) = thaw {
            let script = "printf %s \"$1\" > \"$2\"";
            processes
                .run(Command::new("/bin/sh").args(["-c", script, "sh", word, &file]))
                .await?;
        }
        call.bound(Outcome::Unknown, processes.wait_exit(run.init)).await
    }
}
