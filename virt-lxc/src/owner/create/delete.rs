//! Removing a container with its root.

use virt_core::event::DomainChange;
use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::{Error, ErrorKind, Result};
use virt_manager::{OwnerTask as _, transient};

use super::super::Owner;
use crate::config::ContainerConfig;
use crate::store::{Backing, BackingKind};

impl Owner {
    pub(super) async fn delete_with_rootfs(&mut self) -> Result<()> {
        self.must_be_inactive()?;
        if self.entry.view().inactive.is_none() {
            return Err(transient());
        }
        self.recover_snapshots().await?;
        self.read_definition_again().await?;
        self.must_have_no_snapshot_directories().await?;
        let name = self.name();
        self.must_have_no_copies(&name).await?;
        let store = &self.manager.store;
        let directory = store.layout.container(&name);
        let native = ContainerConfig::parse(self.native.as_deref().unwrap_or_default())?;
        let backing = Backing::of(&native)?;
        let is_below = |path: &str| is_below(path, &directory);
        let is_copy = store
            .host
            .files()
            .stat(&format!("{directory}/lxc_rdepends"))
            .await?
            .is_some();
        let by_liblxc = match &backing {
            Some(Backing {
                kind: BackingKind::Liblxc { name },
                path,
            }) => {
                let place = path.split_once(':').map_or(path.as_str(), |(_, place)| place);
                if !is_below(place) {
                    return Err(Error::unsupported(format!(
                        "the container's root is a volume of its own ({name}): undefine it, and remove the volume, or use \
                         lxc-destroy"
                    )));
                }
                true
            }
            Some(backing) => is_copy && is_below(&backing.path),
            None => false,
        };
        self.must_be_ours_alone(&directory, |source| {
            source == directory || source.starts_with(&format!("{directory}/"))
        })?;
        self.manager.tools.must_hold_no_mount(&directory).await?;
        self.must_be_stopped().await?;
        if by_liblxc {
            // It also notes that the root it shares has one copy less.
            self.manager.tools.destroy_container(&name).await?;
        }
        let away = store.layout.removed(self.entry.uuid());
        let rights = self.rights(&native);
        self.manager
            .tools
            .erase(&rights, std::slice::from_ref(&away))
            .await?;
        if store.host.files().stat(&directory).await?.is_some() {
            self.must_be_stopped().await?;
            // In one step: whoever comes in the middle finds it whole or not at all.
            store.host.files().rename(&directory, &away).await?;
        }
        self.native = None;
        self.update(|view| {
            view.inactive = None;
            view.origin = None;
            view.autostart = false;
            view.visible = false;
        });
        self.publish(DomainChange::Undefined);
        if let Err(error) = self.manager.tools.erase(&rights, &[away]).await {
            // It is no container any more; the next open removes what is left.
            tracing::warn!(domain = %name, %error, "a root file system could not be removed");
        }
        Ok(())
    }

    /// Refuses to touch a root that copies of the container share.
    pub(in crate::owner) async fn must_have_no_copies(&self, container: &str) -> Result<()> {
        let noted = self.copies(container).await?;
        let noted: Vec<(&str, &str)> = noted
            .lines()
            .step_by(2)
            .zip(noted.lines().skip(1).step_by(2))
            .collect();
        let stats = noted.iter().map(|(root, name)| HostOp::Stat {
            path: format!("{root}/{name}/config"),
        });
        let mut copies = Vec::new();
        let stats = self.manager.host.batch(BatchMode::All, stats.collect()).await;
        for ((_, name), reply) in noted.iter().zip(stats) {
            // The note of one that is gone may be still there.
            if let HostReply::Stat(Some(_)) = reply? {
                copies.push(*name);
            }
        }
        if copies.is_empty() {
            return Ok(());
        }
        let message = format!(
            "there are copies that share the container's root ({}): remove them first",
            copies.join(", ")
        );
        Err(Error::new(ErrorKind::InvalidState, message))
    }

    /// What liblxc notes of copies that share the root: two lines of each, its directory of containers and its name.
    pub(super) async fn copies(&self, container: &str) -> Result<String> {
        let path = format!(
            "{}/{}",
            self.manager.store.layout.container(container),
            Self::COPIES
        );
        match self.manager.host.files().read(&path).await {
            Ok(copies) => Ok(String::from_utf8_lossy(&copies).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// The file of those notes.
    pub(super) const COPIES: &'static str = "lxc_snapshots";
}

/// Whether a path is below a directory, whatever it looks like.
fn is_below(path: &str, directory: &str) -> bool {
    let below = path
        .strip_prefix(directory)
        .and_then(|rest| rest.strip_prefix('/'));
    below.is_some_and(|below| below.split('/').all(|part| part != ".."))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_path_that_leads_out_again_is_not_below() {
        assert!(is_below("/c/web/rootfs", "/c/web"));
        assert!(!is_below("/c/web/../db/rootfs", "/c/web"));
        assert!(!is_below("/c/webs/rootfs", "/c/web"));
        assert!(!is_below("/c/web", "/c/web"));
    }
}
