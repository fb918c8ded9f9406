//! Going back to a snapshot.

use virt_core::domain::{DomainState, ResumeState, StartOptions, StateReason};
use virt_core::event::{DomainChange, StartedReason, SuspendedReason};
use virt_core::model::DomainConfig;
use virt_core::model::snapshot::SnapshotState;
use virt_core::snapshot::SnapshotRevertOptions;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::{OwnerTask as _, PresentRun as _, unless};

use super::super::Owner;
use super::recover::Swap;
use crate::config::ContainerConfig;
use crate::store::{Backing, BackingKind, Definition, KeptSnapshot, Unfinished};
use crate::tools::Rights;

impl Owner {
    /// Takes the domain back. It goes on as it is while the copy is made; only then it is stopped.
    pub(super) async fn revert(
        &mut self,
        call: &CallContext,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        self.read_definition_again().await?;
        let present = self.present_definition()?;
        let store = &self.manager.store;
        let known = store.snapshots(&present.config.name).await?;
        let kept = known.get(snapshot)?.clone();
        let definition = store
            .definition_of(&kept, &present, &self.manager.machine())
            .await?;
        let native = ContainerConfig::parse(&definition.native)?;
        let backing = Backing::of(&native)?;
        let wanted = wanted(&kept, options);
        let auto_destroy = self
            .running
            .as_ref()
            .is_some_and(|running| running.run.auto_destroy());
        match backing {
            Some(Backing {
                kind: BackingKind::Liblxc { .. },
                ..
            }) => {
                self.stop_for(call).await?;
                self.have_liblxc_restore(&kept, &definition).await?;
            }
            backing => self.go_back(call, &kept, &definition, backing.as_ref()).await?,
        }
        self.update(|view| view.reason = StateReason::FromSnapshot);
        let Some(state) = wanted else { return Ok(()) };
        let mut options = StartOptions::default();
        options.auto_destroy = auto_destroy;
        let started = self.start_as_then(&kept, &definition, &options, state).await;
        // It is gone back all the same.
        started.map_err(|error| error.with_outcome(Outcome::Unknown))
    }

    /// Brings back root and definition by our own means.
    async fn go_back(
        &mut self,
        call: &CallContext,
        kept: &KeptSnapshot,
        definition: &Definition,
        backing: Option<&Backing>,
    ) -> Result<()> {
        let container = definition.config.name.clone();
        let uuid = self.entry.uuid();
        let native = ContainerConfig::parse(&definition.native)?;
        let rights = self.rights(&native);
        let mut root = None;
        if let Some(backing) = backing {
            self.check_root(&container, backing).await?;
            let from = self.copy_of(&container, kept, backing).await?;
            // A link to a root stays one.
            let path = root.insert(self.manager.tools.resolve(&backing.path).await?);
            if self.manager.tools.is_mount_point(path).await? {
                return Err(Error::unsupported(format!(
                    "the container's root is a mount ({path}), which cannot be replaced by a copy: have it in a directory below"
                )));
            }
            self.manager.tools.must_hold_no_mount(path).await?;
            let made = self.make_beside(&rights, &from, path).await;
            let made = match made {
                Ok(()) => self.stop_for(call).await,
                Err(error) => Err(error),
            };
            if let Err(error) = made {
                // The container is as it was.
                let store = &self.manager.store;
                self.manager
                    .tools
                    .erase(&rights, &[Backing::beside(path)])
                    .await?;
                store.all(vec![store.remove_intent(uuid)]).await?;
                return Err(error);
            }
        } else {
            self.stop_for(call).await?;
        }
        let record = definition.record(None)?;
        let snapshot = kept.config.name.clone().unwrap_or_default();
        let intent = Unfinished::Swapping {
            root: root.clone(),
            definition: Box::new(record.clone()),
            snapshot: snapshot.clone(),
        };
        let store = &self.manager.store;
        store.all(vec![store.write_intent(uuid, intent)?]).await?;
        let swap = Swap {
            root: root.as_deref(),
            definition: &record,
            snapshot: &snapshot,
            rights: &rights,
        };
        self.swap(&swap).await
    }

    /// Copies what a snapshot holds to beside the root it is to replace.
    async fn make_beside(&self, rights: &Rights, from: &str, root: &str) -> Result<()> {
        let (store, tools) = (&self.manager.store, &self.manager.tools);
        let new = Backing::beside(root);
        let intent = Unfinished::Copying {
            root: root.to_owned(),
        };
        store
            .all(vec![store.write_intent(self.entry.uuid(), intent)?])
            .await?;
        tools.erase(rights, std::slice::from_ref(&new)).await?;
        let copied = async {
            tools.copy(rights, from, &new).await?;
            tools.flush(&new).await
        };
        unless(&self.preempted, copied).await
    }

    /// Where the copy is that a snapshot has, for a root of this kind.
    async fn copy_of(&self, container: &str, kept: &KeptSnapshot, backing: &Backing) -> Result<String> {
        let directory = self.manager.store.layout.snapshot(container, &kept.directory);
        let config = self
            .manager
            .host
            .files()
            .read(&format!("{directory}/config"))
            .await?;
        let config = ContainerConfig::parse(&String::from_utf8_lossy(&config))?;
        let then = Backing::of(&config)?;
        let is_same = then
            .as_ref()
            .is_some_and(|then| match (&then.kind, &backing.kind) {
                (BackingKind::Directory { .. }, BackingKind::Directory { .. }) => true,
                (then, now) => then == now,
            });
        if !is_same {
            let message = "the container's root is of another kind now than in the snapshot: give it back the one it had";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        // Those of lxc-snapshot are where they say, ours also where a rename of the container has left them.
        let said = then
            .map(|then| then.path)
            .filter(|path| path.starts_with(&format!("{directory}/")));
        Ok(said.unwrap_or_else(|| format!("{directory}/{}", backing.file_name())))
    }

    /// Refuses to replace a root that others run from.
    async fn check_root(&self, container: &str, backing: &Backing) -> Result<()> {
        self.must_be_unused(&backing.path, false, |source| source == backing.path)?;
        self.must_have_no_copies(container).await
    }

    /// Refuses to remove what other domains have file systems from, whether or not they run.
    pub(in crate::owner) fn must_be_ours_alone(
        &self,
        path: &str,
        is_in: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.must_be_unused(path, true, is_in)
    }

    fn must_be_unused(&self, path: &str, by_defined: bool, is_in: impl Fn(&str) -> bool) -> Result<()> {
        // XML writes these in other ways.
        let is_escaped = path.contains(['&', '<', '>', '\'', '"']);
        for entry in self.manager.root.registry.all() {
            if entry.uuid() == self.entry.uuid() {
                continue;
            }
            let (live, inactive) = {
                let view = entry.view();
                (view.live.clone(), view.inactive.clone())
            };
            let documents = [live, inactive.filter(|_| by_defined)];
            let is_user = documents.into_iter().flatten().any(|kept| {
                (is_escaped || kept.xml().contains(path))
                    && kept.config().is_ok_and(|config| has_source(&config, &is_in))
            });
            if is_user {
                let way_out = match by_defined {
                    true => "undefine it",
                    false => "end it",
                };
                let message = format!(
                    "the domain {:?} has its files in the same directory ({path}): {way_out} first",
                    entry.name()
                );
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
        }
        Ok(())
    }

    /// Ends the run there is: another one is to take its place.
    async fn stop_for(&mut self, call: &CallContext) -> Result<()> {
        if self.running.is_some() {
            self.destroy_because(call, StateReason::FromSnapshot).await?;
        }
        self.must_be_stopped().await
    }

    /// liblxc replaces the container by the snapshot.
    async fn have_liblxc_restore(&mut self, kept: &KeptSnapshot, then: &Definition) -> Result<()> {
        let container = then.config.name.clone();
        let snapshot = kept.config.name.clone().unwrap_or_default();
        let uuid = self.entry.uuid();
        let record = then.record(None)?;
        // It goes with the container: who finds it missing after a crash has it from here.
        let intent = Unfinished::Restoring {
            definition: Box::new(record.clone()),
            snapshot: snapshot.clone(),
        };
        let (store, tools) = (&self.manager.store, &self.manager.tools);
        store.all(vec![store.write_intent(uuid, intent)?]).await?;
        let restored = tools.restore_snapshot(&container, &kept.directory).await;
        let restored = restored.map_err(|error| error.with_outcome(Outcome::Unknown));
        let written = match &restored {
            Ok(()) => store
                .write_restored(&container, &record, &snapshot)
                .await
                .map(Some),
            Err(_) => store.restore_record(&container, &record, &snapshot).await,
        };
        // What failed in between is done by whoever finds the intent.
        let written = match written {
            Ok(written) => written,
            Err(error) => return restored.and(Err(error)),
        };
        store.all(vec![store.remove_intent(uuid)]).await?;
        if let Some(record) = written {
            self.take_restored(record)?;
        }
        restored
    }

    /// Starts the domain, in the state it is to be in.
    async fn start_as_then(
        &mut self,
        kept: &KeptSnapshot,
        definition: &Definition,
        options: &StartOptions,
        state: ResumeState,
    ) -> Result<()> {
        // Its run had a configuration of its own.
        let live = kept
            .config
            .inactive_domain
            .as_ref()
            .and(kept.config.domain.as_ref());
        let live = live.and_then(|domain| domain.to_config()).map(|mut live| {
            live.name.clone_from(&definition.config.name);
            live.uuid = definition.config.uuid;
            Box::new(live)
        });
        self.launch(options, live).await?;
        self.update(|view| view.reason = StateReason::FromSnapshot);
        self.publish(DomainChange::Started(StartedReason::FromSnapshot));
        if state == ResumeState::Paused {
            self.manager.tools.freeze(&self.name()).await?;
            self.update(|view| {
                view.state = DomainState::Paused;
                view.reason = StateReason::FromSnapshot;
            });
            self.publish(DomainChange::Suspended(SuspendedReason::Paused));
        }
        Ok(())
    }
}

/// What the domain does then; `None` where it is off.
fn wanted(kept: &KeptSnapshot, options: &SnapshotRevertOptions) -> Option<ResumeState> {
    options.state.or(match &kept.config.state {
        Some(SnapshotState::Running) => Some(ResumeState::Running),
        Some(SnapshotState::Paused) => Some(ResumeState::Paused),
        _ => None,
    })
}

/// Whether a domain has something mounted from such a path.
fn has_source(config: &DomainConfig, is_in: impl Fn(&str) -> bool) -> bool {
    let filesystems = config.devices.iter().flat_map(|devices| &devices.filesystems);
    let mut sources = filesystems.filter_map(|filesystem| filesystem.source.as_ref());
    let is_mounted = sources.any(|source| {
        [&source.dir, &source.file]
            .into_iter()
            .flatten()
            .any(|source| is_in(source))
    });
    // A root of layers is none in documents.
    let settings = crate::convert::settings(config).unwrap_or_default();
    let mut roots = settings.iter().filter(|setting| setting.key == Backing::KEY);
    is_mounted || roots.any(|root| root.value.split(':').any(&is_in))
}
