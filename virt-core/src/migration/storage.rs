//! What becomes of images that both machines do not share.

/// What becomes of images that both machines do not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StorageCopy {
    /// They are shared, or somebody else takes care.
    #[default]
    None,
    /// They are copied whole; files of their size are made at the target (`VIR_MIGRATE_NON_SHARED_DISK`).
    Full,
    /// Their topmost layer is copied; what is under it is at the target (`VIR_MIGRATE_NON_SHARED_INC`).
    Incremental,
}
