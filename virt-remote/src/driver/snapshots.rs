//! The snapshots of a domain.

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::ResumeState;
use virt_core::driver::SnapshotDriver;
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::{SnapshotAlignment, SnapshotLocation};
use virt_core::snapshot::{
    SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotDeletion, SnapshotFilter, SnapshotRevertOptions,
};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, flags, objects, refusal};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::domain_snapshot::{
    DomainListAllSnapshots, DomainListAllSnapshotsArgs, DomainRevertToSnapshot, DomainRevertToSnapshotArgs,
    DomainSnapshotCreateXml, DomainSnapshotCreateXmlArgs, DomainSnapshotCurrent, DomainSnapshotCurrentArgs,
    DomainSnapshotDelete, DomainSnapshotDeleteArgs, DomainSnapshotGetParent, DomainSnapshotGetParentArgs,
    DomainSnapshotGetXmlDesc, DomainSnapshotGetXmlDescArgs, DomainSnapshotHasMetadata,
    DomainSnapshotHasMetadataArgs, DomainSnapshotListAllChildren, DomainSnapshotListAllChildrenArgs,
};
use crate::protocol::remote::object::DomainSnapshot;
use crate::rpc::{RpcError, RpcResult};

/// `VIR_DOMAIN_SNAPSHOT_XML_SECURE`.
const SECURE: u32 = 1;
/// How many names an error shows.
const SHOWN: usize = 5;

#[async_trait]
impl SnapshotDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, domain: Uuid, filter: &SnapshotFilter) -> Result<Vec<String>> {
        let args = DomainListAllSnapshotsArgs {
            dom: objects::domain(domain),
            need_results: 1,
            flags: list_flags(filter, filter.roots),
        };
        let listed = self.link.call::<DomainListAllSnapshots>(call, &args).await?;
        Ok(names(listed.snapshots, filter))
    }

    async fn children(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        filter: &SnapshotFilter,
    ) -> Result<Vec<String>> {
        let args = DomainSnapshotListAllChildrenArgs {
            snapshot: named(domain, snapshot),
            need_results: 1,
            flags: list_flags(filter, filter.descendants),
        };
        let listed = self
            .link
            .call::<DomainSnapshotListAllChildren>(call, &args)
            .await?;
        Ok(names(listed.snapshots, filter))
    }

    async fn config(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        secure: bool,
    ) -> Result<Box<SnapshotConfig>> {
        match self.snapshot_document(call, domain, snapshot, secure).await {
            Ok(text) => SnapshotConfig::from_xml(&text).map(Box::new).map_err(|error| {
                let message = "the daemon's document of the snapshot is not understood";
                Error::new(ErrorKind::Corrupt, message).with_source(error)
            }),
            Err(error) if is_no_snapshot(&error) => Err(self.no_such_snapshot(call, domain, error).await),
            Err(error) => Err(error.into()),
        }
    }

    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<String>> {
        let args = DomainSnapshotCurrentArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        match self.link.call::<DomainSnapshotCurrent>(call, &args).await {
            Ok(found) => Ok(Some(found.snap.name.into_text())),
            Err(error) if is_no_snapshot(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn parent(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<Option<String>> {
        let args = DomainSnapshotGetParentArgs {
            snap: named(domain, snapshot),
            flags: 0,
        };
        match self.link.call::<DomainSnapshotGetParent>(call, &args).await {
            Ok(found) => Ok(Some(found.snap.name.into_text())),
            // The same code is for one without a parent, and for one that is not there.
            Err(error) if is_no_snapshot(&error) => {
                self.snapshot_document(call, domain, snapshot, false).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn has_metadata(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<bool> {
        let args = DomainSnapshotHasMetadataArgs {
            snap: named(domain, snapshot),
            flags: 0,
        };
        let found = self.link.call::<DomainSnapshotHasMetadata>(call, &args).await?;
        Ok(found.metadata != 0)
    }

    async fn create(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        let args = DomainSnapshotCreateXmlArgs {
            dom: objects::domain(domain),
            xml_desc: config.to_xml().into(),
            flags: flags::set(&[
                (options.redefine, 1),
                (options.current, 1 << 1),
                (options.no_metadata, 1 << 2),
                (options.halt, 1 << 3),
                (options.disk_only, 1 << 4),
                (options.reuse_external, 1 << 5),
                (options.quiesce, 1 << 6),
                (options.atomic, 1 << 7),
                (options.live, 1 << 8),
                (options.validate, 1 << 9),
            ]),
        };
        match self.link.call::<DomainSnapshotCreateXml>(call, &args).await {
            Ok(made) => Ok(made.snap.name.into_text()),
            Err(error) if options.quiesce => Err(refusal::of_agent(error)),
            Err(error) => Err(self.why_no_snapshot(call, domain, config, error).await),
        }
    }

    async fn revert(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        let args = DomainRevertToSnapshotArgs {
            snap: named(domain, snapshot),
            flags: flags::set(&[
                (options.state == Some(ResumeState::Running), 1),
                (options.state == Some(ResumeState::Paused), 1 << 1),
                (options.force, 1 << 2),
                (options.reset_nvram, 1 << 3),
            ]),
        };
        Ok(self.link.call::<DomainRevertToSnapshot>(call, &args).await?)
    }

    async fn delete(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        let args = DomainSnapshotDeleteArgs {
            snap: named(domain, snapshot),
            flags: flags::set(&[
                (options.deletion == SnapshotDeletion::WithDescendants, 1),
                (options.metadata_only, 1 << 1),
                (options.deletion == SnapshotDeletion::DescendantsOnly, 1 << 2),
            ]),
        };
        Ok(self.link.call::<DomainSnapshotDelete>(call, &args).await?)
    }
}

impl RemoteConnection {
    async fn snapshot_document(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        secure: bool,
    ) -> RpcResult<String> {
        let args = DomainSnapshotGetXmlDescArgs {
            snap: named(domain, snapshot),
            flags: flags::set(&[(secure, SECURE)]),
        };
        let found = self.link.call::<DomainSnapshotGetXmlDesc>(call, &args).await?;
        Ok(found.xml.into_text())
    }

    /// "There is none such", naming a few that do exist.
    async fn no_such_snapshot(&self, call: &CallContext, domain: Uuid, cause: RpcError) -> Error {
        let message = match self.list(call, domain, &SnapshotFilter::all()).await {
            Ok(names) if names.is_empty() => "no such snapshot (there is none at all)".to_owned(),
            Ok(mut names) => {
                let more = if names.len() > SHOWN { ", …" } else { "" };
                names.truncate(SHOWN);
                format!("no such snapshot (there are: {}{more})", names.join(", "))
            }
            Err(_) => "no such snapshot".to_owned(),
        };
        Error::new(ErrorKind::NotFound, message).with_source(cause)
    }

    /// libvirt has no code of its own for a name that is given already, nor for a disk the domain has not.
    async fn why_no_snapshot(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        error: RpcError,
    ) -> Error {
        if error.libvirt().is_none() {
            return error.into();
        }
        if let Some(name) = config.name.as_deref()
            && self.snapshot_document(call, domain, name, false).await.is_ok()
        {
            let message = format!("a snapshot {name:?} exists already");
            return Error::new(ErrorKind::AlreadyExists, message).with_source(error);
        }
        let Ok(document) = self.document_of(call, objects::domain(domain), 0).await else {
            return error.into();
        };
        let alignment = SnapshotAlignment::new(SnapshotLocation::Internal);
        match config.clone().created_at(0).align(&document, &alignment) {
            Err(wrong) => Error::from(wrong),
            Ok(_) => error.into(),
        }
    }
}

fn named(domain: Uuid, snapshot: &str) -> DomainSnapshot {
    DomainSnapshot {
        name: snapshot.into(),
        dom: objects::domain(domain),
    }
}

fn is_no_snapshot(error: &RpcError) -> bool {
    error.code() == Some(ErrorCode::NO_DOMAIN_SNAPSHOT)
}

/// `virDomainSnapshotListFlags`; the first one means roots of a domain's, and descendants of a snapshot's.
fn list_flags(filter: &SnapshotFilter, first: bool) -> u32 {
    flags::set(&[
        (first, 1),
        (filter.metadata == Some(true), 1 << 1),
        (filter.leaves == Some(true), 1 << 2),
        (filter.leaves == Some(false), 1 << 3),
        (filter.metadata == Some(false), 1 << 4),
        (filter.inactive, 1 << 5),
        (filter.active, 1 << 6),
        (filter.disk_only, 1 << 7),
        (filter.internal, 1 << 8),
        (filter.external, 1 << 9),
        (filter.topological, 1 << 10),
    ])
}

fn names(snapshots: Vec<DomainSnapshot>, filter: &SnapshotFilter) -> Vec<String> {
    let mut names: Vec<String> = snapshots
        .into_iter()
        .map(|snapshot| snapshot.name.into_text())
        .collect();
    if !filter.topological {
        names.sort_unstable();
    }
    names
}
