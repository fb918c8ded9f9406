//! Ways to a libvirt daemon.
//!
//! * [`unix`]: the sockets of daemons on this machine, libvirtd's and those of the modular daemons.
//! * [`tcp`]: a daemon's TCP port, unencrypted.

pub mod tcp;
pub mod unix;
