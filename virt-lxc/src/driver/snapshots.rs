//! Snapshots of domains.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::driver::SnapshotDriver;
use virt_core::model::SnapshotConfig;
use virt_core::snapshot::{
    SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions,
};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::EmbedDriver;
use crate::manager::Work;
use crate::owner::SnapshotWork;
use crate::store::{Definition, Snapshots};

#[async_trait]
impl SnapshotDriver for EmbedDriver {
    async fn list(&self, call: &CallContext, domain: Uuid, filter: &SnapshotFilter) -> Result<Vec<String>> {
        Ok(self.snapshots_of(call, domain).await?.list(filter))
    }

    async fn children(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        filter: &SnapshotFilter,
    ) -> Result<Vec<String>> {
        self.snapshots_of(call, domain).await?.children(snapshot, filter)
    }

    async fn config(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        _secure: bool,
    ) -> Result<Box<SnapshotConfig>> {
        let known = self.snapshots_of(call, domain).await?;
        let kept = known.get(snapshot)?;
        let mut config = kept.config.clone();
        config.parent = known.parent(snapshot)?.map(Into::into);
        if config.domain.is_none() {
            // One made by others: its configuration tells the document.
            let then = async {
                let present = self.definition(domain).await?;
                let store = &self.manager.store;
                store.definition_of(kept, &present, &self.manager.machine()).await
            };
            let then = call.bound(Outcome::NotApplied, then).await?;
            config.domain = Some((*then.config).into());
        }
        Ok(config)
    }

    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<String>> {
        let known = self.snapshots_of(call, domain).await?;
        Ok(known.current().map(str::to_owned))
    }

    async fn parent(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<Option<String>> {
        let known = self.snapshots_of(call, domain).await?;
        Ok(known.parent(snapshot)?.map(str::to_owned))
    }

    async fn has_metadata(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<bool> {
        let known = self.snapshots_of(call, domain).await?;
        Ok(known.get(snapshot)?.record.is_some())
    }

    async fn create(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        let made = Arc::new(OnceLock::new());
        let work = SnapshotWork::Make {
            config: Box::new(config.clone()),
            options: options.clone(),
            made: Arc::clone(&made),
        };
        self.domains.ask(call, domain, Work::Snapshot(work)).await?;
        let name = made.get().cloned();
        name.ok_or_else(|| Error::new(ErrorKind::Internal, "a snapshot was made without a name"))
    }

    async fn revert(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        let work = SnapshotWork::Revert {
            snapshot: snapshot.to_owned(),
            options: options.clone(),
        };
        self.domains.ask(call, domain, Work::Snapshot(work)).await
    }

    async fn delete(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        let work = SnapshotWork::Delete {
            snapshot: snapshot.to_owned(),
            options: options.clone(),
        };
        self.domains.ask(call, domain, Work::Snapshot(work)).await
    }
}

impl EmbedDriver {
    /// The snapshots of a domain as they are now.
    async fn snapshots_of(&self, call: &CallContext, domain: Uuid) -> Result<Snapshots> {
        let name = self.manager.root.existing(domain)?.view().name.clone();
        call.bound(Outcome::NotApplied, self.manager.store.snapshots(&name))
            .await
    }

    /// The definition of a domain, for what is not in a snapshot.
    async fn definition(&self, domain: Uuid) -> Result<Definition> {
        let entry = self.manager.root.existing(domain)?;
        let (kept, autostart) = {
            let view = entry.view();
            (
                view.inactive.clone().or_else(|| view.live.clone()),
                view.autostart,
            )
        };
        let kept = kept.ok_or_else(|| Error::new(ErrorKind::NotFound, "the domain has no configuration"))?;
        let config = kept.config()?;
        let native = self.manager.store.read_config(&config.name).await?;
        Ok(Definition {
            config: Box::new(config),
            native: native.unwrap_or_default(),
            autostart,
            transient: false,
        })
    }
}
