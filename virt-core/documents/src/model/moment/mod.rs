//! What snapshots, checkpoints and backups of a domain share.

mod align;
mod domain;
mod inactive;
mod parent;

pub use domain::MomentDomain;
pub use inactive::InactiveDomain;
pub use parent::MomentParent;

pub(crate) use align::{DomainDisk, is_target_name, no_such_disk, refuse_unknown};
