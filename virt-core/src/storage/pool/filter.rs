//! Which pools a list shows.

use super::StoragePoolInfo;
use crate::model::PoolType;
use crate::option_steps::life_filter_steps;

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
    life_filter_steps!();

    /// Those of this type too (several add up).
    #[must_use]
    pub fn kind(mut self, kind: PoolType) -> Self {
        self.kinds.push(kind);
        self
    }

    /// Whether this pool, which is of that type, is shown.
    #[must_use]
    pub fn matches(&self, info: &StoragePoolInfo, kind: &PoolType) -> bool {
        self.fits(info.state.is_active(), info.persistent, info.autostart)
            && (self.kinds.is_empty() || self.kinds.contains(kind))
    }
}
