//! QEMU/KVM for the virt SDK, embedded: this process is the manager.

pub mod agent;
mod error;
pub mod probe;
pub mod qmp;
