//! Opening a directory of containers: lease, definitions, what runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use virt_core::backend::OpenRequest;
use virt_core::connection::AccessMode;
use virt_core::domain::StateReason;
use virt_core::host::{BatchMode, Host, HostOp, HostReply};
use virt_core::model::DomainConfig;
use virt_core::{CallClass, Error, ErrorKind, Result};
use virt_manager::document::Kept;
use virt_manager::{Opening, chain, lock};

use super::{Entry, Manager, Operation, RecoveryReport, View, Work, rights};
use crate::cgroup::CgroupLayout;
use crate::owner::{self, Adopted, SnapshotWork};
use crate::store::{Found, Layout, Store};
use crate::tools::{ContainerState, Launched, SeenState, Tools};

/// The permissions of a directory of containers: whom a mapped root is has to get to its container.
const ROOT_MODE: u32 = 0o711;
/// What tells a machine from others.
const MACHINE_ID: &str = "/etc/machine-id";

impl Manager {
    /// Opens a directory of containers.
    pub(crate) async fn open(request: OpenRequest) -> Result<Arc<Self>> {
        let mut opening = Opening::begin(&request).await?;
        let (host, facts) = (Arc::clone(&opening.host), Arc::clone(&opening.facts));
        let layout = Layout::of(&request.uri, opening.asking.as_ref()).await?;
        let tools = Tools::new(Arc::clone(&host), Arc::clone(&opening.asking), layout.root()).of_user(&facts);
        let store = Store::new(Arc::clone(&host), layout);
        let path = store.layout.root().to_owned();
        let may_change = request.access != AccessMode::ReadOnly;
        if may_change && host.files().stat(&path).await?.is_none() {
            host.files().create_dir(&path, ROOT_MODE).await?;
        }
        opening
            .take_lease(&store.layout.own(), &store.layout.lease())
            .await?;
        let (groups, machine) = read_machine(host.as_ref(), &facts.hostname).await?;
        let groups = rights::usable(host.as_ref(), &facts, groups).await?;
        let manager = Arc::new(Self {
            host,
            tools,
            store,
            root: opening.root(&path),
            is_here: request.uri.transport().is_none(),
            machine,
            groups: Mutex::new(Arc::new(groups)),
            version: tokio::sync::OnceCell::new(),
            record: Mutex::default(),
            pending: Mutex::default(),
            recovery: Mutex::new(RecoveryReport::default()),
        });
        virt_manager::open(&manager, manager.recover()).await?;
        Ok(manager)
    }

    /// Takes over what there is: definitions, and what runs of them.
    async fn recover(self: &Arc<Self>) -> Result<()> {
        // First listening, then looking: what happens in between is seen twice, not missed.
        self.follow().await?;
        if !self.root.only_watches() {
            let facts = self.facts();
            let own = self.store.layout.own();
            self.tools.erase_leftovers(&own, (facts.uid, facts.gid)).await;
        }
        let machine = self.machine();
        let (loaded, running) = tokio::try_join!(
            self.store.load(&machine, !self.root.only_watches()),
            self.tools.running()
        )?;
        lock(&self.recovery).corrupt.clone_from(&loaded.corrupt);
        for (path, reason) in &loaded.corrupt {
            tracing::warn!(%path, %reason, "a container could not be understood");
        }
        *lock(&self.record) = loaded.manager;
        let mut launched = self.inspect_all(&running).await?;
        for found in loaded.containers {
            let runs = launched.remove(&found.name);
            let (name, uuid) = (found.name.clone(), found.definition.config.uuid);
            if let Err(error) = self.take_over(found, runs).await {
                tracing::warn!(container = %name, ?uuid, %error, "a container could not be taken over");
                let reason = chain(&error);
                lock(&self.recovery)
                    .corrupt
                    .push((self.store.layout.container(&name), reason));
            }
        }
        self.finish_snapshots(loaded.unfinished).await;
        Ok(())
    }

    /// Work on snapshots that was cut off is finished or taken back.
    async fn finish_snapshots(&self, domains: Vec<uuid::Uuid>) {
        for uuid in domains {
            let Some(entry) = self.root.registry.by_uuid(uuid) else {
                continue;
            };
            let call = self.root.own_call("open", CallClass::Wait);
            let recover = Operation::Own(Work::Snapshot(SnapshotWork::Recover));
            if let Err(error) = entry.owner.ask(&call, recover).await {
                tracing::warn!(domain = %entry.name(), %error, "work on a snapshot that was cut off could not be finished");
            }
        }
    }

    /// What is to be known of containers that run, in two round trips.
    async fn inspect_all(
        &self,
        running: &HashMap<String, ContainerState>,
    ) -> Result<HashMap<String, Launched>> {
        let inits = running
            .iter()
            .filter_map(|(name, state)| Some((name.clone(), state.init?)));
        let mut launched = self.tools.inspect_all(inits.collect()).await?;
        for (name, launched) in &mut launched {
            let state = running.get(name).map(|running| running.state);
            launched.is_frozen = matches!(state, Some(SeenState::Frozen | SeenState::Freezing));
        }
        Ok(launched)
    }

    /// A container that was found, and its run where it has one.
    pub(super) async fn take_over(
        self: &Arc<Self>,
        found: Found,
        runs: Option<Launched>,
    ) -> Result<Option<Arc<Entry>>> {
        let Found {
            name,
            definition,
            run,
        } = found;
        let boot = self.facts().boot_id.clone();
        let run_record = run.filter(|record| record.boot_id == boot).unwrap_or_default();
        let uuid = definition.config.uuid.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                "the configuration of a container has no uuid",
            )
        })?;
        let kept = Kept::new(&definition.config);
        let mut view = View::hidden(&name);
        view.autostart = definition.autostart;
        if definition.transient {
            view.origin = Some(kept.clone());
        } else {
            view.inactive = Some(kept.clone());
        }
        let auto_destroy = run_record.auto_destroy;
        let adopted = runs.map(|launched| Adopted {
            launched,
            live: run_record.live.as_deref().and_then(document),
            begun: run_record.begun.as_deref().and_then(document),
            is_on_disk: run_record.live.is_some(),
            auto_destroy,
        });
        if adopted.is_none() {
            view.reason = StateReason::Unknown;
        }
        let is_running = adopted.is_some();
        let (entry, inbox) = Entry::new(uuid, view, self.root.life.closing());
        let claimed = Arc::clone(&entry);
        let registered = self.root.registry.claim(uuid, &name, || Ok(claimed))?;
        if !Arc::ptr_eq(&registered, &entry) {
            return Ok(None);
        }
        let unowned = Unowned {
            manager: self,
            entry: Some(Arc::clone(&entry)),
        };
        // Nothing of it is touched before it is ours: whoever else has found it may be about to start it.
        if !is_running {
            let is_over = definition.transient;
            self.clear_what_ended(&name, is_over).await?;
            if is_over {
                return Ok(None);
            }
        }
        entry.view().visible = true;
        owner::spawn(self, Arc::clone(&entry), inbox, Some(definition.native), adopted)?;
        unowned.has_an_owner();
        if is_running {
            lock(&self.recovery).adopted.push(name.clone());
            if auto_destroy && !self.root.only_watches() {
                lock(&self.recovery).destroyed.push(name);
                let call = self.root.own_call("open", CallClass::Change);
                entry
                    .owner
                    .destroy(&call, virt_core::domain::DestroyOptions::default())
                    .await?;
            }
        }
        Ok(Some(entry))
    }

    /// What a run has left that ended while nobody was there; and the domain, where it goes with its run.
    async fn clear_what_ended(&self, name: &str, is_over: bool) -> Result<()> {
        if self.root.only_watches() {
            return Ok(());
        }
        if is_over {
            return self.store.remove(name).await;
        }
        if let Err(error) = self.store.all(self.store.remove_run(name)).await {
            tracing::warn!(container = name, %error, "what a run has left could not be removed");
        }
        Ok(())
    }

    pub(super) async fn read_groups_again(&self) -> Result<()> {
        let facts = self.facts();
        let (groups, _) = read_machine(self.host.as_ref(), &facts.hostname).await?;
        let groups = rights::usable(self.host.as_ref(), &facts, groups).await?;
        *lock(&self.groups) = Arc::new(groups);
        Ok(())
    }
}

/// A claim on a name and a uuid, given back where no owner comes of it: also when nobody waits for it any more.
struct Unowned<'m> {
    manager: &'m Manager,
    entry: Option<Arc<Entry>>,
}

impl Unowned<'_> {
    fn has_an_owner(mut self) {
        self.entry = None;
    }
}

impl Drop for Unowned<'_> {
    fn drop(&mut self) {
        if let Some(entry) = &self.entry {
            self.manager.root.registry.remove(entry);
        }
    }
}

/// A document that was written down; `None` where it cannot be read any more.
fn document(xml: &str) -> Option<Kept> {
    let config = DomainConfig::from_xml(xml).ok()?;
    Some(Kept::new(&config))
}

/// Where a machine has its control groups, and what tells it from others.
async fn read_machine(host: &dyn Host, hostname: &str) -> Result<(CgroupLayout, String)> {
    let paths = ["/proc/self/mountinfo", MACHINE_ID]
        .into_iter()
        .chain(CgroupLayout::CONTROLLER_LISTS);
    let ops = paths
        .map(|path| HostOp::Read {
            path: path.to_owned(),
        })
        .collect();
    let mut texts = Vec::new();
    for reply in host.batch(BatchMode::All, ops).await {
        texts.push(match reply {
            Ok(HostReply::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::ConnectionLost => return Err(error),
            _ => String::new(),
        });
    }
    let mut texts = texts.into_iter();
    let mountinfo = texts.next().unwrap_or_default();
    let machine = texts
        .next()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let lists: Vec<String> = texts.collect();
    Ok((
        CgroupLayout::parse(&mountinfo, &lists.concat()),
        machine.unwrap_or_else(|| hostname.to_owned()),
    ))
}
