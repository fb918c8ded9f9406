//! What the driver reads from, and writes into, a domain's document. What is not QEMU's is in `virt_manager::document`.

mod disks;
mod lifecycle;
mod machine;
mod streams;

pub(crate) use disks::{block_stats, check_images, disk_of_event, has_disks};
pub(crate) use lifecycle::actions;
pub(crate) use machine::{balloon_alias, balloon_period, default_emulator, emulator_or_default};
pub(crate) use streams::{StreamDevice, StreamPlace, agent_channel, set_ttys, streams};
