//! Machines as the API specifies them: what a VMX file says of devices and settings, as `VirtualDevice` structs and members
//! of `VirtualMachineConfigSpec`, and the other way round. Pure.
//!
//! The lines of a VMX file are what both sides have in common: a domain is lines by the rules of
//! [`vmx::convert`](crate::vmx::convert), and each device of the API is a handful of them.
//!
//! * `slot` — the device a key is about, as `scsi0:1`, and which device of the API that is;
//! * `group` — lines, device by device;
//! * `hardware` — the devices a machine has;
//! * `controllers`, `disks`, `drives`, `cards`, `ports`, `others` — each kind of device, both ways;
//! * `plan` — what has to change for one set of lines to become another; `spec` — that, as the API takes it;
//! * `settings`, `guest_id` — what is no device;
//! * `live` — what a machine takes while it runs;
//! * `alias` — what devices of a machine that runs are called;
//! * `described` — a machine's configuration as the API tells it, as a VMX file.

mod alias;
mod cards;
mod connectable;
mod controllers;
mod described;
mod disks;
mod drives;
mod group;
mod guest_id;
mod hardware;
mod live;
mod networks;
mod others;
mod plan;
mod ports;
mod settings;
mod slot;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use alias::set_aliases;
pub(crate) use described::described;
pub(crate) use disks::has_parent;
pub(crate) use hardware::Hardware;
pub(crate) use live::HotAdd;
pub(crate) use networks::{Networks, OpaqueNetwork, PortGroup};
pub(crate) use plan::Plan;
pub(crate) use slot::Slot;
pub(crate) use spec::Means;

/// A value of the API of which this is said, and all else as it usually is.
fn made<T: Default>(say: impl FnOnce(&mut T)) -> T {
    let mut value = T::default();
    say(&mut value);
    value
}
