//! The client configuration, read as OpenSSH reads it.
//!
//! [`Lookup`] asks the files about one machine; [`HostConfig`] is their answer. Reading goes in steps, each in a file of
//! its own: lines fall into words, `Host` and `Match` decide which lines apply, the first value of a keyword counts, and
//! in the end tokens are expanded and defaults filled in. Files that OpenSSH refuses are refused. What is understood
//! and not followed is in [`HostConfig::notes`].

mod address;
mod check;
mod criteria;
mod environment;
mod finish;
mod glob;
mod host_config;
mod jump;
mod keyword;
mod lookup;
mod options;
mod pattern;
mod place;
mod reader;
mod settings;
mod tokens;
mod value;
mod words;

#[cfg(test)]
mod tests;

pub use criteria::MatchExec;
pub use environment::Environment;
pub use host_config::{Algorithms, HostConfig, HostKeyChecking, Identity, JumpHost, Note};
pub use lookup::{ConfigFiles, Lookup};
