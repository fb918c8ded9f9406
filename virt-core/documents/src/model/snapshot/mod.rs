//! `<domainsnapshot>`: the state of a guest at a moment.

mod align;
mod builder;
mod cookie;
mod disk;
mod normal;
mod root;
mod validate;

pub use align::SnapshotAlignment;
pub use builder::SnapshotBuilder;
pub use cookie::SaveCookie;
pub use disk::{SnapshotDisk, SnapshotDiskDriver, SnapshotDisks};
pub use root::{SnapshotConfig, SnapshotLocation, SnapshotMemory, SnapshotState};
