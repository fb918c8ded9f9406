//! The client configuration, read as OpenSSH reads it.

mod host_config;

pub use host_config::{HostConfig, HostKeyChecking, Identity, JumpHost, Note};
