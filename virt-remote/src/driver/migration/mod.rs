//! Domains that move to another machine: libvirt's version 3 with typed parameters, step by step or peer to peer.

mod options;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;
use virt_core::driver::{MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared};
use virt_core::migration::MigrationOptions;
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, flags, objects, refusal};
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
use crate::rpc::RpcError;
use options::{CHANGE_PROTECTION, PEER2PEER, SOURCE_ONLY, flags_of, mib, params_after, params_of, with};

/// `VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY`.
const SPEED_OF_POSTCOPY: u32 = 1;

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
        let prepared = match self.link.call::<DomainMigratePrepare3Params>(call, &args).await {
            Ok(prepared) => prepared,
            Err(error) => return Err(self.why_not_prepared(call, begun.domain.uuid, error).await),
        };
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

impl RemoteConnection {
    /// What was said of a domain that was to come, or that it runs here.
    async fn why_not_prepared(&self, call: &CallContext, domain: Uuid, error: RpcError) -> Error {
        if !refusal::may_be_about_state(&error) {
            return error.into();
        }
        match self.state_of_domain(call, objects::domain(domain)).await {
            Ok((state, _)) if state.is_active() => {
                let message = "the domain runs at the target already";
                Error::new(ErrorKind::AlreadyExists, message).with_source(error)
            }
            _ => error.into(),
        }
    }
}
