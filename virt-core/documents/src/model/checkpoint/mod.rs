//! `<domaincheckpoint>`: a point in time a later backup can start from.

mod align;
mod builder;
mod root;
mod validate;

pub use builder::CheckpointBuilder;
pub use root::{CheckpointConfig, CheckpointDisk, CheckpointDisks, CheckpointKind};
