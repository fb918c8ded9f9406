//! What others freeze when liblxc does not expect it: the group is thawed by its file.
//!
//! `lxc-freeze` takes a container that is just being started, too. liblxc then waits for its init, which stands still, and
//! hears nobody who asks it to go on. And a program that is just going into a container is frozen with it, outlives it,
//! and keeps its group.

use std::time::Duration;

use virt_core::Result;
use virt_core::host::Command;

use super::Owner;

/// A start that takes longer may be frozen.
pub(super) const STARTS_WITHIN: Duration = Duration::from_secs(1);

/// Thaws a group by its name, in whatever hierarchies are mounted there.
const SCRIPT: &str = r#"
group=lxc.payload.$1; shift
for mount do
    for place in "$mount/$group" "$mount"/*/"$group"; do
        if [ -e "$place/freezer.state" ]; then echo THAWED >"$place/freezer.state"; fi
        if [ -e "$place/cgroup.freeze" ]; then echo 0 >"$place/cgroup.freeze"; fi
    done
done
"#;

impl Owner {
    /// Lets go on whatever is in a container's group.
    pub(super) async fn thaw_group(&self, name: &str) -> Result<()> {
        let groups = self.manager.groups();
        let command = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh", name])
            .args(groups.mounts());
        self.manager.host.processes().run(command).await.map(drop)
    }
}
