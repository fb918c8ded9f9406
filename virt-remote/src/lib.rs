//! Far machines for the virt SDK.
//!
//! * [`ssh`] (feature `ssh`): a [`Host`](virt_core::host::Host) over SSH, so that the backends which drive a hypervisor
//!   through its own tools do so on a machine that has nothing but sshd and that hypervisor.
//! * [`protocol`] (feature `rpc`): libvirt's wire protocol, its types and procedures.

#[cfg(feature = "rpc")]
pub mod protocol;
#[cfg(feature = "ssh")]
pub mod ssh;
