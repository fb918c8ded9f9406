//! What this driver reads from a document, and writes into it.

mod devices;
mod interfaces;
mod live;

pub(crate) use devices::{attach, detach, find, keep_ends, update};
pub(crate) use interfaces::{GuestEnd, complete_interfaces, guest_ends, host_end, is_veth};
pub(crate) use live::live_document;
