//! Secrets: passphrases and keys that a hypervisor uses and a document only names.

mod connection;
mod filter;
mod handle;
mod info;
mod reference;
mod value;

pub use filter::SecretFilter;
pub use handle::Secret;
pub use info::SecretInfo;
pub use reference::{SecretRef, SecretSelector, SecretUsageId};
pub use value::SecretValue;
