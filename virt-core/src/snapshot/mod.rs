//! Snapshots: the state of a domain at a moment, to come back to.

mod filter;
mod handle;
mod making;
mod options;
mod tree;

pub use filter::SnapshotFilter;
pub use handle::Snapshot;
pub use options::{SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotDeletion, SnapshotRevertOptions};
pub use tree::{SnapshotNode, SnapshotTree};
