//! What others freeze when liblxc does not expect it: the group is thawed by its file.
//!
//! `lxc-freeze` takes a container that is just being started, too. liblxc then waits for its init, which stands still, and
//! hears nobody who asks it to go on. And a program that is just going into a container is frozen with it, outlives it,
//! and keeps its group.

use std::time::Duration;

use virt_core::Result;
use virt_core::host::Command;

use super::Owner;

/// A start or an end that takes longer may be frozen.
pub(super) const QUICKLY: Duration = Duration::from_secs(1);

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
    /// Waits for work on a container that ends only if what is in its group goes on.
    pub(super) async fn thawing<T>(&self, name: &str, work: impl Future<Output = T>) -> T {
        let mut work = Box::pin(work);
        loop {
            if let Ok(done) = tokio::time::timeout(QUICKLY, &mut work).await {
                return done;
            }
            if let Err(error) = self.thaw_group(name).await {
                tracing::debug!(domain = name, %error, "what may be frozen could not be thawed");
            }
        }
    }

    /// Lets go on whatever is in a container's group.
    pub(super) async fn thaw_group(&self, name: &str) -> Result<()> {
        let groups = self.manager.groups();
        let command = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh", name])
            .args(groups.mounts());
        self.manager.host.processes().run(command).await.map(drop)
    }
}
