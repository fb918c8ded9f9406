//! `lxc-cgroup`: limits of a running container.

use virt_core::Result;

use super::Tools;

impl Tools {
    /// Sets a value in a control group of a running container: `memory.limit_in_bytes`, `cpu.weight`.
    pub(crate) async fn set_group_value(&self, container: &str, key: &str, value: &str) -> Result<()> {
        let command = self.command("lxc-cgroup", container).args(["--", key, value]);
        self.must(command).await.map(drop)
    }
}
