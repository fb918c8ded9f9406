//! Taking note of a snapshot that is there.

use virt_core::host::HostOp;
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::SnapshotMemory;
use virt_core::snapshot::SnapshotCreateOptions;
use virt_core::{Error, ErrorKind, Result};

use super::super::Owner;
use crate::store::{SnapshotRecord, Snapshots};

impl Owner {
    /// Takes note of a snapshot whose files are there; its name.
    pub(super) async fn redefine_snapshot(
        &mut self,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        config.validate_redefined()?;
        let name = config.name.clone().unwrap_or_default();
        let definition = self.present_definition()?;
        let container = definition.config.name.clone();
        let store = &self.manager.store;
        let known = store.snapshots(&container).await?;
        check_parent(&known, &name, config)?;
        let kept = known.forgotten(&name).map_or_else(|| known.get(&name), Ok);
        let kept = kept.map_err(|_| {
            let message = format!("there is no snapshot {name:?} on disk of which note could be taken");
            Error::new(ErrorKind::NotFound, message)
        })?;
        let mut document = config.clone();
        document.memory = Some(SnapshotMemory::none());
        let native = match &kept.record {
            Some(record) => record.native.clone(),
            None => {
                store
                    .definition_of(kept, &definition, &self.manager.machine())
                    .await?
                    .native
            }
        };
        if document.domain.as_ref().is_none_or(|domain| !domain.is_whole()) {
            document.domain.clone_from(&kept.config.domain);
            document.inactive_domain.clone_from(&kept.config.inactive_domain);
        }
        let then = kept.record.as_ref().map(|record| record.container.clone());
        let record = SnapshotRecord {
            format: 0,
            uuid: self.entry.uuid(),
            container: then.unwrap_or_else(|| container.clone()),
            document: document.to_xml(),
            native,
            forgotten: false,
        };
        let directory = store.layout.snapshot(&container, &kept.directory);
        let mut ops: Vec<HostOp> = vec![store.write_snapshot_record(&directory, &record)?];
        if options.current {
            ops.push(store.write_current(&container, Some(&name))?);
        }
        store.all(ops).await?;
        Ok(name)
    }
}

/// Refuses a parent that is not there, or that comes after it.
fn check_parent(known: &Snapshots, name: &str, config: &SnapshotConfig) -> Result<()> {
    let parent = config.parent.as_ref().and_then(|parent| parent.name.as_deref());
    let Some(parent) = parent else { return Ok(()) };
    let after_itself = parent == name || known.descendants(name).iter().any(|after| after == parent);
    if after_itself || !known.contains(parent) {
        let message = format!("the snapshot {name:?} cannot come after {parent:?}: redefine that one first");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(())
}
