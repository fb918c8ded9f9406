//! QEMU/KVM for the virt SDK, embedded: this process is the manager.

pub mod qmp;
