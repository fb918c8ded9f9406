//! Opening a root: lease, state, recovery, autostart.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::runtime::Handle;
use uuid::Uuid;
use virt_core::backend::OpenRequest;
use virt_core::domain::StateReason;
use virt_core::event::EventBus;
use virt_core::host::Host;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Result, Subject};
use virt_manager::document::Kept;
use virt_manager::{Fence, Gate, Identifiers, KeptLease, Life, Reach, Registry, chain, lock, take_lease};

use super::{Manager, Operation, RecoveryReport, View, orphan, recovery};
use crate::probe_cache::ProbeCache;
use crate::state::{Layout, Loaded, Store};

/// How many domains are started by themselves at a time.
const AUTOSTART_AT_A_TIME: usize = 4;

impl Manager {
    /// Opens a root.
    pub(crate) async fn open(request: OpenRequest, call: &CallContext) -> Result<Arc<Self>> {
        let fence = Fence::default();
        let host: Arc<dyn Host> = Arc::new(Gate::new(request.host, fence.clone(), request.access));
        let facts = host.facts().await?;
        let layout = Layout::of(&request.uri, &facts)?;
        let store = Store::new(Arc::clone(&host), layout);
        let (root, lease) = (store.layout.root(), store.layout.lease());
        let lease = take_lease(host.as_ref(), root, &lease, request.access).await?;
        let loaded = store.load(request.access).await?;
        let (lease, keeper) = lease.map(KeptLease::new).unzip();
        let events = EventBus::new();
        let life = Life::new(lease, events.clone(), Handle::current());
        let reach = Reach::new(Arc::clone(&host), store.layout.root(), facts, Arc::clone(&life));
        let manager = Arc::new(Self {
            probes: ProbeCache::new(store.layout.cache()),
            identifiers: Identifiers::starting_at(loaded.manager.next_id),
            saving: tokio::sync::Mutex::default(),
            autostarted_boot: Mutex::new(loaded.manager.autostarted_boot.clone()),
            recovery: Mutex::new(RecoveryReport {
                corrupt: loaded.corrupt.clone(),
                ..RecoveryReport::default()
            }),
            host,
            store,
            registry: Registry::default(),
            events,
            deadlines: request.deadlines,
            access: request.access,
            fence,
            life,
            reach,
        });
        if let Some(keeper) = keeper {
            let manager = Arc::downgrade(&manager);
            drop(tokio::spawn(async move {
                if let Some((why, lease)) = keeper.keep().await {
                    if let Some(manager) = manager.upgrade() {
                        manager.lease_lost(&why);
                    }
                    drop(lease);
                }
            }));
        }
        let recovered = manager.recover(loaded, call).await;
        if let Err(error) = recovered {
            // Nothing was ended that was not to be: what was adopted stays as it is for the next open.
            manager.life.end().await?;
            return Err(error);
        }
        manager.start_by_themselves();
        Ok(manager)
    }

    /// What cannot be recovered is told in the report, and keeps nothing else from being opened; but a machine that goes
    /// away meanwhile does.
    async fn recover(self: &Arc<Self>, loaded: Loaded, call: &CallContext) -> Result<()> {
        // In an order that is the same every time: of two that exclude each other the same one is taken.
        let mut definitions: BTreeMap<Uuid, Kept> = loaded
            .definitions
            .into_iter()
            .map(|(uuid, config)| (uuid, Kept::new(&config)))
            .collect();
        if !self.only_watches() {
            self.remove_stray_marks(&loaded.autostart, &definitions).await;
        }
        let mut runs = loaded.runs;
        runs.extend(orphan::runs(self, &loaded.corrupt, &definitions).await?);
        let mut recoveries: FuturesUnordered<_> = runs
            .into_iter()
            .map(|record| {
                let inactive = definitions.remove(&record.uuid);
                let autostart = loaded.autostart.contains(&record.uuid);
                async move {
                    let path = self.store.layout.run_record(record.uuid);
                    let recovered = recovery::recover(self, record, inactive, autostart, call).await;
                    recovered.map_err(|error| (path, error))
                }
            })
            .collect();
        while let Some(recovered) = recoveries.next().await {
            match recovered {
                Err((path, error)) if error.kind() == ErrorKind::ConnectionLost => {
                    return Err(error.with_subject(Subject::Path(path)));
                }
                Err((path, error)) => {
                    let reason = chain(&error);
                    tracing::warn!(%path, %reason, "a run could not be recovered");
                    lock(&self.recovery).failed.push((path, reason));
                }
                Ok(()) => {}
            }
        }
        drop(recoveries);
        for (uuid, kept) in definitions {
            let mut view = View::hidden(&kept.glance().name);
            view.autostart = loaded.autostart.contains(&uuid);
            view.reason = StateReason::Unknown;
            view.inactive = Some(kept);
            if let Err(error) = recovery::add(self, uuid, view, recovery::Found::default()) {
                self.leave_out(uuid, &error).await;
            }
        }
        let has_all = {
            let report = lock(&self.recovery);
            report.corrupt.is_empty() && report.failed.is_empty()
        };
        // Only a record that could not be used leaves a QEMU that nobody knows: else the look is not worth its time.
        if !has_all {
            lock(&self.recovery).unknown_processes = recovery::unknown_processes(self).await?;
        }
        Ok(())
    }

    /// Removes marks of autostart that a crash left without a definition.
    async fn remove_stray_marks(&self, marks: &HashSet<Uuid>, definitions: &BTreeMap<Uuid, Kept>) {
        for uuid in marks.iter().filter(|uuid| !definitions.contains_key(uuid)) {
            if let Err(error) = self.store.set_autostart(*uuid, false).await {
                tracing::warn!(domain = %uuid, %error, "a mark of autostart without a definition stays for now");
            }
        }
    }

    /// A definition that cannot be one beside the others, as one of a name that is taken, is set aside.
    async fn leave_out(&self, uuid: Uuid, error: &Error) {
        let path = self.store.layout.definition(uuid);
        let reason = chain(error);
        if !self.only_watches() {
            self.store.set_aside(&path, &reason).await;
        }
        lock(&self.recovery).corrupt.push((path, reason));
    }

    /// In a new boot of the host, starts what is to start by itself: in the background, a few at a time.
    pub(super) fn start_by_themselves(self: &Arc<Self>) {
        if self.only_watches() {
            return;
        }
        let boot = self.reach.facts().boot_id.clone();
        if lock(&self.autostarted_boot).as_deref() == Some(boot.as_str()) {
            return;
        }
        let manager = Arc::clone(self);
        drop(self.life.runtime().spawn(async move {
            *lock(&manager.autostarted_boot) = Some(boot);
            if let Err(error) = manager.save_record(0).await {
                tracing::warn!(%error, "the manager's record could not be written; nothing is started by itself");
                return;
            }
            let entries: Vec<_> = manager.registry.all();
            let wanted = entries.into_iter().filter(|entry| {
                let view = entry.view();
                view.autostart && !view.is_active()
            });
            futures::stream::iter(wanted)
                .for_each_concurrent(AUTOSTART_AT_A_TIME, |entry| {
                    let time = manager.deadlines.of(CallClass::Change);
                    async move {
                        let call = CallContext::new("autostart", CallClass::Change, time);
                        if let Err(error) = entry.owner.ask(&call, Operation::plain_start()).await {
                            tracing::warn!(domain = %entry.view().name, %error, "a domain did not start by itself");
                        }
                    }
                })
                .await;
        }));
    }
}
