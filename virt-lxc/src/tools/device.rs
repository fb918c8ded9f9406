//! `lxc-device`: nodes of devices in a running container.

use virt_core::Result;

use super::Tools;

impl Tools {
    /// Makes the node of a device in a running container, which may use it from then on.
    pub(crate) async fn add_node(&self, container: &str, path: &str) -> Result<()> {
        self.node(container, "add", path).await
    }

    /// Takes it away again.
    pub(crate) async fn remove_node(&self, container: &str, path: &str) -> Result<()> {
        self.node(container, "del", path).await
    }

    async fn node(&self, container: &str, what: &str, path: &str) -> Result<()> {
        let command = self.command("lxc-device", container).args(["--", what, path]);
        self.must(command).await.map(drop)
    }
}
