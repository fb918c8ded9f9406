//! VMware's configuration files, and their conversion to and from domains.
//!
//! * [`document`] — a file of `key = "value"` lines as a lossless document ([`Vmx`]): what was read is written back as it was.
//! * [`convert`] — the file as a domain ([`from_vmx`]), a domain as a file ([`to_vmx`]), and a domain applied to a file
//!   somebody wrote ([`update`]), by the rules of libvirt's format `vmware-vmx`.
//!
//! Nothing here reads or asks anything: where images are, the caller says ([`FileNames`]).

pub mod convert;
pub mod document;

pub use convert::{FileNames, FromVmx, ToVmx, from_vmx, to_vmx, update};
pub use document::{Vmx, VmxError};
