//! Which domains a list shows.

use super::{DomainInfo, DomainState};
use crate::option_steps::life_filter_steps;

/// Which domains a list shows (`virConnectListAllDomains`' flags): all, narrowed by each thing said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainFilter {
    /// Running (`true`) or not (`false`).
    pub active: Option<bool>,
    /// With a definition (`true`) or transient (`false`).
    pub persistent: Option<bool>,
    /// Starting by itself, or not.
    pub autostart: Option<bool>,
    /// In one of these states; in any when empty.
    pub states: Vec<DomainState>,
}

impl DomainFilter {
    life_filter_steps!();

    /// Those in this state too (several add up).
    #[must_use]
    pub fn state(mut self, state: DomainState) -> Self {
        self.states.push(state);
        self
    }

    /// Whether this domain is shown.
    #[must_use]
    pub fn matches(&self, info: &DomainInfo) -> bool {
        self.fits(info.state.is_active(), info.persistent, info.autostart)
            && (self.states.is_empty() || self.states.contains(&info.state))
    }
}
