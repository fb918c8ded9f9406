//! Making a snapshot.

use virt_core::domain::{DomainState, StateReason};
use virt_core::host::HostOp;
use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::{SnapshotLocation, SnapshotMemory, SnapshotState};
use virt_core::snapshot::SnapshotCreateOptions;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};
use virt_manager::{OwnerTask as _, unless};

use super::super::Owner;
use crate::config::ContainerConfig;
use crate::store::{Backing, BackingKind, Definition, SnapshotRecord, Snapshots, Unfinished};

/// The permissions of the directory of a snapshot, and of that of all, as liblxc has them.
const SNAPSHOT_MODE: u32 = 0o770;
const SNAPSHOTS_MODE: u32 = 0o755;

impl Owner {
    /// Makes a snapshot; its name.
    pub(super) async fn make_snapshot(
        &mut self,
        call: &CallContext,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String> {
        self.can_make(config, options)?;
        self.read_definition_again().await?;
        let definition = self.present_definition()?;
        let native = ContainerConfig::parse(&definition.native)?;
        let backing = Backing::of(&native)?;
        let container = definition.config.name.clone();
        let known = self.manager.store.snapshots(&container).await?;
        let (seconds, time) = self.manager.tools.now().await?;
        let snapshot = self.document(config, options, &definition, (seconds, &known))?;
        let name = snapshot.name.clone().unwrap_or_default();
        let record = SnapshotRecord {
            format: 0,
            uuid: self.entry.uuid(),
            container: container.clone(),
            document: snapshot.to_xml(),
            native: definition.native.clone(),
            forgotten: false,
        };
        let record = (!options.no_metadata).then_some(record);
        let comment = snapshot.description.clone();
        let directory = match &backing {
            Some(Backing {
                kind: BackingKind::Liblxc { name },
                ..
            }) => self.have_liblxc_make(name, &known, &container).await?,
            _ => {
                let moment = Moment {
                    container: &container,
                    directory: known.free_directory(),
                    backing: backing.as_ref(),
                    native: &native,
                };
                self.copy_moment(&moment, (&time, comment.as_deref()), record.as_ref())
                    .await?;
                moment.directory
            }
        };
        let store = &self.manager.store;
        if let Some(record) = record {
            let mut ops = Vec::new();
            if matches!(
                backing,
                Some(Backing {
                    kind: BackingKind::Liblxc { .. },
                    ..
                })
            ) {
                ops.push(
                    store.write_snapshot_record(&store.layout.snapshot(&container, &directory), &record)?,
                );
            }
            ops.push(store.write_current(&container, Some(&name))?);
            store.all(ops).await?;
        }
        if options.halt && self.running.is_some() {
            self.destroy_because(call, StateReason::Destroyed).await?;
        }
        Ok(if options.no_metadata { directory } else { name })
    }

    /// Whether a snapshot can be made like that.
    fn can_make(&self, config: &SnapshotConfig, options: &SnapshotCreateOptions) -> Result<()> {
        if self.entry.view().inactive.is_none() {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the domain is transient: its directory goes with its run, and its snapshots would, too; define it first",
            ));
        }
        let mut disks = config.disks.iter().flat_map(|list| &list.disks);
        if let Some(disk) = disks.next() {
            let name = disk.name.as_deref().unwrap_or_default();
            let message = format!("the domain has no disk {name:?}: a container has none");
            return Err(Error::new(ErrorKind::InvalidConfig, message)
                .with_subject(Subject::Element("/domainsnapshot/disks/disk".to_owned())));
        }
        let memory = config.memory.as_ref().and_then(|memory| {
            let file = memory.file.as_ref().map(|_| &SnapshotLocation::External);
            memory.snapshot.as_ref().or(file)
        });
        let with_memory = memory.is_some_and(|memory| *memory != SnapshotLocation::No);
        if with_memory && options.disk_only {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a snapshot of disks only has no memory",
            ));
        }
        if options.live || with_memory && self.running.is_some() {
            return Err(Error::unsupported(
                "the memory of a container cannot be kept: that needs criu, which does not work on recent kernels; leave \
                 <memory> out, and its processes are stopped only while its files are copied",
            ));
        }
        if options.quiesce {
            return Err(Error::unsupported(
                "the file systems of a container are the host's and cannot be frozen through it; its processes are stopped \
                 while its files are copied anyway",
            ));
        }
        if options.reuse_external {
            return Err(Error::unsupported(
                "a snapshot of a container is always with it: there are no external files",
            ));
        }
        if self.running.as_ref().is_some_and(|running| running.has_ended) {
            let message = "the container is just about to end or to reboot: try again";
            return Err(Error::new(ErrorKind::Busy, message));
        }
        Ok(())
    }

    /// The document of a new snapshot, with all that is filled in when it is made.
    fn document(
        &self,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
        definition: &Definition,
        (seconds, known): (i64, &Snapshots),
    ) -> Result<SnapshotConfig> {
        let is_nameless = config.name.as_ref().is_none_or(String::is_empty);
        let mut snapshot = config.as_new().created_at(seconds);
        if is_nameless {
            let free = (seconds..)
                .map(|number| number.to_string())
                .find(|name| !known.contains(name));
            snapshot.name = free;
        }
        let name = snapshot.name.clone().unwrap_or_default();
        if known.contains(&name) || known.forgotten(&name).is_some() {
            let why = match known.contains(&name) {
                true => "",
                false => ", which is not to be known: redefine it",
            };
            let message = format!("a snapshot {name:?} exists already{why}");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        snapshot.parent = known.current().map(Into::into);
        let (state, live) = {
            let view = self.entry.view();
            (view.state, view.live.clone())
        };
        snapshot.state = Some(match (state, options.disk_only) {
            (DomainState::ShutOff, _) => SnapshotState::Shutoff,
            (_, true) => SnapshotState::DiskSnapshot,
            (DomainState::Paused, _) => SnapshotState::Paused,
            _ => SnapshotState::Running,
        });
        snapshot.memory = Some(SnapshotMemory::none());
        let differs = self.running.as_ref().is_some_and(|running| running.live_differs);
        match live.filter(|_| differs) {
            Some(live) => {
                snapshot.domain = Some(live.config()?.inactive().into());
                snapshot.inactive_domain = Some((*definition.config).clone());
            }
            None => snapshot.domain = Some(definition.config.inactive().into()),
        }
        Ok(snapshot)
    }

    /// Copies the root of a container, its processes being stopped meanwhile, and makes a snapshot of it in one step.
    async fn copy_moment(
        &self,
        moment: &Moment<'_>,
        (time, comment): (&str, Option<&str>),
        record: Option<&SnapshotRecord>,
    ) -> Result<()> {
        let (store, tools) = (&self.manager.store, &self.manager.tools);
        let container = moment.container;
        let here = store.layout.container(container);
        if moment.backing.is_some_and(|backing| backing.holds(&here)) {
            return Err(Error::unsupported(
                "the root of the container holds the directory its snapshots are in: it would be copied into itself",
            ));
        }
        let uuid = self.entry.uuid();
        let new = store.layout.new_snapshot(container);
        let to_be_frozen = self.running.is_some() && self.state() == DomainState::Running;
        let rights = self.rights(moment.native);
        store
            .all(vec![
                store.write_intent(uuid, Unfinished::Making { thaw: to_be_frozen })?,
            ])
            .await?;
        let work = async {
            tools.erase(&rights, std::slice::from_ref(&new)).await?;
            self.manager.host.files().create_dir(&new, SNAPSHOT_MODE).await?;
            let mut config = moment.native.clone();
            if let Some(backing) = moment.backing {
                let copy = format!("{new}/{}", backing.file_name());
                self.copy_frozen(to_be_frozen, &rights, (&backing.path, &copy))
                    .await?;
                let place = store.layout.snapshot(container, &moment.directory);
                let place = format!("{place}/{}", backing.file_name());
                config.set(Backing::KEY, &backing.setting_at(&place))?;
            }
            // It is none before it outlasts a loss of power.
            tools.flush(&new).await?;
            let mut ops = Vec::new();
            if let Some(record) = record {
                ops.push(store.write_snapshot_record(&new, record)?);
            }
            ops.extend(store.write_liblxc_files(&new, time, comment, &config.to_string()));
            ops.push(HostOp::CreateDir {
                path: store.layout.snapshots(container),
                mode: SNAPSHOTS_MODE,
            });
            ops.push(HostOp::Rename {
                from: new.clone(),
                to: store.layout.snapshot(container, &moment.directory),
            });
            store.all(ops).await.map(drop)
        };
        if let Err(error) = work.await {
            self.take_back_new(&rights, new).await;
            return Err(error);
        }
        store.all(vec![store.remove_intent(uuid)]).await.map(drop)
    }

    /// Copies while the container's processes are stopped.
    pub(in crate::owner) async fn copy_frozen(
        &self,
        to_be_frozen: bool,
        rights: &crate::tools::Rights,
        (from, to): (&str, &str),
    ) -> Result<()> {
        let tools = &self.manager.tools;
        let container = self.name();
        if !to_be_frozen {
            return unless(&self.preempted, tools.copy(rights, from, to)).await;
        }
        let copied = match unless(&self.preempted, tools.freeze(&container)).await {
            Ok(()) => unless(&self.preempted, tools.copy(rights, from, to)).await,
            Err(error) => Err(error),
        };
        // Whatever became of the copy.
        let thawed = tools.unfreeze(&container).await;
        copied.and(thawed)
    }

    /// What was made of a snapshot is removed.
    async fn take_back_new(&self, rights: &crate::tools::Rights, new: String) {
        let store = &self.manager.store;
        let removed = async {
            self.manager.tools.erase(rights, &[new]).await?;
            store.all(vec![store.remove_intent(self.entry.uuid())]).await
        };
        if let Err(error) = removed.await {
            // What is to be done stands written: the next work on snapshots, or the next open, does it.
            tracing::warn!(domain = %self.name(), %error, "what was made of a snapshot could not be removed");
        }
    }

    /// Has liblxc make one; its directory.
    async fn have_liblxc_make(&self, kind: &str, known: &Snapshots, container: &str) -> Result<String> {
        if self.running.is_some() {
            let message = format!(
                "the container's root is {kind}, of which liblxc makes no snapshot while it runs: end it first"
            );
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        self.manager.tools.make_snapshot(container).await?;
        let now = self.manager.store.snapshots(container).await?;
        let mut new = now
            .all()
            .filter(|(_, kept)| !known.has_directory(&kept.directory));
        new.next().map(|(_, kept)| kept.directory.clone()).ok_or_else(|| {
            Error::new(
                ErrorKind::Failed,
                "lxc-snapshot succeeded, and there is no new snapshot",
            )
        })
    }
}

/// What a snapshot is made of.
struct Moment<'m> {
    container: &'m str,
    directory: String,
    backing: Option<&'m Backing>,
    native: &'m ContainerConfig,
}
