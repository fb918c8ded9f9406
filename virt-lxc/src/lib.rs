//! Linux containers for the virt SDK, through liblxc's own tools: this process is the manager.
//!
//! A container made here is one of liblxc: `lxc-ls` shows it, `lxc-start` starts it, and those made by others are domains
//! here. A tour, in the order in which one comes up:
//! * [`config`] — LXC's configuration as a lossless document (pure);
//! * [`convert`] — from a domain's document to a configuration, and back (pure);
//! * [`cgroup`] — which controllers a machine has, and what a container uses of them;
//! * `create` — containers made from a directory, a tarball, an image, another container;
//! * `document` — what the driver reads from a document;
//! * `store` — a directory of containers: what liblxc reads, and what it has no place for beside it;
//! * `tools` — liblxc's tools: their arguments, exit codes and words;
//! * `owner` — the task that owns a domain and carries out everything that changes it;
//! * `manager` — what the owners of one directory share; what others do to containers, followed;
//! * `driver` — the core's traits over all that, one file per trait.
//!
//! Programs use it through `virt_sdk` with feature `lxc`.

mod backend;
pub mod cgroup;
mod checkpoint;
pub mod config;
pub mod convert;
mod create;
mod document;
mod driver;
pub mod extension;
mod limits;
mod manager;
mod namespaces;
mod owner;
mod store;
mod tools;

pub use backend::LxcBackend;
pub use checkpoint::{checkpoint, restore_checkpoint};
pub use create::{CopyOptions, RootfsSource, copy, create_container, delete_with_rootfs};
pub use limits::{Limits, set_limits};
pub use manager::RecoveryReport;
pub use namespaces::{Namespaces, open_namespaces};
pub use tools::ToolError;
