//! What a QEMU binary can do.
//!
//! [`probe`] runs the binary with an empty machine and asks; [`QemuCapabilities`] is what it answered, as data;
//! [`Schema`] is its whole QMP interface, asked by paths such as `blockdev-add/arg-type/+file/$dynamic-auto-read-only`; [`CacheEntry`]
//! keeps an answer until the binary or the host's kernel changes.
//!
//! Decoding is pure and lenient: what a QEMU does not tell is missing or empty, what is not known is skipped.

mod cache;
mod capabilities;
mod replies;
mod run;
mod schema;

pub use cache::{CacheEntry, ProbeKey};
pub use capabilities::{Accelerators, CpuModelSupport, MachineType, QemuCapabilities};
pub use replies::ProbeReplies;
pub use run::{ProbeRequest, probe};
pub use schema::{BadQuery, Schema};
