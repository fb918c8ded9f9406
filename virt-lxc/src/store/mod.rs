//! What is on disk: the containers of a directory, as liblxc's tools have them, and what those have no place for.

mod container;
mod cut_off;
mod layout;
mod load;
mod moved;
mod record;
mod rename;
mod snapshots;

use std::sync::Arc;

use virt_core::host::{BatchMode, Host, HostOp, HostReply};
use virt_core::{Error, ErrorKind, Result};

pub(crate) use container::{Definition, Machine, native_text};
pub(crate) use layout::Layout;
pub(crate) use load::Found;
pub(crate) use moved::{moved_config, moved_document};
pub(crate) use record::{DefinitionRecord, ManagerRecord, RunRecord};
pub(crate) use snapshots::{
    Backing, BackingKind, Intent, KeptSnapshot, SnapshotRecord, Snapshots, Unfinished,
};

/// Reads and writes a directory of containers.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) layout: Layout,
}

impl Store {
    pub(crate) fn new(host: Arc<dyn Host>, layout: Layout) -> Self {
        Self { host, layout }
    }

    /// Carries out all of these, in order, up to the first failure.
    pub(crate) async fn all(&self, ops: Vec<HostOp>) -> Result<Vec<HostReply>> {
        let replies = self.host.batch(BatchMode::StopAtError, ops).await;
        replies.into_iter().collect()
    }

    /// How a record is written.
    pub(crate) fn write_json(path: String, record: &impl serde::Serialize) -> Result<HostOp> {
        let content = serde_json::to_vec(record).map_err(|error| {
            Error::new(ErrorKind::Internal, "a record could not be written as JSON").with_source(error)
        })?;
        Ok(HostOp::WriteAtomic {
            path,
            content,
            mode: 0o600,
        })
    }
}
