//! `lxc-snapshot`: snapshots of roots that only liblxc knows how to copy.

use virt_core::Result;

use super::Tools;

impl Tools {
    /// Has liblxc make a snapshot of a container that is off.
    pub(crate) async fn make_snapshot(&self, container: &str) -> Result<()> {
        let command = self.command("lxc-snapshot", container);
        self.work("lxc-snapshot", command).await.map(drop)
    }

    /// Has liblxc replace a container that is off by one of its snapshots, by its directory.
    pub(crate) async fn restore_snapshot(&self, container: &str, directory: &str) -> Result<()> {
        let command = self.command("lxc-snapshot", container).args(["-r", directory]);
        self.work("lxc-snapshot", command).await.map(drop)
    }

    /// Has liblxc remove a snapshot, by its directory.
    pub(crate) async fn destroy_snapshot(&self, container: &str, directory: &str) -> Result<()> {
        let command = self.command("lxc-snapshot", container).args(["-d", directory]);
        self.work("lxc-snapshot", command).await.map(drop)
    }
}
