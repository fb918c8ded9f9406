//! Which networks a list shows.

use super::NetworkInfo;
use crate::option_steps::life_filter_steps;

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
    life_filter_steps!();

    /// Whether this network is shown.
    #[must_use]
    pub fn matches(&self, info: &NetworkInfo) -> bool {
        self.fits(info.active, info.persistent, info.autostart)
    }
}
