//! The typed commands, one file per family.
//!
//! Arguments are plain structs to be filled in; replies are `#[non_exhaustive]` and hold what is used here: members
//! that a QEMU does not send are `None` or empty.

pub mod balloon;
pub mod block;
pub mod chardev;
pub mod cpu;
pub mod device;
pub mod display;
pub mod dump;
pub mod introspection;
pub mod iothread;
pub mod job;
pub mod machine;
pub mod media;
pub mod migration;
pub mod monitor;
pub mod pci;
pub mod qom;
pub mod statistics;
