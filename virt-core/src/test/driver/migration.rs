//! Migration of the test driver's domains: which work each call is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::driver::{MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared};
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::job::JobKind;
use crate::migration::MigrationOptions;
use crate::model::ByteSize;
use crate::test::migration::{Tuning, peer_to_peer, perform};

impl TestDriver {
    /// Reads what is tuned of a domain that runs.
    async fn tuned<T>(&self, call: &CallContext, domain: Uuid, read: impl FnOnce(&Tuning) -> T) -> Result<T> {
        self.shared
            .query(call, Some(domain), |world| {
                let record = world.record(domain)?;
                record.machine.admit(Request::Migrate)?;
                Ok(read(&record.tuning))
            })
            .await
    }

    /// Tunes a domain that runs; it need not wait for a migration to be over.
    async fn tune(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: impl FnOnce(&mut Tuning) + Send + 'static,
    ) -> Result<()> {
        self.on(call, domain, move |world| {
            let record = world.record_mut(domain)?;
            record.machine.admit(Request::Migrate)?;
            change(&mut record.tuning);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl MigrationDriver for TestDriver {
    async fn begin(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &MigrationOptions,
    ) -> Result<MigrationBegun> {
        let options = options.clone();
        self.on(call, domain, move |world| world.begin_migration(domain, &options))
            .await
    }

    async fn prepare(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        _options: &MigrationOptions,
    ) -> Result<MigrationPrepared> {
        let (begun, number) = (begun.clone(), self.shared.number());
        let lane = begun.domain.uuid;
        self.on(call, lane, move |world| world.prepare_migration(&begun, number))
            .await
    }

    async fn perform(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        options: &MigrationOptions,
    ) -> Result<Vec<u8>> {
        let domain = begun.domain.uuid;
        // In its place among the domain's calls, and with the faults that are meant for it.
        self.on(call, domain, move |world| world.record(domain).map(drop))
            .await?;
        let work = perform(&self.shared, domain, &prepared.uri, options);
        self.shared.while_up(Outcome::Unknown, work).await
    }

    async fn finish(
        &self,
        call: &CallContext,
        begun: &MigrationBegun,
        _prepared: &MigrationPrepared,
        (_performed, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<MigrationFinished> {
        let (domain, options) = (begun.domain.uuid, options.clone());
        self.on(call, domain, move |world| {
            world.finish_migration(domain, cancelled, &options)
        })
        .await
    }

    async fn confirm(
        &self,
        call: &CallContext,
        domain: Uuid,
        (_finished, cancelled): (&[u8], bool),
        options: &MigrationOptions,
    ) -> Result<()> {
        let options = options.clone();
        self.on(call, domain, move |world| {
            world.confirm_migration(domain, cancelled, &options)
        })
        .await
    }

    async fn perform_to_uri(
        &self,
        call: &CallContext,
        domain: Uuid,
        uri: &str,
        options: &MigrationOptions,
    ) -> Result<()> {
        self.on(call, domain, move |world| world.record(domain).map(drop))
            .await?;
        let (shared, uri, options) = (Arc::clone(&self.shared), uri.to_owned(), options.clone());
        // The manager leads it, whoever waits.
        let (done, answer) = tokio::sync::oneshot::channel();
        let owner = Arc::clone(&shared);
        self.shared.spawn(async move {
            drop(done.send(peer_to_peer(&owner, domain, &uri, &options).await));
        });
        let answer = async {
            answer.await.unwrap_or_else(|_| {
                let message = "the connection was closed while the domain moved";
                Err(Error::new(ErrorKind::ConnectionLost, message).with_outcome(Outcome::Unknown))
            })
        };
        shared.while_up(Outcome::Unknown, answer).await
    }

    async fn start_post_copy(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.on(call, domain, move |world| {
            let job = world.record(domain)?.job.as_ref();
            match job.and_then(|job| job.post_copy.as_ref()) {
                Some(post_copy) => {
                    post_copy.notify_one();
                    Ok(())
                }
                None => {
                    let message = "no migration with post_copy is under way";
                    Err(Error::new(ErrorKind::InvalidState, message))
                }
            }
        })
        .await
    }

    async fn max_downtime(&self, call: &CallContext, domain: Uuid) -> Result<Duration> {
        self.tuned(call, domain, |tuning| tuning.max_downtime).await
    }

    async fn set_max_downtime(&self, call: &CallContext, domain: Uuid, time: Duration) -> Result<()> {
        self.tune(call, domain, move |tuning| tuning.max_downtime = time)
            .await
    }

    async fn max_speed(&self, call: &CallContext, domain: Uuid, post_copy: bool) -> Result<ByteSize> {
        self.tuned(call, domain, |tuning| match post_copy {
            true => tuning.post_copy_speed,
            false => tuning.max_speed,
        })
        .await
    }

    async fn set_max_speed(
        &self,
        call: &CallContext,
        domain: Uuid,
        speed: ByteSize,
        post_copy: bool,
    ) -> Result<()> {
        self.on(call, domain, move |world| {
            let record = world.record_mut(domain)?;
            record.machine.admit(Request::Migrate)?;
            if post_copy {
                record.tuning.post_copy_speed = speed;
                return Ok(());
            }
            record.tuning.max_speed = speed;
            if let Some(job) = record
                .job
                .as_ref()
                .filter(|job| job.job.kind() == JobKind::Migration)
            {
                let unlimited = record.guest.behaviour.dump_rate;
                let rate = if speed.is_zero() {
                    unlimited
                } else {
                    speed.as_bytes()
                };
                job.rate.store(rate, Ordering::Relaxed);
            }
            Ok(())
        })
        .await
    }

    async fn compression_cache(&self, call: &CallContext, domain: Uuid) -> Result<ByteSize> {
        self.tuned(call, domain, |tuning| tuning.compression_cache).await
    }

    async fn set_compression_cache(&self, call: &CallContext, domain: Uuid, size: ByteSize) -> Result<()> {
        self.tune(call, domain, move |tuning| tuning.compression_cache = size)
            .await
    }
}
