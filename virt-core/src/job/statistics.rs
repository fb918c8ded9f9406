//! What a job is doing, in figures.

use std::time::Duration;

use crate::job::JobKind;
use crate::params::Params;

/// How much of something was moved, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// All there is.
    pub total: u64,
    /// What was moved. What changed meanwhile is moved again and counts again.
    pub processed: u64,
    /// What is left.
    pub remaining: u64,
    /// How fast, in bytes per second, where known.
    pub rate: Option<u64>,
}

impl Transfer {
    /// So much of so much.
    #[must_use]
    pub fn new(total: u64, processed: u64, remaining: u64) -> Self {
        Self {
            total,
            processed,
            remaining,
            rate: None,
        }
    }
}

/// Memory as a migration or a save sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryPages {
    /// Pages of one value only, which cost next to nothing.
    pub constant: Option<u64>,
    /// Pages moved as they are.
    pub normal: Option<u64>,
    /// Bytes of those.
    pub normal_bytes: Option<u64>,
    /// Pages the guest changes in a second.
    pub dirty_rate: Option<u64>,
    /// Bytes of a page.
    pub page_size: Option<u64>,
    /// How often all that had changed was gone through.
    pub iteration: Option<u64>,
    /// Pages the guest asked for that had not come yet: post-copy.
    pub postcopy_requests: Option<u64>,
}

/// Compression by XBZRLE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompressionStatistics {
    /// Bytes of the cache.
    pub cache: Option<u64>,
    /// Bytes moved compressed.
    pub bytes: Option<u64>,
    /// Pages moved compressed.
    pub pages: Option<u64>,
    /// Pages that were not in the cache.
    pub cache_misses: Option<u64>,
    /// Pages that grew by it.
    pub overflow: Option<u64>,
}

/// What a job is doing, in figures (`virDomainGetJobStats`). What the hypervisor does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct JobStatistics {
    /// What it does.
    pub kind: Option<JobKind>,
    /// How long it has been working.
    pub elapsed: Option<Duration>,
    /// The same without the difference of two machines' clocks.
    pub elapsed_net: Option<Duration>,
    /// How long it may still take: a guess.
    pub remaining: Option<Duration>,
    /// How long the guest stood still, or is expected to.
    pub downtime: Option<Duration>,
    /// The same without the difference of two machines' clocks.
    pub downtime_net: Option<Duration>,
    /// How long it took until there was something to move.
    pub setup_time: Option<Duration>,
    /// All that is moved.
    pub data: Option<Transfer>,
    /// Memory.
    pub memory: Option<Transfer>,
    /// Disks.
    pub disk: Option<Transfer>,
    /// Memory in pages.
    pub pages: MemoryPages,
    /// Compression.
    pub compression: CompressionStatistics,
    /// How much the guest is slowed down so that its memory can be followed, in per cent.
    pub auto_converge_throttle: Option<i32>,
    /// Scratch space of a backup in use, in bytes.
    pub disk_temp_used: Option<u64>,
    /// Scratch space of a backup, in bytes.
    pub disk_temp_total: Option<u64>,
    /// State of devices handed through that was moved, in bytes.
    pub vfio_transferred: Option<u64>,
    /// Of a job that is over: whether it did what it was to.
    pub success: Option<bool>,
    /// Of a job that failed: why, in the hypervisor's words.
    pub message: Option<String>,
    /// What this version has no field for.
    pub rest: Params,
}

impl JobStatistics {
    /// Bytes done, and bytes all in all where known. Memory that changes is moved again: what is done is what is not left.
    #[must_use]
    pub fn bytes(&self) -> (u64, Option<u64>) {
        let sum = match self.data {
            Some(data) => Some(data),
            None => match (self.memory, self.disk) {
                (Some(one), Some(two)) => Some(Transfer::new(
                    one.total.saturating_add(two.total),
                    one.processed.saturating_add(two.processed),
                    one.remaining.saturating_add(two.remaining),
                )),
                (one, two) => one.or(two),
            },
        };
        match sum {
            Some(sum) if sum.total > 0 => (sum.total.saturating_sub(sum.remaining), Some(sum.total)),
            Some(sum) => (sum.processed, None),
            None => (0, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_what_is_not_left() {
        let mut statistics = JobStatistics::default();
        assert_eq!(statistics.bytes(), (0, None));
        statistics.memory = Some(Transfer::new(100, 250, 20));
        assert_eq!(statistics.bytes(), (80, Some(100)));
        statistics.disk = Some(Transfer::new(50, 10, 40));
        assert_eq!(statistics.bytes(), (90, Some(150)));
    }
}
