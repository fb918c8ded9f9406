//! Snapshots of the test driver's domains: which work each call is.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::driver::SnapshotDriver;
use crate::error::Result;
use crate::model::SnapshotConfig;
use crate::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions};
use crate::test::document;

#[async_trait]
impl SnapshotDriver for TestDriver {
    async fn list(&self, call: &CallContext, domain: Uuid, filter: &SnapshotFilter) -> Result<Vec<String>> {
        self.shared
            .query(call, Some(domain), |world| {
                Ok(world.record(domain)?.snapshots.list(filter))
            })
            .await
    }

    async fn children(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        filter: &SnapshotFilter,
    ) -> Result<Vec<String>> {
        self.shared
            .query(call, Some(domain), |world| {
                world.record(domain)?.snapshots.children(snapshot, filter)
            })
            .await
    }

    async fn config(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        secure: bool,
    ) -> Result<Box<SnapshotConfig>> {
        self.shared
            .query(call, Some(domain), |world| {
                let config = world.record(domain)?.snapshots.config(snapshot)?;
                match secure {
                    true => Ok(config),
                    false => document::hide_snapshot_secrets(&config).map(Box::new),
                }
            })
            .await
    }

    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<String>> {
        self.shared
            .query(call, Some(domain), |world| {
                Ok(world.record(domain)?.snapshots.current())
            })
            .await
    }

    async fn parent(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<Option<String>> {
        self.shared
            .query(call, Some(domain), |world| {
                world.record(domain)?.snapshots.parent(snapshot)
            })
            .await
    }

    async fn has_metadata(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<bool> {
        self.shared
            .query(call, Some(domain), |world| {
                // Those without notes are not known here.
                world.record(domain)?.snapshots.config(snapshot).map(|_| true)
            })
            .await
    }

    async fn create(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        let (config, options) = (Box::new(config.clone()), options.clone());
        self.on(call, domain, move |world| {
            world.create_snapshot(domain, &config, &options)
        })
        .await
    }

    async fn revert(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        let (snapshot, options) = (snapshot.to_owned(), options.clone());
        self.on(call, domain, move |world| {
            world.revert_snapshot(domain, &snapshot, &options)
        })
        .await
    }

    async fn delete(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        let (snapshot, options) = (snapshot.to_owned(), options.clone());
        self.on(call, domain, move |world| {
            world.delete_snapshot(domain, &snapshot, &options)
        })
        .await
    }
}
