//! Far machines for the virt SDK.
//!
//! * [`ssh`] (feature `ssh`): a [`Host`](virt_core::host::Host) over SSH, so that the backends which drive a hypervisor
//!   through its own tools do so on a machine that has nothing but sshd and that hypervisor.
//! * [`driver`] (feature `rpc`): the SDK's connections to whatever a libvirt daemon serves. Below it, [`protocol`] and
//!   [`rpc`] are libvirt's protocol, its types and a client of it; [`transport`], [`auth`] and [`session`] the way to a
//!   daemon.

#[cfg(feature = "rpc")]
pub mod auth;
#[cfg(feature = "rpc")]
pub mod driver;
#[cfg(feature = "rpc")]
pub mod protocol;
#[cfg(feature = "rpc")]
pub mod rpc;
#[cfg(feature = "rpc")]
pub mod session;
#[cfg(feature = "ssh")]
pub mod ssh;
#[cfg(feature = "rpc")]
pub mod transport;
