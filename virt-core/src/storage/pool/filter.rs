//! Which pools a list shows.

use super::StoragePoolInfo;
use crate::model::PoolType;

/// Which pools a list shows (`virConnectListAllStoragePools`' flags): all, narrowed by each thing said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoragePoolFilter {
    /// Active (`true`) or not (`false`).
    pub active: Option<bool>,
    /// With a definition (`true`) or transient (`false`).
    pub persistent: Option<bool>,
    /// Starting by itself, or not.
    pub autostart: Option<bool>,
    /// Of one of these types; of any when empty.
    pub kinds: Vec<PoolType>,
}

impl StoragePoolFilter {
    /// All pools.
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

    /// Those of this type too (several add up).
    #[must_use]
    pub fn kind(mut self, kind: PoolType) -> Self {
        self.kinds.push(kind);
        self
    }

    /// Whether this pool, which is of that type, is shown.
    #[must_use]
    pub fn matches(&self, info: &StoragePoolInfo, kind: &PoolType) -> bool {
        self.active.is_none_or(|active| active == info.state.is_active())
            && self
                .persistent
                .is_none_or(|persistent| persistent == info.persistent)
            && self.autostart.is_none_or(|autostart| autostart == info.autostart)
            && (self.kinds.is_empty() || self.kinds.contains(kind))
    }
}
