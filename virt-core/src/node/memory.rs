//! A machine's memory.

use crate::model::ByteSize;

/// What a machine's memory, or that of one of its NUMA cells, is used for (`virNodeGetMemoryStats`): what is not told is
/// `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeMemoryStats {
    /// All of it.
    pub total: Option<ByteSize>,
    /// What nobody uses.
    pub free: Option<ByteSize>,
    /// Buffers of block devices.
    pub buffers: Option<ByteSize>,
    /// The page cache.
    pub cached: Option<ByteSize>,
    /// What has no name here, in KiB, by the daemon's name for it.
    pub other: Vec<(String, u64)>,
}

/// Free pages of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FreePages {
    /// The size of a page.
    pub size: ByteSize,
    /// How many are free.
    pub free: u64,
}

impl FreePages {
    /// So many pages of this size.
    #[must_use]
    pub const fn new(size: ByteSize, free: u64) -> Self {
        Self { size, free }
    }
}

/// Free pages of one NUMA cell (`virNodeGetFreePages`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CellFreePages {
    /// The number of the cell.
    pub cell: u32,
    /// Its free pages, a row for each size that was asked for, in that order.
    pub pages: Vec<FreePages>,
}

impl CellFreePages {
    /// The free pages of a cell.
    #[must_use]
    pub const fn new(cell: u32, pages: Vec<FreePages>) -> Self {
        Self { cell, pages }
    }
}
