//! Copying a container.

use virt_core::domain::DomainState;
use virt_core::host::HostOp;
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result};
use virt_manager::OwnerTask as _;

use super::super::Owner;
use super::{CopiedOut, CopyPlan, DIRECTORY_MODE};
use crate::config::ContainerConfig;
use crate::document::complete_interfaces;
use crate::store::{
    Backing, BackingKind, Definition, DefinitionRecord, Unfinished, moved_config, moved_document, native_text,
};

impl Owner {
    /// Copies definition and root to where the copy is made.
    pub(super) async fn copy_out(&mut self, plan: &CopyPlan) -> Result<CopiedOut> {
        // What stands written of other work is not written over.
        self.recover_snapshots().await?;
        self.read_definition_again().await?;
        let definition = self.present_definition()?;
        let native = ContainerConfig::parse(&definition.native)?;
        let Some(backing) = Backing::of(&native)? else {
            return Err(Error::unsupported(
                "the container has no root of its own: define another one with the same document",
            ));
        };
        if let BackingKind::Liblxc { name } = &backing.kind {
            if plan.options.ephemeral {
                return Err(Error::unsupported(format!(
                    "no copy of a root of kind {name} goes with its run"
                )));
            }
            if self.running.is_some() {
                let message = format!(
                    "the container's root is {name}, which liblxc does not copy while it runs: end it first"
                );
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
            let (shares, keeps_mac) = (plan.options.snapshot, plan.options.keep_mac);
            let tools = &self.manager.tools;
            tools
                .copy_container(&definition.config.name, &plan.name, shares, keeps_mac)
                .await?;
            return Ok(CopiedOut::ByLiblxc);
        }
        let at = self.manager.store.layout.making(plan.uuid);
        let copied = self.copy_to(plan, &definition, &backing, &at).await;
        if copied.is_err() {
            let rights = self.rights(&native);
            if let Err(error) = self.manager.tools.erase(&rights, &[at]).await {
                tracing::warn!(domain = %self.name(), %error, "what was made of a copy could not be removed");
            }
        }
        copied
    }

    async fn copy_to(
        &self,
        plan: &CopyPlan,
        definition: &Definition,
        backing: &Backing,
        at: &str,
    ) -> Result<CopiedOut> {
        let store = &self.manager.store;
        let name = definition.config.name.as_str();
        let (here, there) = (store.layout.container(name), store.layout.container(&plan.name));
        let mut native = ContainerConfig::parse(&definition.native)?;
        let rights = self.rights(&native);
        self.manager.tools.erase(&rights, &[at.to_owned()]).await?;
        self.manager.host.files().create_dir(at, DIRECTORY_MODE).await?;
        let setting = if plan.options.snapshot {
            self.share_root(plan, name, backing, at).await?
        } else {
            let is_within =
                backing.path == "/" || format!("{at}/").starts_with(&format!("{}/", backing.path));
            if is_within {
                return Err(Error::unsupported(
                    "the root of the container holds the directory of containers: it would be copied into itself",
                ));
            }
            let to_be_frozen = self.running.is_some() && self.state() == DomainState::Running;
            let to = format!("{at}/{}", backing.file_name());
            let uuid = self.entry.uuid();
            if to_be_frozen {
                // Who finds it after a crash has the container go on.
                let intent = store.write_intent(uuid, Unfinished::Making { thaw: true })?;
                store.all(vec![intent]).await?;
            }
            let copied = self
                .copy_frozen(to_be_frozen, &rights, (&backing.path, &to))
                .await;
            if to_be_frozen {
                let removed = store.all(vec![store.remove_intent(uuid)]).await;
                copied.and(removed.map(drop))?;
            } else {
                copied?;
            }
            backing.setting_at(&format!("{there}/{}", backing.file_name()))
        };
        if native.get("lxc.uts.name") == Some(name) {
            native.set("lxc.uts.name", &plan.name)?;
        }
        let networks: Vec<u32> = native.networks().iter().map(|network| network.index).collect();
        for index in networks {
            native.remove(&format!("lxc.net.{index}.veth.pair"));
            if !plan.options.keep_mac {
                native.remove(&format!("lxc.net.{index}.hwaddr"));
            }
        }
        if plan.options.ephemeral {
            native.set("lxc.ephemeral", "1")?;
        }
        native.set(Backing::KEY, &setting)?;
        moved_config(&mut native, &here, &there)?;
        // What it shares is where it was.
        native.set(Backing::KEY, &setting)?;
        let native = native_text(native, false)?;
        let document = moved_document(&definition.config, &here, &there)?;
        let config = self.document_of_copy(plan, definition, &native, document.to_xml())?;
        Ok(CopiedOut::Made { config, native })
    }

    /// The document of a copy, as its configuration and that of the first one say it.
    fn document_of_copy(
        &self,
        plan: &CopyPlan,
        definition: &Definition,
        native: &str,
        document: String,
    ) -> Result<Box<DomainConfig>> {
        let record = DefinitionRecord {
            format: 0,
            uuid: plan.uuid,
            document,
            // Another one: the configuration counts, and the document for what that has no place for.
            native: String::new(),
            previous: None,
            transient: false,
            removed: false,
        };
        let manager = &self.manager;
        let root = manager.store.layout.root();
        let read = Definition::read(
            &plan.name,
            root,
            &manager.machine(),
            native.to_owned(),
            Some(record),
        )?;
        let mut config = read.config;
        config.kind = definition.config.kind.clone();
        complete_interfaces(&mut config);
        Ok(config)
    }

    /// An overlay over the root, and liblxc's notes of it; what the configuration says of it.
    async fn share_root(&self, plan: &CopyPlan, name: &str, backing: &Backing, at: &str) -> Result<String> {
        let store = &self.manager.store;
        if !matches!(backing.kind, BackingKind::Directory { .. }) {
            return Err(Error::unsupported(
                "only a root in a directory can be shared by an overlay: make a whole copy",
            ));
        }
        if self.running.is_some() {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the container writes to the root that is to be shared: end it first",
            ));
        }
        let root = store.layout.root();
        let depends = format!("{root}\n{name}\n");
        let copies = format!("{}{root}\n{}\n", self.copies(name).await?, plan.name);
        let write = |path: String, text: String| HostOp::WriteAtomic {
            path,
            content: text.into_bytes(),
            mode: 0o644,
        };
        let make = |path: String| HostOp::CreateDir { path, mode: 0o755 };
        let ops = vec![
            make(format!("{at}/overlay/delta")),
            make(format!("{at}/overlay/work")),
            make(format!("{at}/rootfs")),
            write(format!("{at}/lxc_rdepends"), depends),
            write(
                format!("{}/{}", store.layout.container(name), Self::COPIES),
                copies,
            ),
        ];
        store.all(ops).await?;
        let upper = format!("{}/overlay/delta", store.layout.container(&plan.name));
        Ok(format!("overlay:{}:{upper}", backing.path))
    }
}
