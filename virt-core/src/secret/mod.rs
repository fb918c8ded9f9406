//! Secrets: passphrases and keys that a hypervisor uses and a document only names.

mod reference;

pub use reference::{SecretRef, SecretUsageId};
