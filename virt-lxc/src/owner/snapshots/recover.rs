//! Work on snapshots that was cut off: finished, or taken back.

use virt_core::domain::DomainState;
use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::model::DomainConfig;
use virt_core::{Error, ErrorKind, Result};
use virt_manager::OwnerTask as _;
use virt_manager::document::Kept;

use super::super::Owner;
use crate::config::ContainerConfig;
use crate::store::{Backing, DefinitionRecord, Intent, Unfinished};
use crate::tools::Rights;

/// The change of a container into what a snapshot has.
pub(super) struct Swap<'s> {
    /// Where its root is; `None` where it stays.
    pub(super) root: Option<&'s str>,
    pub(super) definition: &'s DefinitionRecord,
    pub(super) snapshot: &'s str,
    pub(super) rights: &'s Rights,
}

impl Owner {
    /// Finishes work that stands written, or takes it back.
    pub(in crate::owner) async fn recover_snapshots(&mut self) -> Result<()> {
        let uuid = self.entry.uuid();
        let Some(Intent { work, .. }) = self.manager.store.read_intent(uuid).await? else {
            return Ok(());
        };
        tracing::info!(domain = %self.name(), "work on a snapshot was cut off, and is finished or taken back");
        let native = ContainerConfig::parse(self.native.as_deref().unwrap_or_default())?;
        let rights = self.rights(&native);
        match work {
            Unfinished::Making { thaw } => {
                let new = self.manager.store.layout.new_snapshot(&self.name());
                self.manager.tools.erase(&rights, &[new]).await?;
                if thaw && self.running.is_some() && self.state() == DomainState::Paused {
                    self.manager.tools.unfreeze(&self.name()).await?;
                    self.is_frozen_now(false);
                }
            }
            Unfinished::Copying { root } => {
                self.manager
                    .tools
                    .erase(&rights, &[Backing::beside(&root)])
                    .await?;
            }
            Unfinished::Swapping {
                root,
                definition,
                snapshot,
            } => {
                let runs = match self.must_be_stopped().await {
                    Ok(()) => self.running.is_some(),
                    Err(error) if error.kind() == ErrorKind::InvalidState => true,
                    Err(error) => return Err(error),
                };
                if runs {
                    return self.give_up_before_swap(root.as_deref(), &rights).await;
                }
                let swap = Swap {
                    root: root.as_deref(),
                    definition: &definition,
                    snapshot: &snapshot,
                    rights: &rights,
                };
                return self.swap(&swap).await;
            }
            Unfinished::Restoring { definition, snapshot } => {
                let name = self.name();
                let store = &self.manager.store;
                if let Some(record) = store.restore_record(&name, &definition, &snapshot).await? {
                    self.take_restored(record)?;
                }
            }
        }
        let store = &self.manager.store;
        store.all(vec![store.remove_intent(uuid)]).await.map(drop)
    }

    /// Makes a container that is off what a snapshot has of it: from wherever it was cut off, to its end.
    pub(super) async fn swap(&mut self, swap: &Swap<'_>) -> Result<()> {
        if let Some(root) = swap.root
            && let Err(error) = self.put_in_place(root, swap.rights).await
        {
            self.give_up_swap(root, swap.rights, &error).await;
            return Err(error);
        }
        let name = self.name();
        let store = &self.manager.store;
        let mut record = swap.definition.clone();
        record.previous.clone_from(&self.native);
        let mut ops = store.write_definition_record(&name, &record)?;
        ops.push(store.write_current(&name, Some(swap.snapshot))?);
        store.all(ops).await?;
        let config = DomainConfig::from_xml(&record.document).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the document of a snapshot cannot be read").with_source(error)
        })?;
        self.native = Some(record.native);
        self.update(|view| view.inactive = Some(Kept::new(&config)));
        if let Some(root) = swap.root {
            self.manager
                .tools
                .erase(swap.rights, &[Backing::away(root)])
                .await?;
        }
        let store = &self.manager.store;
        store
            .all(vec![store.remove_intent(self.entry.uuid())])
            .await
            .map(drop)
    }

    /// The container was started before its root was replaced: it goes on with the one it has. Where the two have changed
    /// places already, what is to be done stays written.
    async fn give_up_before_swap(&self, root: Option<&str>, rights: &Rights) -> Result<()> {
        if let Some(root) = root {
            let new = Backing::beside(root);
            let stat = |path: &str| HostOp::Stat {
                path: path.to_owned(),
            };
            let ops = vec![stat(root), stat(&new)];
            for reply in self.manager.host.batch(BatchMode::All, ops).await {
                if !matches!(reply?, HostReply::Stat(Some(_))) {
                    return Err(Error::new(
                        ErrorKind::InvalidState,
                        "the domain goes back to a snapshot, which cannot be finished while it runs: end it first",
                    ));
                }
            }
            self.manager.tools.erase(rights, &[new]).await?;
        }
        let store = &self.manager.store;
        store
            .all(vec![store.remove_intent(self.entry.uuid())])
            .await
            .map(drop)
    }

    /// Takes note of what a container is that liblxc has replaced.
    pub(super) fn take_restored(&mut self, record: DefinitionRecord) -> Result<()> {
        let config = DomainConfig::from_xml(&record.document).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "the document of a snapshot cannot be read").with_source(error)
        })?;
        self.native = Some(record.native);
        self.update(|view| view.inactive = Some(Kept::new(&config)));
        Ok(())
    }

    /// A root that could not be replaced, being mounted there for example, is still there: the copy goes. Where it is not,
    /// what is to be done stays written.
    async fn give_up_swap(&self, root: &str, rights: &Rights, error: &Error) {
        if error.kind() == ErrorKind::ConnectionLost {
            return;
        }
        let store = &self.manager.store;
        if let Ok(Some(_)) = self.manager.host.files().stat(root).await
            && self
                .manager
                .tools
                .erase(rights, &[Backing::beside(root)])
                .await
                .is_ok()
        {
            drop(store.all(vec![store.remove_intent(self.entry.uuid())]).await);
        }
    }

    /// Puts what was made beside a root in its place. What was there goes out of the way first, and comes back when the
    /// other cannot be put there.
    async fn put_in_place(&self, root: &str, rights: &Rights) -> Result<()> {
        let (new, old) = (Backing::beside(root), Backing::away(root));
        let stat = |path: &str| HostOp::Stat {
            path: path.to_owned(),
        };
        let ops = vec![stat(&new), stat(root), stat(&old)];
        let mut there = Vec::new();
        for reply in self.manager.host.batch(BatchMode::All, ops).await {
            there.push(matches!(reply?, HostReply::Stat(Some(_))));
        }
        let [is_new, is_there, is_old] = there.try_into().unwrap_or([false; 3]);
        if !is_new {
            // It is in its place already.
            return Ok(());
        }
        let files = self.manager.host.files();
        if is_there {
            if is_old {
                self.manager
                    .tools
                    .erase(rights, std::slice::from_ref(&old))
                    .await?;
            }
            files.rename(root, &old).await?;
        }
        let placed = files.rename(&new, root).await;
        if placed.is_err() && is_there {
            files.rename(&old, root).await?;
        }
        placed
    }
}
