//! Domains that move to another machine: libvirt's version 3 with typed parameters, step by step or peer to peer.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;
use virt_core::driver::{MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared};
use virt_core::migration::{MigrationOptions, StorageCopy};
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, flags, objects, params};
use crate::protocol::remote::domain_migrate::{
    DomainMigrateGetCompressionCache, DomainMigrateGetCompressionCacheArgs, DomainMigrateGetMaxDowntime,
    DomainMigrateGetMaxDowntimeArgs, DomainMigrateGetMaxSpeed, DomainMigrateGetMaxSpeedArgs,
    DomainMigrateSetCompressionCache, DomainMigrateSetCompressionCacheArgs, DomainMigrateSetMaxDowntime,
    DomainMigrateSetMaxDowntimeArgs, DomainMigrateSetMaxSpeed, DomainMigrateSetMaxSpeedArgs,
    DomainMigrateStartPostCopy, DomainMigrateStartPostCopyArgs,
};
use crate::protocol::remote::domain_migrate3::{
    DomainMigrateBegin3Params, DomainMigrateBegin3ParamsArgs, DomainMigrateConfirm3Params,
    DomainMigrateConfirm3ParamsArgs, DomainMigrateFinish3Params, DomainMigrateFinish3ParamsArgs,
    DomainMigratePerform3Params, DomainMigratePerform3ParamsArgs, DomainMigratePrepare3Params,
    DomainMigratePrepare3ParamsArgs,
};
use crate::protocol::xdr::TypedParams;

/// `virDomainMigrateFlags`.
const LIVE: u32 = 1;
const PEER2PEER: u32 = 1 << 1;
const TUNNELLED: u32 = 1 << 2;
const PERSIST_DEST: u32 = 1 << 3;
const UNDEFINE_SOURCE: u32 = 1 << 4;
const PAUSED: u32 = 1 << 5;
const NON_SHARED_DISK: u32 = 1 << 6;
const NON_SHARED_INC: u32 = 1 << 7;
const CHANGE_PROTECTION: u32 = 1 << 8;
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
/// `VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY`.
const SPEED_OF_POSTCOPY: u32 = 1;

/// Not for the target: `ABORT_ON_ERROR` and `AUTO_CONVERGE` are the source's.
const SOURCE_ONLY: u32 = ABORT_ON_ERROR | AUTO_CONVERGE;

fn flags_of(options: &MigrationOptions) -> u32 {
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
fn params_of(options: &MigrationOptions) -> TypedParams {
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
fn with(params: &TypedParams, name: &str, value: &str) -> TypedParams {
    let mut all = TypedParams::new();
    for param in params.iter().filter(|param| param.field != *name) {
        all.push(param.field.clone(), param.value.clone());
    }
    all.with(name, value)
}

/// The parameters of the steps after the first one: the target is told of the domain by the source's document.
fn params_after(options: &MigrationOptions, begun: &MigrationBegun) -> TypedParams {
    let params = with(&params_of(options), "destination_xml", &begun.xml);
    match options.destination_name {
        Some(_) => params,
        None => with(&params, "destination_name", &begun.domain.name),
    }
}

/// Whole MiB a second.
fn mib(speed: ByteSize) -> u64 {
    speed.as_bytes().div_ceil(1 << 20)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[async_trait]
impl MigrationDriver for RemoteConnection {
    async fn begin(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &MigrationOptions,
    ) -> Result<MigrationBegun> {
        let found = self.found_by_uuid(call, domain).await?;
        let args = DomainMigrateBegin3ParamsArgs {
            dom: objects::domain(domain),
            params: params_of(options),
            flags: flags_of(options) | CHANGE_PROTECTION,
        };
        let begun = self.link.call::<DomainMigrateBegin3Params>(call, &args).await?;
        Ok(MigrationBegun::new(
            objects::domain_ref(&found),
            begun.xml.into_text(),
            begun.cookie_out.to_vec(),
        ))
    }

    async fn prepare(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        options: &MigrationOptions,
    ) -> Result<MigrationPrepared> {
        let args = DomainMigratePrepare3ParamsArgs {
            params: params_after(options, begun),
            cookie_in: Bytes::copy_from_slice(&begun.cookie),
            flags: flags_of(options) & !SOURCE_ONLY,
        };
        let prepared = self.link.call::<DomainMigratePrepare3Params>(call, &args).await?;
        let uri = prepared.uri_out.map(|uri| uri.into_text());
        let uri = uri.or_else(|| options.uri.clone());
        let uri = uri.filter(|uri| !uri.is_empty() || options.offline);
        // An offline migration has no way for memory.
        let uri = uri.or_else(|| options.offline.then(String::new)).ok_or_else(|| {
            let message = "the target does not say where its hypervisor is reached: give the options' uri";
            Error::new(ErrorKind::Failed, message)
        })?;
        Ok(MigrationPrepared::new(uri, prepared.cookie_out.to_vec()))
    }

    async fn perform(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        options: &MigrationOptions,
    ) -> Result<Vec<u8>> {
        let args = DomainMigratePerform3ParamsArgs {
            dom: objects::domain(begun.domain.uuid),
            dconnuri: None,
            params: with(&params_after(options, begun), "migrate_uri", &prepared.uri),
            cookie_in: Bytes::copy_from_slice(&prepared.cookie),
            flags: flags_of(options) | CHANGE_PROTECTION,
        };
        let performed = self.link.call::<DomainMigratePerform3Params>(call, &args).await?;
        Ok(performed.cookie_out.to_vec())
    }

    async fn finish(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        (performed, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<MigrationFinished> {
        let params = params_after(options, begun);
        let args = DomainMigrateFinish3ParamsArgs {
            params: match prepared.uri.is_empty() {
                true => params,
                false => with(&params, "migrate_uri", &prepared.uri),
            },
            cookie_in: Bytes::copy_from_slice(performed),
            flags: flags_of(options) & !SOURCE_ONLY,
            cancelled: cancelled.into(),
        };
        match self.link.call::<DomainMigrateFinish3Params>(call, &args).await {
            Ok(finished) => {
                let domain = objects::domain_ref(&finished.dom);
                Ok(MigrationFinished::new(
                    Some(domain).filter(|_| !cancelled),
                    finished.cookie_out.to_vec(),
                ))
            }
            // It has cleared up, and has no domain to tell of.
            Err(error) if cancelled && error.libvirt().is_some() => {
                Ok(MigrationFinished::new(None, Vec::new()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn confirm(
        &self,
        call: &CallContext,
        domain: Uuid,
        (finished, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<()> {
        let args = DomainMigrateConfirm3ParamsArgs {
            dom: objects::domain(domain),
            params: params_of(options),
            cookie_in: Bytes::copy_from_slice(finished),
            flags: flags_of(options) | CHANGE_PROTECTION,
            cancelled: cancelled.into(),
        };
        Ok(self.link.call::<DomainMigrateConfirm3Params>(call, &args).await?)
    }

    async fn perform_to_uri(
        &self,
        call: &CallContext,
        domain: Uuid,
        uri: &str,
        options: &MigrationOptions,
    ) -> Result<()> {
        let args = DomainMigratePerform3ParamsArgs {
            dom: objects::domain(domain),
            dconnuri: Some(uri.into()),
            params: params_of(options),
            cookie_in: Bytes::new(),
            flags: flags_of(options) | PEER2PEER,
        };
        self.link.call::<DomainMigratePerform3Params>(call, &args).await?;
        Ok(())
    }

    async fn start_post_copy(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainMigrateStartPostCopyArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        Ok(self.link.call::<DomainMigrateStartPostCopy>(call, &args).await?)
    }

    async fn max_downtime(&self, call: &CallContext, domain: Uuid) -> Result<Duration> {
        let args = DomainMigrateGetMaxDowntimeArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        let found = self.link.call::<DomainMigrateGetMaxDowntime>(call, &args).await?;
        Ok(Duration::from_millis(found.downtime))
    }

    async fn set_max_downtime(&self, call: &CallContext, domain: Uuid, time: Duration) -> Result<()> {
        let args = DomainMigrateSetMaxDowntimeArgs {
            dom: objects::domain(domain),
            downtime: milliseconds(time),
            flags: 0,
        };
        Ok(self.link.call::<DomainMigrateSetMaxDowntime>(call, &args).await?)
    }

    async fn max_speed(&self, call: &CallContext, domain: Uuid, post_copy: bool) -> Result<ByteSize> {
        let args = DomainMigrateGetMaxSpeedArgs {
            dom: objects::domain(domain),
            flags: flags::set(&[(post_copy, SPEED_OF_POSTCOPY)]),
        };
        let found = self.link.call::<DomainMigrateGetMaxSpeed>(call, &args).await?;
        Ok(ByteSize::bytes(found.bandwidth.saturating_mul(1 << 20)))
    }

    async fn set_max_speed(
        &self,
        call: &CallContext,
        domain: Uuid,
        speed: ByteSize,
        post_copy: bool,
    ) -> Result<()> {
        let args = DomainMigrateSetMaxSpeedArgs {
            dom: objects::domain(domain),
            bandwidth: mib(speed),
            flags: flags::set(&[(post_copy, SPEED_OF_POSTCOPY)]),
        };
        Ok(self.link.call::<DomainMigrateSetMaxSpeed>(call, &args).await?)
    }

    async fn compression_cache(&self, call: &CallContext, domain: Uuid) -> Result<ByteSize> {
        let args = DomainMigrateGetCompressionCacheArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        let found = self
            .link
            .call::<DomainMigrateGetCompressionCache>(call, &args)
            .await?;
        Ok(ByteSize::bytes(found.cache_size))
    }

    async fn set_compression_cache(&self, call: &CallContext, domain: Uuid, size: ByteSize) -> Result<()> {
        let args = DomainMigrateSetCompressionCacheArgs {
            dom: objects::domain(domain),
            cache_size: size.as_bytes(),
            flags: 0,
        };
        Ok(self
            .link
            .call::<DomainMigrateSetCompressionCache>(call, &args)
            .await?)
    }
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
