//! Snapshots: what a container was at a moment, its definition and its root file system.
//!
//! The memory of a container is no part of one: that would need CRIU. One that runs is frozen while its root is copied, and
//! when it is gone back to it is started anew, and frozen where it was.
//!
//! A root in a directory, an image or an overlay is copied by us, wherever on the machine it is: `lxc-snapshot` copies only
//! what is below the container's own directory, and goes back by destroying the container first. Where liblxc alone
//! knows how to copy (btrfs, zfs, lvm), its tool does it, of containers that are off.
//!
//! Going back, the copy is made beside the root (`ROOT.virt-sdk-new`) while the container goes on; then it is ended, and the
//! two change places by renames. What is being done stands written (`intent-UUID`), so that after a crash the next open
//! finishes it or takes it back.

mod delete;
mod make;
mod recover;
mod redefine;
mod revert;

use std::sync::{Arc, OnceLock};

use virt_core::host::FileKind;
use virt_core::model::SnapshotConfig;
use virt_core::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotRevertOptions};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};
use virt_manager::OwnerTask as _;

use super::Owner;
use crate::config::ContainerConfig;
use crate::tools::{Rights, SeenState};

/// So often a container that is ending is looked at.
const MOST_LOOKS: u32 = 40;

/// What an owner is asked to do with snapshots.
#[derive(Debug)]
pub(crate) enum SnapshotWork {
    Make {
        config: Box<SnapshotConfig>,
        options: SnapshotCreateOptions,
        /// Is told the name.
        made: Arc<OnceLock<String>>,
    },
    Revert {
        snapshot: String,
        options: SnapshotRevertOptions,
    },
    Delete {
        snapshot: String,
        options: SnapshotDeleteOptions,
    },
    /// Work that a crash has cut off is finished or taken back.
    Recover,
}

impl Owner {
    pub(super) async fn snapshot(&mut self, call: &CallContext, work: SnapshotWork) -> Result<()> {
        // Before anything else: it may have been cut off by the machine's being away.
        self.recover_snapshots().await?;
        match work {
            SnapshotWork::Make {
                config,
                options,
                made,
            } => {
                let name = if options.redefine {
                    self.redefine_snapshot(&config, &options).await?
                } else {
                    self.make_snapshot(call, &config, &options).await?
                };
                drop(made.set(name));
                Ok(())
            }
            SnapshotWork::Revert { snapshot, options } => self.revert(call, &snapshot, &options).await,
            SnapshotWork::Delete { snapshot, options } => self.delete_snapshot(&snapshot, &options).await,
            SnapshotWork::Recover => Ok(()),
        }
    }

    /// Refuses to forget a container that has snapshots.
    pub(super) async fn must_have_no_snapshots(&self) -> Result<()> {
        let snapshots = self.manager.store.snapshots(&self.name()).await?;
        let ours: Vec<&str> = snapshots
            .all()
            .filter(|(_, kept)| kept.record.is_some())
            .map(|(name, _)| name)
            .collect();
        if ours.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the domain has snapshots ({}): delete them first, with metadata_only to keep what they hold",
            ours.join(", ")
        );
        Err(Error::new(ErrorKind::InvalidState, message))
    }

    /// Refuses to remove a container with files of snapshots: also of those that lxc-snapshot has made, and of those of
    /// which no note is taken any more.
    pub(in crate::owner) async fn must_have_no_snapshot_directories(&self) -> Result<()> {
        let path = self.manager.store.layout.snapshots(&self.name());
        let entries = match self.manager.host.files().list_dir(&path).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let directories: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry.kind == FileKind::Directory)
            .map(|entry| entry.name)
            .collect();
        if directories.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the domain's directory holds snapshots ({}): delete them first, and those that are not listed with lxc-snapshot -d",
            directories.join(", ")
        );
        Err(Error::new(ErrorKind::InvalidState, message).with_subject(Subject::Path(path)))
    }

    /// Refuses to touch the files of a container that runs, whoever has started it.
    pub(in crate::owner) async fn must_be_stopped(&self) -> Result<()> {
        for _ in 0..MOST_LOOKS {
            let Some(state) = self.manager.tools.state(&self.name()).await? else {
                let message =
                    "lxc-info cannot tell whether the container runs: see whether its configuration is valid";
                return Err(Error::new(ErrorKind::InvalidState, message));
            };
            match state.state {
                SeenState::Stopped => return Ok(()),
                SeenState::Stopping | SeenState::Aborting => tokio::time::sleep(super::LOOK_AGAIN).await,
                _ => {
                    return Err(Error::new(
                        ErrorKind::InvalidState,
                        "the container runs, started by others: end it first",
                    ));
                }
            }
        }
        let message = "the container is just about to end: try again";
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// With whose rights the files of a container of this configuration are touched.
    pub(in crate::owner) fn rights(&self, config: &ContainerConfig) -> Rights {
        let facts = self.manager.facts();
        Rights::of(config, facts.uid, facts.gid)
    }
}
