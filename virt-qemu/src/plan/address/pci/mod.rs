//! PCI addresses, by libvirt's rules: the machine's fixed places first, then each kind of device in its turn.

mod assign;
pub(crate) mod bus;
mod chipset;
mod devices;
mod set;

pub(super) use assign::assign;
