//! Which secrets a list shows.

use super::SecretInfo;

/// Which secrets a list shows (`virConnectListAllSecrets`' flags): all, narrowed by each thing said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretFilter {
    /// Kept in memory only (`true`), or on disk (`false`).
    pub ephemeral: Option<bool>,
    /// Shown to nobody (`true`), or to whom may see it (`false`).
    pub private: Option<bool>,
}

impl SecretFilter {
    /// All secrets.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Those kept in memory only.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.ephemeral = Some(true);
        self
    }

    /// Those kept on disk.
    #[must_use]
    pub fn persistent(mut self) -> Self {
        self.ephemeral = Some(false);
        self
    }

    /// Those whose value is shown to nobody.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = Some(true);
        self
    }

    /// Those whose value can be read.
    #[must_use]
    pub fn readable(mut self) -> Self {
        self.private = Some(false);
        self
    }

    /// Whether this secret is shown.
    #[must_use]
    pub fn matches(&self, info: &SecretInfo) -> bool {
        self.ephemeral.is_none_or(|ephemeral| ephemeral == info.ephemeral)
            && self.private.is_none_or(|private| private == info.private)
    }
}
