//! The memory balloon.

use serde::{Deserialize, Serialize};

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `balloon`: asks the guest to shrink or grow to a size. Answers at once; the guest follows in its own time, or not.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Balloon {
    /// The size asked for, in bytes.
    pub value: u64,
}

/// `query-balloon`: the guest's size now. `DeviceNotActive` where there is no balloon or no driver for it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryBalloon;

/// The reply of [`QueryBalloon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BalloonInfo {
    /// The memory the guest has, in bytes.
    pub actual: u64,
}

/// What the balloon device's property `guest-stats` holds (read by `qom-get`), as the guest last told. QEMU writes
/// a figure the guest did not give as -1; here such a figure is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BalloonStatistics {
    /// The figures.
    #[serde(default)]
    pub stats: BalloonFigures,
    /// When the guest told, in seconds since 1970; 0 for never.
    #[serde(rename = "last-update", default)]
    pub last_update: u64,
}

/// The figures in [`BalloonStatistics`], in bytes or counts since boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BalloonFigures {
    /// Bytes swapped in.
    #[serde(rename = "stat-swap-in", deserialize_with = "figure")]
    pub swap_in: Option<u64>,
    /// Bytes swapped out.
    #[serde(rename = "stat-swap-out", deserialize_with = "figure")]
    pub swap_out: Option<u64>,
    /// Major page faults.
    #[serde(rename = "stat-major-faults", deserialize_with = "figure")]
    pub major_faults: Option<u64>,
    /// Minor page faults.
    #[serde(rename = "stat-minor-faults", deserialize_with = "figure")]
    pub minor_faults: Option<u64>,
    /// Free memory in bytes.
    #[serde(rename = "stat-free-memory", deserialize_with = "figure")]
    pub free_memory: Option<u64>,
    /// Total memory in bytes.
    #[serde(rename = "stat-total-memory", deserialize_with = "figure")]
    pub total_memory: Option<u64>,
    /// Memory that can be had without swapping, in bytes.
    #[serde(rename = "stat-available-memory", deserialize_with = "figure")]
    pub available_memory: Option<u64>,
    /// Memory in disk caches, in bytes.
    #[serde(rename = "stat-disk-caches", deserialize_with = "figure")]
    pub disk_caches: Option<u64>,
    /// Huge pages allocated.
    #[serde(rename = "stat-htlb-pgalloc", deserialize_with = "figure")]
    pub hugetlb_allocations: Option<u64>,
    /// Huge page allocations that failed.
    #[serde(rename = "stat-htlb-pgfail", deserialize_with = "figure")]
    pub hugetlb_failures: Option<u64>,
}

fn figure<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().filter(|figure| *figure != u64::MAX))
}

commands! {
    Balloon: "balloon" => Nothing;
    QueryBalloon: "query-balloon" => BalloonInfo;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_the_guest_did_not_give_are_none() {
        let statistics: BalloonStatistics = serde_json::from_str(
            r#"{"stats": {"stat-swap-out": 18446744073709551615, "stat-free-memory": 12288, "stat-swap-in": -1},
                "last-update": 5}"#,
        )
        .unwrap();
        assert_eq!(statistics.stats.free_memory, Some(12_288));
        assert_eq!(
            (statistics.stats.swap_out, statistics.stats.swap_in),
            (None, None)
        );
        assert_eq!(statistics.last_update, 5);
    }
}
