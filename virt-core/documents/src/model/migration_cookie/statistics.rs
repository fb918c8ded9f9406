//! How a migration went.

use crate::xml::{Rest, XmlElement};

/// `<statistics>`: how a migration went.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CookieStatistics {
    /// When it was begun, in milliseconds since 1970.
    #[xml(leaf)]
    pub started: Option<u64>,
    /// When the guest was stopped, in milliseconds since 1970.
    #[xml(leaf)]
    pub stopped: Option<u64>,
    /// When the cookie was sent, in milliseconds since 1970.
    #[xml(leaf)]
    pub sent: Option<u64>,
    /// The difference of the hosts' clocks, in milliseconds.
    #[xml(leaf)]
    pub delta: Option<i64>,
    /// How long it took, in milliseconds.
    #[xml(leaf)]
    pub time_elapsed: Option<u64>,
    /// How long it will take, in milliseconds.
    #[xml(leaf)]
    pub time_remaining: Option<u64>,
    /// How long the guest stood still, in milliseconds.
    #[xml(leaf)]
    pub downtime: Option<u64>,
    /// How long the preparation took, in milliseconds.
    #[xml(leaf)]
    pub setup_time: Option<u64>,
    /// Memory, in bytes.
    #[xml(leaf)]
    pub memory_total: Option<u64>,
    /// Memory sent, in bytes.
    #[xml(leaf)]
    pub memory_processed: Option<u64>,
    /// Memory left, in bytes.
    #[xml(leaf)]
    pub memory_remaining: Option<u64>,
    /// Memory sent a second, in bytes.
    #[xml(leaf)]
    pub memory_bps: Option<u64>,
    /// Pages of one byte repeated.
    #[xml(leaf)]
    pub memory_constant: Option<u64>,
    /// Pages sent as they are.
    #[xml(leaf)]
    pub memory_normal: Option<u64>,
    /// Bytes of such pages.
    #[xml(leaf)]
    pub memory_normal_bytes: Option<u64>,
    /// Pages the guest changes a second.
    #[xml(leaf)]
    pub memory_dirty_rate: Option<u64>,
    /// How often memory was gone through.
    #[xml(leaf)]
    pub memory_iteration: Option<u64>,
    /// Pages the far side asked for.
    #[xml(leaf)]
    pub memory_postcopy_requests: Option<u64>,
    /// The size of a page, in bytes.
    #[xml(leaf)]
    pub memory_page_size: Option<u64>,
    /// Disks, in bytes.
    #[xml(leaf)]
    pub disk_total: Option<u64>,
    /// Disks copied, in bytes.
    #[xml(leaf)]
    pub disk_processed: Option<u64>,
    /// Disks left, in bytes.
    #[xml(leaf)]
    pub disk_remaining: Option<u64>,
    /// Disks copied a second, in bytes.
    #[xml(leaf)]
    pub disk_bps: Option<u64>,
    /// The cache of the compression, in bytes.
    #[xml(leaf)]
    pub compression_cache: Option<u64>,
    /// Compressed, in bytes.
    #[xml(leaf)]
    pub compression_bytes: Option<u64>,
    /// Pages compressed.
    #[xml(leaf)]
    pub compression_pages: Option<u64>,
    /// Pages not in the cache.
    #[xml(leaf)]
    pub compression_cache_misses: Option<u64>,
    /// Pages that became no smaller.
    #[xml(leaf)]
    pub compression_overflow: Option<u64>,
    /// How much the virtual CPUs are slowed down, in per cent.
    #[xml(leaf)]
    pub auto_converge_throttle: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
