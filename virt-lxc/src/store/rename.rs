//! Giving a container another name.
//!
//! The directory is renamed first. What its snapshots, its record and its configuration say of the directory follows, in
//! that order: where the record still has the name before, the rename was cut off and is finished.

use uuid::Uuid;
use virt_core::host::{BatchMode, HostOp};
use virt_core::{Error, ErrorKind, Result};

use super::container::text;
use super::load::parse;
use super::{Definition, DefinitionRecord, Store, moved_config, moved_document};
use crate::config::ContainerConfig;

impl Store {
    /// Gives a container's directory another name; what is said there of the directory goes with it.
    pub(crate) async fn rename(&self, definition: &Definition, to: &str) -> Result<Definition> {
        let from = definition.config.name.as_str();
        let (old, new) = (self.layout.container(from), self.layout.container(to));
        if self.host.files().stat(&new).await?.is_some() {
            let message = format!("there is a directory {new:?} already");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let renamed = self.renamed(definition, to)?;
        // By this record a rename that is cut off is known as one, whoever wrote the configuration last.
        let record = Self::write_json(self.layout.definition(from), &definition.record(None)?)?;
        self.all(vec![record, HostOp::Rename { from: old, to: new }])
            .await?;
        match self.follow_rename(definition, &renamed).await {
            Ok(()) => Ok(renamed),
            Err(error) => {
                self.take_rename_back(definition, &renamed).await;
                Err(error)
            }
        }
    }

    /// Finishes the rename of a container whose directory has its name already, and whose record the one before. `None`
    /// where both directories are the same domain: then one is a copy, which somebody has made.
    pub(super) async fn finish_rename(
        &self,
        definition: &Definition,
        to: &str,
        may_change: bool,
    ) -> Result<Option<Definition>> {
        if self
            .has_record_of(&definition.config.name, definition.config.uuid)
            .await?
        {
            return Ok(None);
        }
        let renamed = self.renamed(definition, to)?;
        if may_change {
            tracing::info!(container = to, from = %definition.config.name, "a rename was cut off, and is finished");
            self.follow_rename(definition, &renamed).await?;
        }
        Ok(Some(renamed))
    }

    /// Whether there is a container of this name that is the same domain.
    async fn has_record_of(&self, name: &str, uuid: Option<Uuid>) -> Result<bool> {
        match self.host.files().read(&self.layout.definition(name)).await {
            Ok(content) => {
                Ok(parse::<DefinitionRecord>(&content).is_ok_and(|record| Some(record.uuid) == uuid))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A definition as it is under another name.
    fn renamed(&self, definition: &Definition, to: &str) -> Result<Definition> {
        let from = definition.config.name.as_str();
        let (old, new) = (self.layout.container(from), self.layout.container(to));
        let mut native = ContainerConfig::parse(&definition.native)?;
        if native.get("lxc.uts.name") == Some(from) {
            native.set("lxc.uts.name", to)?;
        }
        moved_config(&mut native, &old, &new)?;
        let mut config = moved_document(&definition.config, &old, &new)?;
        to.clone_into(&mut config.name);
        Ok(Definition {
            config: Box::new(config),
            native: native.to_string(),
            autostart: definition.autostart,
            transient: definition.transient,
        })
    }

    /// The directory has another name: everything in it follows.
    async fn follow_rename(&self, before: &Definition, after: &Definition) -> Result<()> {
        let (from, to) = (&before.config.name, &after.config.name);
        if let Err(error) = self.move_snapshots(from, to).await {
            tracing::warn!(domain = %to, %error, "lxc-snapshot would look for snapshots where they were before");
        }
        self.all(self.write_definition(after, Some(&before.native))?)
            .await
            .map(drop)
    }

    /// What could not be finished is as it was before, as far as that goes: the next to open the directory does the rest.
    async fn take_rename_back(&self, before: &Definition, after: &Definition) {
        let (from, to) = (&before.config.name, &after.config.name);
        let mut ops = vec![HostOp::Rename {
            from: self.layout.container(to),
            to: self.layout.container(from),
        }];
        match self.write_definition(before, Some(&after.native)) {
            Ok(definition) => ops.extend(definition),
            Err(error) => tracing::warn!(domain = %from, %error, "a rename could not be taken back"),
        }
        for reply in self.host.batch(BatchMode::StopAtError, ops).await {
            if let Err(error) = reply {
                tracing::warn!(domain = %from, %error, "a rename could not be taken back");
            }
        }
        if let Err(error) = self.move_snapshots(to, from).await {
            tracing::warn!(domain = %from, %error, "lxc-snapshot would look for snapshots at the other name");
        }
    }

    /// What liblxc has of a container's snapshots says where the container is.
    async fn move_snapshots(&self, from: &str, to: &str) -> Result<()> {
        let known = self.snapshots(to).await?;
        let (then, now) = (self.layout.container(from), self.layout.container(to));
        let files = self.host.files();
        for kept in known.on_disk() {
            let path = format!("{}/config", self.layout.snapshot(to, &kept.directory));
            let mut config = ContainerConfig::parse(&text(files.read(&path).await?)?)?;
            moved_config(&mut config, &then, &now)?;
            files
                .write_atomic(&path, config.to_string().as_bytes(), 0o644)
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use virt_core::ConnectUri;
    use virt_core::host::LocalHost;
    use virt_core::model::DomainConfig;

    use super::*;
    use crate::store::{Found, Layout, Machine};

    const UUID: Uuid = Uuid::from_u128(7);

    /// A directory with a container "web" that has a snapshot.
    async fn store(place: &Path) -> Store {
        let host = Arc::new(LocalHost::new());
        let uri: ConnectUri = format!("lxc:///embed?root={}", place.display()).parse().unwrap();
        let layout = Layout::of(&uri, host.as_ref()).await.unwrap();
        let store = Store::new(host, layout);
        let root = place.display();
        let text = format!(
            "<domain type='lxc'><name>web</name><uuid>{UUID}</uuid><devices><filesystem type='mount'>\
             <source dir='{root}/web/rootfs'/><target dir='/'/></filesystem></devices></domain>"
        );
        let definition = Definition {
            config: Box::new(DomainConfig::from_xml(&text).unwrap()),
            native: format!("lxc.uts.name = web\nlxc.rootfs.path = dir:{root}/web/rootfs\n"),
            autostart: false,
            transient: false,
        };
        let ops = store.write_definition(&definition, None).unwrap();
        store.all(ops).await.unwrap();
        let snapshot = place.join("web/snaps/snap0");
        std::fs::create_dir_all(snapshot.join("rootfs")).unwrap();
        let native = format!("lxc.rootfs.path = dir:{root}/web/snaps/snap0/rootfs\n");
        std::fs::write(snapshot.join("config"), native).unwrap();
        std::fs::write(snapshot.join("ts"), "2026:11:28 00:00:00").unwrap();
        store
    }

    async fn load(store: &Store, name: &str, may_change: bool) -> Found {
        let machine = Machine {
            id: "machine",
            groups: Arc::default(),
        };
        store.load_one(name, &machine, may_change).await.unwrap().unwrap()
    }

    fn root_of(found: &Found) -> String {
        let filesystems = &found.definition.config.devices.as_ref().unwrap().filesystems;
        filesystems
            .first()
            .unwrap()
            .source
            .as_ref()
            .unwrap()
            .dir
            .clone()
            .unwrap()
    }

    #[tokio::test]
    async fn a_rename_that_was_cut_off_after_the_directorys_is_finished() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        std::fs::rename(place.path().join("web"), place.path().join("db")).unwrap();
        let root = place.path().display();
        // Who may change nothing sees it as it will be.
        for may_change in [false, true, true] {
            let found = load(&store, "db", may_change).await;
            assert_eq!(found.definition.config.name, "db");
            assert_eq!(found.definition.config.uuid, Some(UUID));
            assert_eq!(root_of(&found), format!("{root}/db/rootfs"));
            assert_eq!(
                found.definition.native,
                format!("lxc.uts.name = db\nlxc.rootfs.path = dir:{root}/db/rootfs\n")
            );
        }
        let read = |path: &str| std::fs::read_to_string(place.path().join(path)).unwrap();
        assert!(read("db/config").contains("/db/rootfs"));
        assert!(!read("db/virt-sdk.json").contains("web"));
        assert_eq!(
            read("db/snaps/snap0/config").trim(),
            format!("lxc.rootfs.path = dir:{root}/db/snaps/snap0/rootfs")
        );
    }

    #[tokio::test]
    async fn a_directory_that_somebody_has_copied_is_not_taken_for_one_that_was_renamed() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([place.path().join("web"), place.path().join("copy")])
            .status();
        assert!(copied.unwrap().success());
        let found = load(&store, "copy", true).await;
        assert_eq!(root_of(&found), format!("{}/web/rootfs", place.path().display()));
    }

    #[tokio::test]
    async fn a_rename_that_cannot_be_finished_is_taken_back() {
        let place = tempfile::tempdir().unwrap();
        let store = store(place.path()).await;
        let before = load(&store, "web", true).await;
        // A directory where the record is to be written: it cannot be.
        std::fs::remove_file(place.path().join("web/virt-sdk.json")).unwrap();
        std::fs::create_dir(place.path().join("web/virt-sdk.json")).unwrap();
        store.rename(&before.definition, "db").await.unwrap_err();
        std::fs::remove_dir(place.path().join("web/virt-sdk.json")).unwrap();
        assert!(!place.path().join("db").exists());
        let found = load(&store, "web", true).await;
        assert_eq!(root_of(&found), root_of(&before));
        assert_eq!(found.definition.native, before.definition.native);
    }
}
