//! What the driver reads from a domain's document, and what it writes there: the only files that know its shape.

mod accept;
mod devices;
mod edit;
mod live;
mod metadata;
mod profile;

pub(super) use accept::{accept, check_action, default_domain};
pub(super) use devices::{attach, detach, find, update};
pub(super) use edit::{
    hide_secrets, hide_snapshot_secrets, set_action, set_image, set_max_memory, set_max_vcpus, set_memory,
    set_vcpus,
};
pub(super) use live::live;
pub(super) use metadata::MetadataChange;
pub(super) use profile::{DiskProfile, InterfaceProfile, Profile};
