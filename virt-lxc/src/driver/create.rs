//! Containers made from something: what is behind the functions of `create`.

use std::sync::{Arc, OnceLock};

use uuid::Uuid;
use virt_core::domain::{DomainName, DomainRef, DomainSelector};
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Filesystem, FilesystemSource, FilesystemTarget};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EmbedDriver;
use crate::create::{CopyOptions, Image, RootfsSource};
use crate::manager::{Operation, Work, check_name};
use crate::owner::{Content, CopiedOut, CopyPlan, CreateWork, Making};
use crate::tools::Rights;

impl EmbedDriver {
    pub(crate) async fn create_container(
        &self,
        config: &DomainConfig,
        source: &RootfsSource,
    ) -> Result<DomainRef> {
        source.check()?;
        let call = self.long_call("create_container");
        let root = format!("{}/rootfs", self.manager.store.layout.container(&config.name));
        let with_root = with_root(config, &root)?;
        let mut checked = with_root.clone();
        let content = match source {
            RootfsSource::Directory(path) => Content::Directory(path.clone()),
            RootfsSource::Tarball(path) => Content::Tarball(path.clone()),
            RootfsSource::OciLayout { path, reference } => {
                let arch = config
                    .os
                    .as_ref()
                    .and_then(|os| os.kind.as_ref())
                    .and_then(|kind| kind.arch.clone());
                let arch = arch.unwrap_or_else(|| self.manager.facts().arch.clone());
                let manager = &self.manager;
                let find = Image::find(
                    manager.host.as_ref(),
                    &manager.tools,
                    (path, reference.as_deref()),
                    &arch,
                );
                let image = call.bound(Outcome::NotApplied, find).await?;
                // Whatever is wrong with the document is said before anything is made.
                image.apply(&mut checked)?;
                Content::Image(image)
            }
        };
        if !matches!(content, Content::Image(_)) {
            let stat = self.manager.host.files().stat(source.path());
            if call.bound(Outcome::NotApplied, stat).await?.is_none() {
                let error = Error::new(
                    ErrorKind::NotFound,
                    "there is nothing to make a root file system from",
                );
                return Err(error.with_subject(Subject::Path(source.path().to_owned())));
            }
        }
        let (complete, uuid) = self.domains.complete(&call, &checked).await?;
        // What the image says comes once more, when its root is known.
        let mut made = complete;
        made.os = with_root.os;
        let making = Making {
            config: made,
            native: None,
            content,
        };
        let make = || Operation::Own(Work::Create(CreateWork::Make(Box::new(making.clone()))));
        self.domains.ask_claimed(&call, uuid, &config.name, make).await
    }

    pub(crate) async fn copy_container(
        &self,
        domain: Uuid,
        name: &str,
        options: &CopyOptions,
    ) -> Result<DomainRef> {
        DomainName::new(name)?;
        check_name(name)?;
        self.manager.root.existing(domain)?;
        let taken = || {
            Error::new(
                ErrorKind::AlreadyExists,
                format!("there is a container {name:?} already"),
            )
        };
        if self
            .manager
            .root
            .registry
            .everyone()
            .iter()
            .any(|entry| entry.view().name == name)
        {
            return Err(taken());
        }
        let call = self.long_call("copy");
        let path = self.manager.store.layout.container(name);
        let stat = self.manager.host.files().stat(&path);
        if call.bound(Outcome::NotApplied, stat).await?.is_some() {
            return Err(taken().with_subject(Subject::Path(path)));
        }
        let plan = CopyPlan {
            name: name.to_owned(),
            uuid: Uuid::new_v4(),
            options: options.clone(),
        };
        // On a task of its own: between the owner of the one and that of the other nobody may go away.
        let alive = self.manager.root.life.alive()?;
        let driver = Self::new(Arc::clone(&self.manager));
        let copying = self.manager.root.life.runtime().spawn(async move {
            let copied = driver.copy_from_owner_to_owner(domain, plan).await;
            drop(alive);
            copied
        });
        copying.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "copying a container failed unexpectedly").with_source(error)
        })?
    }

    async fn copy_from_owner_to_owner(&self, domain: Uuid, plan: CopyPlan) -> Result<DomainRef> {
        let call = self.long_call("copy");
        let (name, uuid) = (plan.name.clone(), plan.uuid);
        let copied = Arc::new(OnceLock::new());
        let copy_out = CreateWork::CopyOut {
            plan,
            copied: Arc::clone(&copied),
        };
        self.domains.ask(&call, domain, Work::Create(copy_out)).await?;
        let call = self.long_call("copy");
        let made = match copied.get() {
            Some(CopiedOut::Made { config, native }) => {
                let making = Making {
                    config: config.clone(),
                    native: Some(native.clone()),
                    content: Content::Made,
                };
                let make = || Operation::Own(Work::Create(CreateWork::Make(Box::new(making.clone()))));
                self.domains.ask_claimed(&call, uuid, &name, make).await
            }
            Some(CopiedOut::ByLiblxc) => {
                // It is seen as one that others have made.
                call.bound(Outcome::Unknown, self.manager.see_what_others_made(&name))
                    .await?;
                return self.manager.root.registry.select(&DomainSelector::Name(name));
            }
            None => Err(Error::new(
                ErrorKind::Internal,
                "a copy was made, and is not there",
            )),
        };
        if made.is_err() {
            let left = self.manager.store.layout.making(uuid);
            if let Err(error) = self.manager.tools.erase(&Rights::default(), &[left]).await {
                tracing::warn!(%error, "what was made of a copy could not be removed");
            }
        }
        made
    }

    pub(crate) async fn delete_with_rootfs(&self, domain: Uuid) -> Result<()> {
        let call = self.long_call("delete_with_rootfs");
        self.domains
            .ask(&call, domain, Work::Create(CreateWork::Delete))
            .await
    }

    fn long_call(&self, operation: &'static str) -> CallContext {
        self.manager.root.own_call(operation, CallClass::Wait)
    }
}

/// The document with its root where it is made.
fn with_root(config: &DomainConfig, path: &str) -> Result<DomainConfig> {
    let mut config = config.clone();
    let filesystems = &mut config.devices_mut().filesystems;
    let is_root = |filesystem: &&Filesystem| {
        filesystem
            .target
            .as_ref()
            .and_then(|target| target.dir.as_deref())
            == Some("/")
    };
    if let Some(root) = filesystems.iter().find(is_root) {
        let said = root.source.as_ref().and_then(|source| source.dir.as_deref());
        if said == Some(path) {
            return Ok(config);
        }
        let message = format!(
            "the document has another root ({}): leave it out, or say {path:?}, where it is made",
            said.unwrap_or("no directory")
        );
        let subject = Subject::Element("/domain/devices/filesystem".to_owned());
        return Err(Error::new(ErrorKind::InvalidConfig, message).with_subject(subject));
    }
    let mut source = FilesystemSource::default();
    source.dir = Some(path.to_owned());
    let mut target = FilesystemTarget::default();
    target.dir = Some("/".to_owned());
    let mut root = Filesystem::default();
    root.kind = Some("mount".to_owned());
    root.source = Some(source);
    root.target = Some(target);
    filesystems.insert(0, root);
    Ok(config)
}
