//! QEMU/KVM for the virt SDK, embedded: this process is the manager.

pub mod agent;
pub mod command;
mod error;
pub mod plan;
pub mod probe;
pub mod qmp;
