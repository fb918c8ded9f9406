//! Live fixtures: a small guest that boots in seconds, containers, the QEMUs of this machine, a private libvirtd, an
//! sshd of one's own and a line to it that can be cut, a simulator of the vSphere API.
//!
//! Everything here is made from Debian packages on first use and kept in one cache directory, see
//! [`cache_directory`]. Nothing here installs anything: that is the first step of `cargo xtask test`.

mod cache;
pub mod container;
mod debian;
mod error;
pub mod far;
pub mod guest;
pub mod kvm;
pub mod leftovers;
pub mod libvirtd;
pub mod libvirtd_options;
pub mod lxc;
pub mod proxy;
pub mod qemu;
pub mod sshd;
pub mod vsphere;

pub use cache::cache_directory;
pub use error::LiveError;
