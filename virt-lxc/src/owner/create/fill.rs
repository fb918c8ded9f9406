//! The root of a container that is made.

use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::super::Owner;
use super::Content;
use crate::config::ContainerConfig;
use crate::create::{Image, ImageCommand};
use crate::tools::Rights;

impl Owner {
    /// The rights of root in the container: owners are those that it sees.
    pub(super) async fn rights_within(&self, config: &DomainConfig) -> Result<Rights> {
        let native = self.made_of(config, false).await?.native;
        let facts = self.manager.facts();
        Ok(Rights::within(
            &ContainerConfig::parse(&native)?,
            facts.uid,
            facts.gid,
        ))
    }

    /// Makes the root, and makes known to the document what that tells.
    pub(super) async fn fill(
        &self,
        config: &mut DomainConfig,
        content: &Content,
        at: &str,
        rights: &Rights,
    ) -> Result<()> {
        let tools = &self.manager.tools;
        let root = format!("{at}/rootfs");
        match content {
            Content::Directory(from) if rights.are_plain() => tools.copy(rights, from, &root).await,
            Content::Directory(from) => {
                // Its owners are numbers of the container: they go there as such.
                let archive = format!("{at}/virt-sdk.tar");
                tools.pack(from, &archive).await?;
                tools.make_directory(rights, &root).await?;
                tools.unpack(rights, &archive, &root).await?;
                self.manager.host.files().remove_file(&archive).await
            }
            Content::Tarball(archive) => {
                tools.make_directory(rights, &root).await?;
                tools.unpack(rights, archive, &root).await
            }
            Content::Image(image) => {
                tools.make_directory(rights, &root).await?;
                for layer in &image.layers {
                    tools.unpack_layer(rights, layer, &root).await?;
                }
                self.apply(config, image, &root, rights).await
            }
            Content::Made => Ok(()),
        }
    }

    /// What the image says of its process, now that its root is there.
    async fn apply(
        &self,
        config: &mut DomainConfig,
        image: &Image,
        root: &str,
        rights: &Rights,
    ) -> Result<()> {
        let (command, user) = image.apply(config)?;
        let tools = &self.manager.tools;
        let os = config.os.get_or_insert_default();
        if let Some(user) = user {
            let passwd = tools.read_within(rights, root, "etc/passwd").await?;
            let group = tools.read_within(rights, root, "etc/group").await?;
            let numbers = user.numbers(&passwd, &group);
            let (user, group) = numbers.map_err(|unknown| {
                let message = format!("the {unknown} of the image is not among its accounts: say <inituser>");
                Error::new(ErrorKind::InvalidConfig, message)
                    .with_subject(Subject::Element("/domain/os/inituser".to_owned()))
            })?;
            if (user, group) != (0, 0) {
                os.inituser = Some(format!("+{user}"));
                os.initgroup = Some(format!("+{group}"));
            }
        }
        if let Some(mut command) = command {
            let found = self.find_program(&command, root).await?;
            if let Some(program) = command.words.first_mut() {
                *program = found;
            }
            if command.is_plain() {
                let mut words = command.words.into_iter();
                os.init = words.next();
                os.init_args = words.chain(std::mem::take(&mut os.init_args)).collect();
            } else {
                self.write_script(&command, root).await?;
            }
        }
        Ok(())
    }

    /// Where the program of a command is in the root.
    async fn find_program(&self, command: &ImageCommand, root: &str) -> Result<String> {
        let candidates = command.candidates();
        let stats = candidates.iter().map(|path| HostOp::Stat {
            // A link that leads nowhere here may lead somewhere there.
            path: format!("{root}{path}"),
        });
        let replies = self.manager.host.batch(BatchMode::All, stats.collect()).await;
        for (path, reply) in candidates.iter().zip(replies) {
            if let HostReply::Stat(Some(_)) = reply? {
                return Ok(path.clone());
            }
        }
        let program = command.words.first().map(String::as_str).unwrap_or_default();
        let message = format!("the program of the image, {program:?}, is not in it: say <init>");
        Err(Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/domain/os/init".to_owned())))
    }

    /// A script that runs what liblxc cannot be told.
    async fn write_script(&self, command: &ImageCommand, root: &str) -> Result<()> {
        let files = self.manager.host.files();
        if files.stat(&format!("{root}/bin/sh")).await?.is_none() {
            return Err(Error::unsupported(format!(
                "LXC splits a command at spaces, and the image has no /bin/sh for a script that runs {:?}: say <init>",
                command.words.join(" ")
            )));
        }
        let path = format!("{root}{}", ImageCommand::SCRIPT);
        files
            .write_atomic(&path, command.script().as_bytes(), 0o755)
            .await
    }
}
