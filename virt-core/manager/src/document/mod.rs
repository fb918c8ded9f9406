//! What embedded drivers read from, and write into, a domain's document.

mod kept;
mod lifecycle;
mod machine;
mod metadata;

pub use kept::{Glance, Kept, LiveConfig};
pub use lifecycle::{EndAction, check_lifecycle_action, end_action, set_lifecycle_action};
pub use machine::{current_memory, interfaces, memory, set_current_memory, vcpus};
pub use metadata::set_metadata;

pub(crate) use lifecycle::check_end_actions;
pub(crate) use machine::remove_secrets;
