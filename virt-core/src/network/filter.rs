//! Which networks a list shows.

use super::NetworkInfo;

/// Which networks a list shows (`virConnectListAllNetworks`' flags): all, narrowed by each thing said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkFilter {
    /// Active (`true`) or not (`false`).
    pub active: Option<bool>,
    /// With a definition (`true`) or transient (`false`).
    pub persistent: Option<bool>,
    /// Starting by itself, or not.
    pub autostart: Option<bool>,
}

impl NetworkFilter {
    /// All networks.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Active ones.
    #[must_use]
    pub fn active(mut self) -> Self {
        self.active = Some(true);
        self
    }

    /// Those that are not active.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = Some(false);
        self
    }

    /// Those with a definition.
    #[must_use]
    pub fn persistent(mut self) -> Self {
        self.persistent = Some(true);
        self
    }

    /// Those without a definition.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.persistent = Some(false);
        self
    }

    /// Those that start by themselves.
    #[must_use]
    pub fn autostart(mut self) -> Self {
        self.autostart = Some(true);
        self
    }

    /// Those that do not start by themselves.
    #[must_use]
    pub fn no_autostart(mut self) -> Self {
        self.autostart = Some(false);
        self
    }

    /// Whether this network is shown.
    #[must_use]
    pub fn matches(&self, info: &NetworkInfo) -> bool {
        self.active.is_none_or(|active| active == info.active)
            && self
                .persistent
                .is_none_or(|persistent| persistent == info.persistent)
            && self.autostart.is_none_or(|autostart| autostart == info.autostart)
    }
}
