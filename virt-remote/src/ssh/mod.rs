//! Machines over SSH.

pub mod config;
mod host;
pub mod known_hosts;
mod link;
mod native;
mod opener;
mod options;
mod program;
mod socket_probe;

pub use host::FarError;
pub use opener::SshOpener;
pub use options::{Become, SshOptions, SshTransport};
