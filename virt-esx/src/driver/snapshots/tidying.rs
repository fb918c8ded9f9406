//! What ESX has for snapshots beyond the core's: other names, all of them removed, disks consolidated.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::domain::DomainRef;
use virt_core::job::{Job, JobKind};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::tree::given;
use crate::driver::EsxDriver;
use crate::job::Begun;
use crate::vim::{
    ConsolidateVmDisksTask, ManagedObjectReference, Method, RemoveAllSnapshotsTask, RenameSnapshot,
};

impl EsxDriver {
    /// Gives a snapshot another name, or another description; how it is named then.
    pub(crate) async fn relabel_snapshot(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<String> {
        if name.is_some_and(str::is_empty) {
            return Err(Error::new(ErrorKind::InvalidArgument, "a snapshot has a name"));
        }
        let (reference, _) = self.to_change(domain)?;
        let tree = self.tree_of(call, &reference).await?;
        let node = tree.get(snapshot)?;
        if let Some(name) = name
            && name != node.name
            && tree.has_name(name)
        {
            let message = format!("a snapshot {name:?} exists already");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let rename = RenameSnapshot {
            this: node.reference.clone(),
            name: name.map(given),
            description: description.map(str::to_owned),
        };
        self.server.act(call, &rename).await?;
        Ok(match name {
            Some(name) if name != node.name => name.to_owned(),
            _ => tree.handle(node),
        })
    }

    /// Removes all snapshots of a machine; it stays as it is.
    pub(crate) async fn remove_all_snapshots(&self, call: &CallContext, domain: &DomainRef) -> Result<Job> {
        let (reference, _) = self.to_change(domain.uuid)?;
        let remove = RemoveAllSnapshotsTask {
            this: reference.clone(),
            consolidate: Some(true),
            spec: None,
        };
        self.begin_job(call, (JobKind::SnapshotDelete, domain), reference, &remove)
            .await
    }

    /// Merges into a machine's disks what removed snapshots have left behind.
    pub(crate) async fn consolidate(&self, call: &CallContext, domain: &DomainRef) -> Result<Job> {
        let (reference, _) = self.to_change(domain.uuid)?;
        let merge = ConsolidateVmDisksTask {
            this: reference.clone(),
        };
        self.begin_job(call, (JobKind::Unknown, domain), reference, &merge)
            .await
    }

    /// The server's own name of a snapshot; of the current one, where none is named and there is one.
    pub(in crate::driver) async fn snapshot_reference(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        snapshot: Option<&str>,
    ) -> Result<Option<ManagedObjectReference>> {
        let tree = self.tree_of(call, machine).await?;
        match snapshot {
            Some(handle) => Ok(Some(tree.get(handle)?.reference.clone())),
            None => Ok(tree.current().map(|node| node.reference.clone())),
        }
    }

    /// Has a task of a machine begun, as a job that ends with it.
    async fn begin_job<M>(
        &self,
        call: &CallContext,
        (kind, domain): (JobKind, &DomainRef),
        machine: ManagedObjectReference,
        method: &M,
    ) -> Result<Job>
    where
        M: Method<Returns = ManagedObjectReference> + Sync,
    {
        let task = self.server.act(call, method).await?;
        let begun = Begun {
            task,
            kind,
            domain: domain.clone(),
            machine,
        };
        let over = |_: Arc<_>, ended: Result<_>| async move { ended.map(drop) };
        Ok(self.server.job(begun, over))
    }
}
