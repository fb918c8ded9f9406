//! Machines over SSH.

pub mod config;
mod host;
pub mod known_hosts;
pub(crate) mod link;
mod native;
mod opener;
mod options;
#[cfg(feature = "rpc")]
mod overrides;
mod program;
mod socket_probe;

pub use host::FarError;
pub use opener::SshOpener;
#[cfg(feature = "rpc")]
pub(crate) use opener::dialer_for;
pub use options::{Become, SshOptions, SshTransport};
#[cfg(feature = "rpc")]
pub(crate) use overrides::{LoginWays, Overrides};
