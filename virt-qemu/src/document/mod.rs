//! What the driver reads from, and writes into, a domain's document.

mod disks;
mod kept;
mod lifecycle;
mod machine;
mod metadata;
mod streams;

pub(crate) use disks::{block_stats, check_images, disk_of_event, has_disks};
pub(crate) use kept::{Glance, Kept};
pub(crate) use lifecycle::{
    EndAction, actions, check_end_actions, check_lifecycle_action, set_lifecycle_action,
};
pub(crate) use machine::{
    balloon_alias, balloon_period, current_memory, default_emulator, emulator_or_default, interfaces, memory,
    remove_secrets, set_current_memory, vcpus,
};
pub(crate) use metadata::set_metadata;
pub(crate) use streams::{StreamDevice, StreamPlace, agent_channel, set_ttys, streams};
