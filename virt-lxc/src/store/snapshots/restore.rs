//! What is ours in a container that liblxc has replaced by one of its snapshots: it goes with the container, and comes
//! back.

use virt_core::host::HostOp;
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result};

use super::Unfinished;
use crate::store::{DefinitionRecord, Layout, Store};

/// The permissions of a container's directory.
const DIRECTORY_MODE: u32 = 0o711;

impl Store {
    /// Writes the record of a container that was replaced by a snapshot, beside the configuration it has now; the record.
    pub(crate) async fn write_restored(
        &self,
        name: &str,
        definition: &DefinitionRecord,
        snapshot: &str,
    ) -> Result<DefinitionRecord> {
        let native = self.read_config(name).await?;
        let record = DefinitionRecord {
            native: native.unwrap_or_else(|| definition.native.clone()),
            previous: None,
            ..definition.clone()
        };
        let mut ops = vec![
            HostOp::CreateDir {
                path: self.layout.container(name),
                mode: DIRECTORY_MODE,
            },
            self.write_current(name, Some(snapshot))?,
        ];
        ops.extend(self.write_definition_record(name, &record)?);
        self.all(ops).await?;
        Ok(record)
    }

    /// The same after a replacement that was cut off; `None` where the record is still there: nothing was replaced, or it
    /// was written already.
    pub(crate) async fn restore_record(
        &self,
        name: &str,
        definition: &DefinitionRecord,
        snapshot: &str,
    ) -> Result<Option<DefinitionRecord>> {
        if self
            .host
            .files()
            .stat(&self.layout.definition(name))
            .await?
            .is_some()
        {
            return Ok(None);
        }
        self.write_restored(name, definition, snapshot).await.map(Some)
    }

    /// Before a directory is read: containers whose replacement was cut off get their records back, without which they
    /// would be other domains.
    pub(crate) async fn restore_records(&self) {
        let entries = match self.host.files().list_dir(&self.layout.own()).await {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(%error, "work on snapshots that was cut off could not be looked for");
                }
                return;
            }
        };
        let uuids = entries
            .iter()
            .filter_map(|entry| entry.name.strip_prefix(Layout::INTENT)?.parse().ok());
        for uuid in uuids {
            if let Err(error) = self.restore_one(uuid).await {
                tracing::warn!(%uuid, %error, "the record of a container could not be restored");
            }
        }
    }

    async fn restore_one(&self, uuid: uuid::Uuid) -> Result<()> {
        let Some(intent) = self.read_intent(uuid).await? else {
            return Ok(());
        };
        let Unfinished::Restoring { definition, snapshot } = intent.work else {
            return Ok(());
        };
        let config = DomainConfig::from_xml(&definition.document).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the document of a snapshot cannot be read").with_source(error)
        })?;
        self.restore_record(&config.name, &definition, &snapshot).await?;
        self.all(vec![self.remove_intent(uuid)]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;
    use virt_core::ConnectUri;
    use virt_core::host::LocalHost;

    use super::*;
    use crate::store::Machine;

    /// A directory of containers with work that was cut off.
    async fn cut_off(place: &std::path::Path, uuid: Uuid) -> Store {
        let host = Arc::new(LocalHost::new());
        let uri: ConnectUri = format!("lxc:///embed?root={}", place.display()).parse().unwrap();
        let layout = Layout::of(&uri, host.as_ref()).await.unwrap();
        let store = Store::new(host, layout);
        let definition = DefinitionRecord {
            format: 1,
            uuid,
            document: format!("<domain type='lxc'><name>web</name><uuid>{uuid}</uuid></domain>"),
            native: "lxc.uts.name = web\n".to_owned(),
            previous: None,
            transient: false,
            removed: false,
        };
        let work = Unfinished::Restoring {
            definition: Box::new(definition),
            snapshot: "then".to_owned(),
        };
        store
            .host
            .files()
            .create_dir(&store.layout.own(), 0o700)
            .await
            .unwrap();
        let op = store.write_intent(uuid, work).unwrap();
        store.all(vec![op]).await.unwrap();
        store
    }

    #[tokio::test]
    async fn a_container_that_was_replaced_is_the_domain_it_was() {
        let place = tempfile::tempdir().unwrap();
        let uuid = Uuid::from_u128(7);
        let store = cut_off(place.path(), uuid).await;
        let directory = place.path().join("web");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("config"), "lxc.uts.name = web\nlxc.tty.max = 1\n").unwrap();
        store.restore_records().await;
        let machine = Machine {
            id: "machine",
            groups: Arc::default(),
        };
        let found = store.load_one("web", &machine, true).await.unwrap().unwrap();
        assert_eq!(found.definition.config.uuid, Some(uuid));
        assert!(found.definition.native.contains("lxc.tty.max"));
        assert_eq!(store.snapshots("web").await.unwrap().current(), None);
        assert!(directory.join("virt-sdk.snapshots.json").exists());
        assert!(store.read_intent(uuid).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_container_that_was_not_replaced_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let uuid = Uuid::from_u128(7);
        let store = cut_off(place.path(), uuid).await;
        let directory = place.path().join("web");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("virt-sdk.json"), "as it was").unwrap();
        store.restore_records().await;
        let record = std::fs::read_to_string(directory.join("virt-sdk.json")).unwrap();
        assert_eq!(record, "as it was");
        assert!(store.read_intent(uuid).await.unwrap().is_none());
    }
}
