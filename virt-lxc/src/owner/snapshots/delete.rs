//! Deleting snapshots.

use virt_core::Result;
use virt_core::host::HostOp;
use virt_core::snapshot::{SnapshotDeleteOptions, SnapshotDeletion};
use virt_manager::OwnerTask as _;

use super::super::Owner;
use crate::config::ContainerConfig;
use crate::store::{Backing, BackingKind, KeptSnapshot, SnapshotRecord};

impl Owner {
    pub(super) async fn delete_snapshot(
        &mut self,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()> {
        let container = self.name();
        let store = &self.manager.store;
        let known = store.snapshots(&container).await?;
        let deletion = known.deletion(snapshot, options.deletion)?;
        // First what stays, so that a deletion that is cut off leaves a tree.
        let mut ops = Vec::new();
        if options.deletion == SnapshotDeletion::Alone {
            for moved in &deletion.moved {
                ops.extend(store.write_snapshot(&container, moved)?);
            }
        }
        if deletion.current.as_deref() != known.current() {
            ops.push(store.write_current(&container, deletion.current.as_deref())?);
        }
        store.all(ops).await?;
        for gone in &deletion.gone {
            if options.metadata_only {
                self.forget(&container, gone).await?;
            } else {
                self.remove_snapshot(&container, gone).await?;
            }
        }
        if !options.metadata_only {
            self.manager
                .tools
                .remove_if_empty(&store.layout.snapshots(&container))
                .await?;
        }
        Ok(())
    }

    /// It stays, and is not known any more. Of one made by others there is nothing that could be forgotten but itself.
    async fn forget(&self, container: &str, snapshot: &KeptSnapshot) -> Result<()> {
        let store = &self.manager.store;
        let record = match &snapshot.record {
            Some(record) => SnapshotRecord {
                forgotten: true,
                ..record.clone()
            },
            None => {
                let definition = self.present_definition()?;
                let then = store
                    .definition_of(snapshot, &definition, &self.manager.machine())
                    .await?;
                let mut document = snapshot.config.as_ref().clone();
                document.domain = Some((*then.config).into());
                SnapshotRecord {
                    format: 0,
                    uuid: self.entry.uuid(),
                    container: container.to_owned(),
                    document: document.to_xml(),
                    native: then.native,
                    forgotten: true,
                }
            }
        };
        let directory = store.layout.snapshot(container, &snapshot.directory);
        store
            .all(vec![store.write_snapshot_record(&directory, &record)?])
            .await
            .map(drop)
    }

    async fn remove_snapshot(&self, container: &str, snapshot: &KeptSnapshot) -> Result<()> {
        let (store, tools) = (&self.manager.store, &self.manager.tools);
        let directory = store.layout.snapshot(container, &snapshot.directory);
        let config = self
            .manager
            .host
            .files()
            .read(&format!("{directory}/config"))
            .await?;
        let config = ContainerConfig::parse(&String::from_utf8_lossy(&config))?;
        if !matches!(
            Backing::of(&config),
            Ok(None
                | Some(Backing {
                    kind: BackingKind::Directory { .. } | BackingKind::Image | BackingKind::Overlay { .. },
                    ..
                }))
        ) {
            return tools.destroy_snapshot(container, &snapshot.directory).await;
        }
        // In one step, where its directory is on the same file system as that of all containers.
        let away = format!(
            "{}-{}",
            store.layout.removed(self.entry.uuid()),
            snapshot.directory
        );
        let rights = self.rights(&config);
        tools.must_hold_no_mount(&directory).await?;
        tools.erase(&rights, std::slice::from_ref(&away)).await?;
        if self.manager.host.files().rename(&directory, &away).await.is_ok() {
            return tools.erase(&rights, &[away]).await;
        }
        // Without its configuration it is no snapshot any more.
        let no_more = HostOp::RemoveFile {
            path: format!("{directory}/config"),
        };
        store.all(vec![no_more]).await?;
        tools.erase(&rights, &[directory]).await
    }
}
