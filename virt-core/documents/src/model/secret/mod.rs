//! `<secret>`: a secret object: what it is for, not what it is.

mod builder;
mod config;
mod validate;

pub use builder::SecretBuilder;
pub use config::{SecretConfig, SecretUsage, SecretUsageType};
