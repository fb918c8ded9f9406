//! Records: what liblxc has no place for in a snapshot, and work on snapshots that is under way.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::DefinitionRecord;

/// A snapshot, beside what liblxc has of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotRecord {
    pub(crate) format: u32,
    /// The domain it is of.
    pub(crate) uuid: Uuid,
    /// The name its container had then.
    pub(crate) container: String,
    /// Its document, as XML: name, parent, state, the domain's document.
    pub(crate) document: String,
    /// The configuration of the container.
    pub(crate) native: String,
    /// Whether it is not to be known any more, though it is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) forgotten: bool,
}

impl SnapshotRecord {
    /// Its file, in the directory of the snapshot.
    pub(crate) const FILE: &'static str = "virt-sdk.json";
}

/// What is to be known of all snapshots of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotsRecord {
    pub(crate) format: u32,
    /// The one the container comes from, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
}

/// Work on snapshots that is under way. It is written before anything is changed, and removed when all is done: who finds
/// it after a crash finishes the work, or takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) format: u32,
    /// The domain.
    pub(crate) uuid: Uuid,
    pub(crate) work: Unfinished,
}

/// The work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unfinished {
    /// A snapshot is made. It is taken back.
    Making {
        /// Whether the container was frozen for it.
        thaw: bool,
    },
    /// What a snapshot holds is copied beside the container's root. It is taken back.
    Copying {
        /// Where the root is.
        root: String,
    },
    /// The copy takes the place of the root. It is finished.
    Swapping {
        /// Where the root is; `None` where there is none.
        root: Option<String>,
        /// The definition that goes with it.
        definition: Box<DefinitionRecord>,
        /// The snapshot, by name.
        snapshot: String,
    },
    /// liblxc replaces the container by a snapshot, and what is ours in its directory goes. That comes back.
    Restoring {
        /// The definition that goes with it.
        definition: Box<DefinitionRecord>,
        /// The snapshot, by name.
        snapshot: String,
    },
}
