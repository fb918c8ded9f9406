//! Which domains a list shows.

use super::{DomainInfo, DomainState};

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
    /// All domains.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Running ones.
    #[must_use]
    pub fn active(mut self) -> Self {
        self.active = Some(true);
        self
    }

    /// Those that do not run.
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

    /// Those in this state too (several add up).
    #[must_use]
    pub fn state(mut self, state: DomainState) -> Self {
        self.states.push(state);
        self
    }

    /// Whether this domain is shown.
    #[must_use]
    pub fn matches(&self, info: &DomainInfo) -> bool {
        self.active.is_none_or(|active| active == info.state.is_active())
            && self
                .persistent
                .is_none_or(|persistent| persistent == info.persistent)
            && self.autostart.is_none_or(|autostart| autostart == info.autostart)
            && (self.states.is_empty() || self.states.contains(&info.state))
    }
}
