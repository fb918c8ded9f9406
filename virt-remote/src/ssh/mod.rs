//! Machines over SSH.

pub mod config;
mod host;
pub mod known_hosts;
mod link;
mod native;
mod program;

pub use host::FarError;
