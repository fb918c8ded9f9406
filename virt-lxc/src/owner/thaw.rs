//! What others freeze when liblxc does not expect it: the group is thawed by its file.
//!
//! `lxc-freeze` takes a container that is just being started, too. liblxc then waits for its init, which stands still, and
//! hears nobody who asks it to go on. And a program that is just going into a container is frozen with it, outlives it,
//! and keeps its group.
//!
//! Groups are named for the whole machine, and containers for a directory: what another directory's container of the same
//! name has is left alone.

use std::time::Duration;

use virt_core::Result;
use virt_core::host::Command;

use super::Owner;
use crate::cgroup::{ContainerGroups, Controller};

/// A start or an end that takes longer may be frozen.
const QUICKLY: Duration = Duration::from_secs(1);

/// Thaws the groups of a name whose processes a monitor of this directory has started.
const THAW_STARTING: &str = r#"
monitor="[lxc monitor] $1 $2"; group=lxc.payload.$2; shift 2
is_ours() {
    while read -r process; do
        parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status") || continue
        [ "$(tr '\0' ' ' <"/proc/$parent/cmdline" | sed 's/ *$//')" = "$monitor" ] && return 0
    done <"$1/cgroup.procs"
    return 1
}
for mount do
    for place in "$mount/$group" "$mount/$group"-[0-9]* "$mount"/*/"$group" "$mount"/*/"$group"-[0-9]*; do
        [ -e "$place/cgroup.procs" ] && is_ours "$place" || continue
        if [ -e "$place/freezer.state" ]; then echo THAWED >"$place/freezer.state"; fi
        if [ -e "$place/cgroup.freeze" ]; then echo 0 >"$place/cgroup.freeze"; fi
    done
done
"#;

/// Thaws this very group.
const THAW: &str = r#"
if [ -e "$1/freezer.state" ]; then echo THAWED >"$1/freezer.state"; fi
if [ -e "$1/cgroup.freeze" ]; then echo 0 >"$1/cgroup.freeze"; fi
"#;

impl Owner {
    /// Waits for work on a container that ends only if what is in its group goes on.
    pub(super) async fn thawing<T>(&self, name: &str, work: impl Future<Output = T>) -> T {
        let groups = self.running.as_ref().map(|running| running.run.groups.clone());
        let mut work = Box::pin(work);
        loop {
            if let Ok(done) = tokio::time::timeout(QUICKLY, &mut work).await {
                return done;
            }
            let thawed = match &groups {
                Some(groups) => self.thaw_run(groups).await,
                None => self.thaw_start(name).await,
            };
            if let Err(error) = thawed {
                tracing::debug!(domain = %self.entry.name(), %error, "what may be frozen could not be thawed");
            }
        }
    }

    /// Lets a container go on that is being started.
    pub(super) async fn thaw_start(&self, name: &str) -> Result<()> {
        let groups = self.manager.groups();
        let command = Command::new("/bin/sh")
            .args(["-c", THAW_STARTING, "sh", self.manager.store.layout.root(), name])
            .args(groups.mounts());
        self.manager.host.processes().run(command).await.map(drop)
    }

    /// Lets go on whatever is in the group of a run.
    pub(super) async fn thaw_run(&self, groups: &ContainerGroups) -> Result<()> {
        let Some((_, directory)) = groups.of(Controller::Freezer) else {
            return Ok(());
        };
        let command = Command::new("/bin/sh").args(["-c", THAW, "sh", directory]);
        self.manager.host.processes().run(command).await.map(drop)
    }
}
