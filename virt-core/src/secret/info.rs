//! What is known of a secret at a glance.

use super::SecretRef;

/// A secret at a glance, as `virConnectListAllSecrets` tells secrets apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretInfo {
    /// Which secret.
    pub secret: SecretRef,
    /// Whether it is kept in memory only.
    pub ephemeral: bool,
    /// Whether its value is shown to nobody.
    pub private: bool,
}

impl SecretInfo {
    /// What is known of a secret.
    #[must_use]
    pub const fn new(secret: SecretRef, ephemeral: bool, private: bool) -> Self {
        Self {
            secret,
            ephemeral,
            private,
        }
    }
}
