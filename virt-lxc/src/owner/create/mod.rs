//! Making a container from something, as a whole: it is made aside, and put in its place in one step.

mod copy;
mod delete;
mod fill;

use std::sync::{Arc, OnceLock};

use virt_core::event::{DefinedReason, DomainChange};
use virt_core::host::HostOp;
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result, Subject};
use virt_manager::OwnerTask as _;
use virt_manager::document::Kept;

use super::Owner;
use crate::create::{CopyOptions, Image};
use crate::tools::Rights;

/// The permissions of the directory of a container.
const DIRECTORY_MODE: u32 = 0o711;

/// What an owner is asked to make.
#[derive(Debug)]
pub(crate) enum CreateWork {
    /// A container that is not there yet.
    Make(Box<Making>),
    /// Its definition and its root are copied to where another container is made.
    CopyOut {
        plan: CopyPlan,
        copied: Arc<OnceLock<CopiedOut>>,
    },
    /// The container and its root are removed.
    Delete,
}

/// A container that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Making {
    pub(crate) config: Box<DomainConfig>,
    /// The configuration it is made over, of a copy.
    pub(crate) native: Option<String>,
    pub(crate) content: Content,
}

/// What its root is made from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Directory(String),
    Tarball(String),
    Image(Image),
    /// It is there already, in the directory where it is made.
    Made,
}

/// How a container is copied.
#[derive(Debug, Clone)]
pub(crate) struct CopyPlan {
    /// The name of the copy.
    pub(crate) name: String,
    pub(crate) uuid: uuid::Uuid,
    pub(crate) options: CopyOptions,
}

/// What came out.
#[derive(Debug, Clone)]
pub(crate) enum CopiedOut {
    /// The document and the configuration of the copy, whose root is in the directory where it is made.
    Made {
        config: Box<DomainConfig>,
        native: String,
    },
    /// liblxc has made it, whole.
    ByLiblxc,
}

impl Owner {
    pub(super) async fn create(&mut self, work: CreateWork) -> Result<()> {
        match work {
            CreateWork::Make(making) => self.make_container(*making).await,
            CreateWork::CopyOut { plan, copied } => {
                let out = self.copy_out(&plan).await?;
                drop(copied.set(out));
                Ok(())
            }
            CreateWork::Delete => self.delete_with_rootfs().await,
        }
    }

    async fn make_container(&mut self, making: Making) -> Result<()> {
        let name = making.config.name.clone();
        // Nothing is changed before: the domain there is may have this owner.
        self.can_be_made(&name).await?;
        let before = self.native.clone();
        let making_at = self.manager.store.layout.making(self.entry.uuid());
        let mut rights = Rights::default();
        let made = self.make_whole(making, &making_at, &mut rights).await;
        let Err(error) = made else { return Ok(()) };
        self.native = before;
        if let Err(left) = self.manager.tools.erase(&rights, &[making_at]).await {
            // The next open removes it.
            tracing::warn!(domain = %name, error = %left, "what was made of a container could not be removed");
        }
        Err(error)
    }

    async fn can_be_made(&self, name: &str) -> Result<()> {
        if self.entry.view().visible {
            let message = format!("domain {name:?} is defined already");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let path = self.manager.store.layout.container(name);
        if self.manager.host.files().stat(&path).await?.is_some() {
            let message = format!("there is a directory of the container {name:?} already");
            return Err(Error::new(ErrorKind::AlreadyExists, message).with_subject(Subject::Path(path)));
        }
        Ok(())
    }

    async fn make_whole(&mut self, making: Making, at: &str, rights: &mut Rights) -> Result<()> {
        let Making {
            mut config,
            native,
            content,
        } = making;
        self.native = native;
        if !matches!(content, Content::Made) {
            *rights = self.rights_within(&config).await?;
            self.manager.tools.erase(rights, &[at.to_owned()]).await?;
            self.manager.host.files().create_dir(at, DIRECTORY_MODE).await?;
            self.fill(&mut config, &content, at, rights).await?;
        }
        let mut definition = self.made_of(&config, false).await?;
        definition.transient = false;
        self.manager.tools.flush(at).await?;
        let store = &self.manager.store;
        let mut ops = store.write_new_definition(at, &definition)?;
        ops.push(HostOp::Rename {
            from: at.to_owned(),
            to: store.layout.container(&config.name),
        });
        store.all(ops).await?;
        self.native = Some(definition.native);
        self.update(|view| {
            view.visible = true;
            view.inactive = Some(Kept::new(&config));
            view.origin = None;
        });
        self.publish(DomainChange::Defined(DefinedReason::Added));
        Ok(())
    }
}
