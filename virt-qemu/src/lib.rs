//! QEMU/KVM for the virt SDK, embedded: this process is the manager.
//!
//! A tour, in the order in which a guest comes up:
//! * `state` — the root directory: definitions, records of runs, what a crash leaves and how it is put right;
//! * [`probe`] — what a QEMU binary can do, asked once and cached;
//! * [`plan`] — from a document and a QEMU to a complete machine: defaults, addresses, aliases (pure);
//! * [`command`] — from a machine to QEMU's arguments, one file per device family (pure);
//! * `process` — launching QEMU paused, finding it again, ending it;
//! * [`qmp`] — the protocol of its monitor; [`agent`] — that of the agent in the guest;
//! * `owner` — the task that owns a domain and carries out everything that changes it;
//! * `manager` — what the owners of one root share;
//! * `driver` — the core's traits over all that, one file per trait.
//!
//! Programs use it through `virt_sdk` with feature `qemu`; beyond the core's handles there are [`monitor`], QEMU's own
//! monitor for what has no handle yet, and [`recovery_report`].

pub mod agent;
mod backend;
pub mod command;
mod document;
mod driver;
mod error;
mod extension;
mod manager;
mod owner;
pub mod plan;
pub mod probe;
mod probe_cache;
mod process;
pub mod qmp;
mod state;

pub use backend::QemuBackend;
pub use extension::{Monitor, monitor, recovery_report};
pub use manager::RecoveryReport;
