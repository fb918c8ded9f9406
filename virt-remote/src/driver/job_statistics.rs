//! What a daemon tells of a job, as [`JobStatistics`].

use std::time::Duration;

use virt_core::job::{JobKind, JobStatistics, Transfer};
use virt_core::params::{ParamValue, Params};

/// `virDomainJobOperation`.
const KINDS: &[(i64, JobKind)] = &[
    (1, JobKind::Start),
    (2, JobKind::Save),
    (3, JobKind::Restore),
    (4, JobKind::IncomingMigration),
    (5, JobKind::Migration),
    (6, JobKind::Snapshot),
    (7, JobKind::SnapshotRevert),
    (8, JobKind::CoreDump),
    (9, JobKind::Backup),
    (10, JobKind::SnapshotDelete),
];

/// The kind of a job by the number of its operation.
pub(super) fn kind_of(operation: i64) -> JobKind {
    let known = KINDS.iter().find(|(number, _)| *number == operation);
    known.map_or(JobKind::Unknown, |(_, kind)| *kind)
}

/// All figures (`VIR_DOMAIN_JOB_*`); what has no field is kept.
pub(super) fn of(mut params: Params) -> JobStatistics {
    let mut statistics = JobStatistics::default();
    let operation = params.get("operation").and_then(ParamValue::as_i64);
    if let Some(operation) = operation {
        params.take("operation");
        statistics.kind = Some(kind_of(operation));
    }
    let mut time = |name: &str| params.take_u64(name).map(Duration::from_millis);
    statistics.elapsed = time("time_elapsed");
    statistics.elapsed_net = time("time_elapsed_net");
    statistics.remaining = time("time_remaining");
    statistics.downtime = time("downtime");
    statistics.downtime_net = time("downtime_net");
    statistics.setup_time = time("setup_time");
    statistics.data = transfer(&mut params, "data");
    statistics.memory = transfer(&mut params, "memory");
    statistics.disk = transfer(&mut params, "disk");
    let pages = &mut statistics.pages;
    pages.constant = params.take_u64("memory_constant");
    pages.normal = params.take_u64("memory_normal");
    pages.normal_bytes = params.take_u64("memory_normal_bytes");
    pages.dirty_rate = params.take_u64("memory_dirty_rate");
    pages.page_size = params.take_u64("memory_page_size");
    pages.iteration = params.take_u64("memory_iteration");
    pages.postcopy_requests = params.take_u64("memory_postcopy_requests");
    let compression = &mut statistics.compression;
    compression.cache = params.take_u64("compression_cache");
    compression.bytes = params.take_u64("compression_bytes");
    compression.pages = params.take_u64("compression_pages");
    compression.cache_misses = params.take_u64("compression_cache_misses");
    compression.overflow = params.take_u64("compression_overflow");
    let throttle = params.take_u64("auto_converge_throttle");
    statistics.auto_converge_throttle = throttle.and_then(|percent| i32::try_from(percent).ok());
    statistics.disk_temp_used = params.take_u64("disk_temp_used");
    statistics.disk_temp_total = params.take_u64("disk_temp_total");
    statistics.vfio_transferred = params.take_u64("vfio_data_transferred");
    if let Some(success) = params.get("success").and_then(ParamValue::as_bool) {
        params.take("success");
        statistics.success = Some(success);
    }
    if let Some(message) = params.get("errmsg").and_then(ParamValue::as_text) {
        statistics.message = Some(message.to_owned());
        params.take("errmsg");
    }
    statistics.rest = params;
    statistics
}

fn transfer(params: &mut Params, what: &str) -> Option<Transfer> {
    let total = params.take_u64(&format!("{what}_total"));
    let processed = params.take_u64(&format!("{what}_processed"));
    let remaining = params.take_u64(&format!("{what}_remaining"));
    let rate = params.take_u64(&format!("{what}_bps"));
    if total.is_none() && processed.is_none() && remaining.is_none() {
        return None;
    }
    let mut transfer = Transfer::new(
        total.unwrap_or_default(),
        processed.unwrap_or_default(),
        remaining.unwrap_or_default(),
    );
    transfer.rate = rate;
    Some(transfer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field of libvirt 11.3 (`VIR_DOMAIN_JOB_*`).
    const FIELDS: &[&str] = &[
        "time_elapsed",
        "time_elapsed_net",
        "time_remaining",
        "downtime",
        "downtime_net",
        "setup_time",
        "data_total",
        "data_processed",
        "data_remaining",
        "memory_total",
        "memory_processed",
        "memory_remaining",
        "memory_constant",
        "memory_normal",
        "memory_normal_bytes",
        "memory_bps",
        "memory_dirty_rate",
        "memory_page_size",
        "memory_iteration",
        "memory_postcopy_requests",
        "disk_total",
        "disk_processed",
        "disk_remaining",
        "disk_bps",
        "compression_cache",
        "compression_bytes",
        "compression_pages",
        "compression_cache_misses",
        "compression_overflow",
        "disk_temp_used",
        "disk_temp_total",
        "vfio_data_transferred",
    ];

    #[test]
    fn every_field_there_is_has_its_place_and_what_is_newer_is_kept() {
        let mut params: Params = FIELDS.iter().map(|name| (*name, ParamValue::ULong(7))).collect();
        params.push("operation", ParamValue::Int(5));
        params.push("auto_converge_throttle", ParamValue::Int(20));
        params.push("success", ParamValue::Bool(false));
        params.push("errmsg", ParamValue::Text("no".to_owned()));
        params.push("of_tomorrow", ParamValue::ULong(1));
        let statistics = of(params);
        assert_eq!(statistics.kind, Some(JobKind::Migration));
        assert_eq!(statistics.auto_converge_throttle, Some(20));
        assert_eq!(
            (statistics.success, statistics.message.as_deref()),
            (Some(false), Some("no"))
        );
        assert_eq!(statistics.memory.and_then(|memory| memory.rate), Some(7));
        assert_eq!(statistics.downtime_net, Some(Duration::from_millis(7)));
        let rest: Vec<&str> = statistics.rest.iter().map(|(name, _)| name).collect();
        assert_eq!(rest, ["of_tomorrow"]);
    }
}
