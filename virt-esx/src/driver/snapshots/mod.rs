//! Snapshots of machines.

mod making;
mod reverting;
mod tidying;
mod tree;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::driver::SnapshotDriver;
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::{SnapshotMemory, SnapshotState};
use virt_core::snapshot::{
    SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotDeletion, SnapshotFilter, SnapshotRevertOptions,
};
use virt_core::{CallContext, Error, Outcome, Result};

use super::EsxDriver;
use crate::property;
use crate::vim::{ManagedObjectReference, RemoveSnapshotTask};
use tree::Tree;

#[async_trait]
impl SnapshotDriver for EsxDriver {
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
        let tree = self.snapshots_of(call, domain).await?;
        let node = tree.get(snapshot)?;
        Ok(tree.after(node, filter))
    }

    async fn config(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        _secure: bool,
    ) -> Result<Box<SnapshotConfig>> {
        let tree = self.snapshots_of(call, domain).await?;
        let node = tree.get(snapshot)?;
        let mut config = Box::<SnapshotConfig>::default();
        config.name = Some(node.name.clone());
        config.description = Some(node.description.clone()).filter(|text| !text.is_empty());
        config.state = Some(node.state());
        config.parent = tree
            .parent(node)
            .map(|parent| tree.handle(parent).as_str().into());
        config.creation_time = node.creation_time();
        config.memory = Some(match node.state() {
            SnapshotState::Shutoff => SnapshotMemory::none(),
            _ => SnapshotMemory::internal(),
        });
        // What it was configured as, the server has in its own terms only.
        config.domain = Some(virt_core::model::moment::MomentDomain::of_uuid(domain));
        Ok(config)
    }

    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<String>> {
        let tree = self.snapshots_of(call, domain).await?;
        Ok(tree.current().map(|node| tree.handle(node)))
    }

    async fn parent(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<Option<String>> {
        let tree = self.snapshots_of(call, domain).await?;
        let node = tree.get(snapshot)?;
        Ok(tree.parent(node).map(|parent| tree.handle(parent)))
    }

    async fn has_metadata(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<bool> {
        let tree = self.snapshots_of(call, domain).await?;
        // It is the machine's own, and stands in nobody's way.
        tree.get(snapshot).map(|_| false)
    }

    async fn create(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        self.make_snapshot(call, domain, config, options).await
    }

    async fn revert(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        self.take_back(call, domain, snapshot, options).await
    }

    async fn delete(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        if options.metadata_only {
            return Err(Error::unsupported(
                "nobody keeps notes of a snapshot of ESX beside itself: it is deleted as a whole (metadata_only)",
            ));
        }
        let (reference, _) = self.to_change(domain)?;
        let tree = self.tree_of(call, &reference).await?;
        let node = tree.get(snapshot)?;
        match options.deletion {
            SnapshotDeletion::Alone => self.remove(call, &reference, &node.reference, false).await,
            SnapshotDeletion::WithDescendants => self.remove(call, &reference, &node.reference, true).await,
            SnapshotDeletion::DescendantsOnly => {
                for (index, child) in tree.children(node).enumerate() {
                    let removed = self.remove(call, &reference, &child.reference, true).await;
                    removed.map_err(|error| match index {
                        0 => error,
                        // Others are removed by now.
                        _ => error.with_outcome(Outcome::Unknown),
                    })?;
                }
                Ok(())
            }
            _ => Err(Error::unsupported("this way of deleting snapshots")),
        }
    }
}

impl EsxDriver {
    async fn snapshots_of(&self, call: &CallContext, domain: Uuid) -> Result<Tree> {
        self.server.check_open()?;
        let (reference, _) = self.server.inventory.machine(domain)?;
        self.tree_of(call, &reference).await
    }

    async fn tree_of(&self, call: &CallContext, machine: &ManagedObjectReference) -> Result<Tree> {
        let mut read = property::of_object(&self.server.session, call, machine, &["snapshot"]).await?;
        let info = read.remove("snapshot").filter(|info| !info.is_empty());
        let info = info.map(|info| info.read()).transpose().map_err(|error| {
            Error::new(
                virt_core::ErrorKind::Corrupt,
                "what the server says of the snapshots is not understood",
            )
            .with_source(error)
        })?;
        Ok(Tree::of(info))
    }

    /// Removes a snapshot, and merges its disks into what comes after it.
    async fn remove(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        snapshot: &ManagedObjectReference,
        with_descendants: bool,
    ) -> Result<()> {
        let remove = RemoveSnapshotTask {
            this: snapshot.clone(),
            remove_children: with_descendants,
            consolidate: Some(true),
        };
        self.answering(call, machine, self.carry_out(call, &remove)).await
    }
}
