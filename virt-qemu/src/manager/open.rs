//! Opening a root: lease, state, recovery.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use futures::stream::{FuturesUnordered, StreamExt};
use uuid::Uuid;
use virt_core::backend::OpenRequest;
use virt_core::domain::StateReason;
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};
use virt_manager::document::Kept;
use virt_manager::{Identifiers, Opening, chain, lock};

use super::{Manager, RecoveryReport, View, orphan, recovery};
use crate::probe_cache::ProbeCache;
use crate::state::{Layout, Loaded, Store};

impl Manager {
    /// Opens a root.
    pub(crate) async fn open(request: OpenRequest, call: &CallContext) -> Result<Arc<Self>> {
        let mut opening = Opening::begin(&request).await?;
        let layout = Layout::of(&request.uri, &opening.facts)?;
        let store = Store::new(Arc::clone(&opening.host), layout);
        let path = store.layout.root().to_owned();
        opening.take_lease(&path, &store.layout.lease()).await?;
        let loaded = store.load(request.access).await?;
        let manager = Arc::new(Self {
            probes: ProbeCache::new(store.layout.cache()),
            identifiers: Identifiers::starting_at(loaded.manager.next_id),
            saving: tokio::sync::Mutex::default(),
            autostarted_boot: Mutex::new(loaded.manager.autostarted_boot.clone()),
            recovery: Mutex::new(RecoveryReport {
                corrupt: loaded.corrupt.clone(),
                ..RecoveryReport::default()
            }),
            host: Arc::clone(&opening.host),
            store,
            root: opening.root(&path),
        });
        virt_manager::open(&manager, manager.recover(loaded, call)).await?;
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
        if !self.root.only_watches() {
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
        if !self.root.only_watches() {
            self.store.set_aside(&path, &reason).await;
        }
        lock(&self.recovery).corrupt.push((path, reason));
    }
}
