//! Where things are below a directory of containers.

use virt_core::host::{Host, TEMPORARY_PREFIX};
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

use crate::tools::Tools;

/// Where things are below a directory of containers: liblxc's lxcpath.
///
/// ```text
/// ROOT/NAME/config              the container, as liblxc's tools read it
///          virt-sdk.json        its definition: uuid, document, and the configuration made of it
///          virt-sdk.run.json    what is to be known of its present run, where that is not the definition's
///          virt-sdk.log         the log of its monitor, of the last run
///          virt-sdk.console.log what its console printed
///          virt-sdk.pid         the number of its monitor
///          virt-sdk.snapshots.json  which of its snapshots is the current one
///          virt-sdk.new         a snapshot that is being made
///          snaps/snapN/         a snapshot, as liblxc has it: config, ts, comment, rootfs
///                      virt-sdk.json  what liblxc has no place for: name, parent, state, documents
/// ROOT/.virt-sdk/lease          who the manager is
///               /manager.json   when containers were started by themselves
///               /making-UUID    a container that is being made
///               /intent-UUID    work on the snapshots of a domain that is under way
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    root: String,
}

impl Layout {
    /// The layout for a URI: its parameter `root`, else where liblxc's tools of the user we are on that machine look.
    pub(crate) async fn of(uri: &ConnectUri, host: &dyn Host) -> Result<Self> {
        uri.only_parameters(&["root"])?;
        let root = match uri.parameter("root") {
            Some(root) => checked(root)?,
            None => Tools::default_directory(host).await?,
        };
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// What is ours alone.
    pub(crate) fn own(&self) -> String {
        format!("{}/.virt-sdk", self.root)
    }

    pub(crate) fn lease(&self) -> String {
        format!("{}/.virt-sdk/lease", self.root)
    }

    pub(crate) fn manager(&self) -> String {
        format!("{}/.virt-sdk/manager.json", self.root)
    }

    /// Where a container's directory is put before it is removed.
    pub(crate) fn removed(&self, uuid: uuid::Uuid) -> String {
        format!("{}/.virt-sdk/removed-{uuid}", self.root)
    }

    pub(crate) fn container(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    pub(crate) fn config(&self, name: &str) -> String {
        format!("{}/{name}/config", self.root)
    }

    pub(crate) fn definition(&self, name: &str) -> String {
        format!("{}/{name}/{}", self.root, Self::DEFINITION)
    }

    pub(crate) fn run(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.run.json", self.root)
    }

    pub(crate) fn log(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.log", self.root)
    }

    pub(crate) fn console_log(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.console.log", self.root)
    }

    pub(crate) fn pid_file(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.pid", self.root)
    }

    /// The configuration of one run, where it is not the container's own.
    pub(crate) fn once(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.once", self.root)
    }

    /// The snapshots of a container.
    pub(crate) fn snapshots(&self, name: &str) -> String {
        format!("{}/{name}/snaps", self.root)
    }

    /// One of them, by its directory.
    pub(crate) fn snapshot(&self, name: &str, directory: &str) -> String {
        format!("{}/{name}/snaps/{directory}", self.root)
    }

    /// What is to be known of all of them.
    pub(crate) fn snapshots_record(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.snapshots.json", self.root)
    }

    /// Where a container is made, before it is one.
    pub(crate) fn making(&self, uuid: uuid::Uuid) -> String {
        format!("{}/.virt-sdk/{}{uuid}", self.root, Self::MAKING)
    }

    /// What the names of such directories begin with.
    pub(crate) const MAKING: &'static str = "making-";

    /// Where a snapshot is made, before it is one.
    pub(crate) fn new_snapshot(&self, name: &str) -> String {
        format!("{}/{name}/virt-sdk.new", self.root)
    }

    /// Work on the snapshots of a domain that is under way.
    pub(crate) fn intent(&self, uuid: uuid::Uuid) -> String {
        format!("{}/.virt-sdk/{}{uuid}", self.root, Self::INTENT)
    }

    /// What the names of such files begin with.
    pub(crate) const INTENT: &'static str = "intent-";

    const DEFINITION: &'static str = "virt-sdk.json";

    /// Whether a file of a container's directory is of a kind that we write there.
    pub(crate) fn is_ours(file: &str) -> bool {
        file == "config" || file.starts_with("virt-sdk.") || file.starts_with(TEMPORARY_PREFIX)
    }
}

fn checked(root: &str) -> Result<String> {
    let refuse = |why: &'static str| {
        Err(Error::new(ErrorKind::InvalidArgument, why).with_subject(Subject::Path(root.to_owned())))
    };
    if !root.starts_with('/') {
        return refuse("the directory of containers is an absolute path");
    }
    if root.split('/').any(|part| part == "..") {
        return refuse("the directory of containers has no '..' in its path");
    }
    let trimmed = root.trim_end_matches('/');
    if trimmed.is_empty() {
        return refuse("the directory of containers is not the root of the file system");
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_that_could_be_anywhere_are_refused() {
        for root in ["relative", "/a/../b", "/", "//"] {
            assert_eq!(
                checked(root).unwrap_err().kind(),
                ErrorKind::InvalidArgument,
                "{root}"
            );
        }
        assert_eq!(checked("/var/lib/lxc/").unwrap(), "/var/lib/lxc");
    }
}
