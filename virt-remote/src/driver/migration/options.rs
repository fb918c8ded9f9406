//! [`MigrationOptions`] as flags and typed parameters.

use virt_core::driver::MigrationBegun;
use virt_core::migration::{MigrationOptions, StorageCopy};
use virt_core::model::ByteSize;

use crate::driver::{flags, params};
use crate::protocol::xdr::TypedParams;

/// `virDomainMigrateFlags`.
const LIVE: u32 = 1;
pub(super) const PEER2PEER: u32 = 1 << 1;
const TUNNELLED: u32 = 1 << 2;
const PERSIST_DEST: u32 = 1 << 3;
const UNDEFINE_SOURCE: u32 = 1 << 4;
const PAUSED: u32 = 1 << 5;
const NON_SHARED_DISK: u32 = 1 << 6;
const NON_SHARED_INC: u32 = 1 << 7;
pub(super) const CHANGE_PROTECTION: u32 = 1 << 8;
const UNSAFE: u32 = 1 << 9;
const OFFLINE: u32 = 1 << 10;
const COMPRESSED: u32 = 1 << 11;
const ABORT_ON_ERROR: u32 = 1 << 12;
const AUTO_CONVERGE: u32 = 1 << 13;
const RDMA_PIN_ALL: u32 = 1 << 14;
const POSTCOPY: u32 = 1 << 15;
const TLS: u32 = 1 << 16;
const PARALLEL: u32 = 1 << 17;
const SYNCHRONOUS_WRITES: u32 = 1 << 18;
const POSTCOPY_RESUME: u32 = 1 << 19;
const ZEROCOPY: u32 = 1 << 20;
/// Not for the target: `ABORT_ON_ERROR` and `AUTO_CONVERGE` are the source's.
pub(super) const SOURCE_ONLY: u32 = ABORT_ON_ERROR | AUTO_CONVERGE;

pub(super) fn flags_of(options: &MigrationOptions) -> u32 {
    flags::set(&[
        (!options.not_live && !options.offline, LIVE),
        (options.tunnelled, TUNNELLED),
        (options.persist_destination, PERSIST_DEST),
        (options.undefine_source, UNDEFINE_SOURCE),
        (options.paused, PAUSED),
        (options.storage == StorageCopy::Full, NON_SHARED_DISK),
        (options.storage == StorageCopy::Incremental, NON_SHARED_INC),
        (options.allow_unsafe, UNSAFE),
        (options.offline, OFFLINE),
        (is_compressed(options), COMPRESSED),
        (options.abort_on_error, ABORT_ON_ERROR),
        (options.auto_converge, AUTO_CONVERGE),
        (options.rdma_pin_all, RDMA_PIN_ALL),
        (options.post_copy, POSTCOPY),
        (options.tls, TLS),
        (options.parallel_connections.is_some(), PARALLEL),
        (options.synchronous_writes, SYNCHRONOUS_WRITES),
        (options.post_copy_resume, POSTCOPY_RESUME),
        (options.zero_copy, ZEROCOPY),
    ])
}

fn is_compressed(options: &MigrationOptions) -> bool {
    options.compressed || !options.compression_methods.is_empty()
}

/// `VIR_MIGRATE_PARAM_*` of the options.
pub(super) fn params_of(options: &MigrationOptions) -> TypedParams {
    let mut all = TypedParams::new();
    let texts = [
        ("migrate_uri", &options.uri),
        ("destination_name", &options.destination_name),
        ("graphics_uri", &options.graphics_uri),
        ("listen_address", &options.listen_address),
        ("disks_uri", &options.disks_uri),
        ("tls.destination", &options.tls_destination),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            all.push(name, text.as_str());
        }
    }
    for (name, config) in [
        ("destination_xml", &options.destination_config),
        ("persistent_xml", &options.persistent_config),
    ] {
        if let Some(config) = config {
            all.push(name, config.to_xml());
        }
    }
    let speeds = [
        ("bandwidth", options.bandwidth),
        ("bandwidth.postcopy", options.bandwidth_post_copy),
        ("bandwidth.avail.switchover", options.bandwidth_switchover),
    ];
    for (name, speed) in speeds {
        if let Some(speed) = speed {
            all.push(name, mib(speed));
        }
    }
    if let Some(cache) = options.compression_cache {
        all.push("compression.xbzrle.cache", cache.as_bytes());
    }
    let numbers = [
        ("disks_port", options.disks_port.map(u32::from)),
        ("compression.mt.level", options.compression_mt_level),
        ("compression.mt.threads", options.compression_mt_threads),
        ("compression.mt.dthreads", options.compression_mt_dthreads),
        ("compression.zlib.level", options.compression_zlib_level),
        ("compression.zstd.level", options.compression_zstd_level),
        ("auto_converge.initial", options.auto_converge_initial),
        ("auto_converge.increment", options.auto_converge_increment),
        ("parallel.connections", options.parallel_connections),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            all.push(name, i32::try_from(number).unwrap_or(i32::MAX));
        }
    }
    let lists = [
        ("compression", &options.compression_methods),
        ("migrate_disks", &options.disks),
        ("migrate_disks_detect_zeroes", &options.disks_detect_zeroes),
    ];
    for (name, list) in lists {
        for item in list {
            all.push(name, item.as_str());
        }
    }
    let known = all;
    let given = params::to_tell(&options.params);
    let mut all = TypedParams::new();
    // What was given by name wins.
    for param in known
        .iter()
        .filter(|param| given.get(&param.field.text()).is_none())
    {
        all.push(param.field.clone(), param.value.clone());
    }
    for param in given.iter() {
        all.push(param.field.clone(), param.value.clone());
    }
    all
}

/// The same with this in the place of whatever there is of that name.
pub(super) fn with(params: &TypedParams, name: &str, value: &str) -> TypedParams {
    let mut all = TypedParams::new();
    for param in params.iter().filter(|param| param.field != *name) {
        all.push(param.field.clone(), param.value.clone());
    }
    all.with(name, value)
}

/// The parameters of the steps after the first one: the target is told of the domain by the source's document.
pub(super) fn params_after(options: &MigrationOptions, begun: &MigrationBegun) -> TypedParams {
    let params = with(&params_of(options), "destination_xml", &begun.xml);
    match options.destination_name {
        Some(_) => params,
        None => with(&params, "destination_name", &begun.domain.name),
    }
}

/// Whole MiB a second.
pub(super) fn mib(speed: ByteSize) -> u64 {
    speed.as_bytes().div_ceil(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::params::{ParamValue, Params};

    #[test]
    fn options_become_flags_and_parameters_and_what_was_given_by_name_wins() {
        let mut options = MigrationOptions::default()
            .persist_destination()
            .parallel(4)
            .bandwidth(ByteSize::bytes((8 << 20) + 1));
        options.compression_methods = vec!["zstd".to_owned(), "mt".to_owned()];
        options.params = Params::new()
            .with("parallel.connections", ParamValue::Int(8))
            .with("of_tomorrow", ParamValue::Bool(true));
        assert_eq!(flags_of(&options), LIVE | PERSIST_DEST | PARALLEL | COMPRESSED);
        let params = params_of(&options);
        assert_eq!(params.u64("bandwidth"), Some(9));
        assert_eq!(params.i64("parallel.connections"), Some(8));
        let methods = params
            .iter()
            .filter(|param| param.field == *"compression")
            .count();
        assert_eq!(methods, 2);
        assert!(params.get("of_tomorrow").is_some());
        let params = with(&params, "of_tomorrow", "now");
        assert_eq!(
            params
                .iter()
                .filter(|param| param.field == *"of_tomorrow")
                .count(),
            1
        );
    }
}
