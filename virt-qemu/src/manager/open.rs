//! Opening a root: lease, state, recovery, autostart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use virt_core::backend::OpenRequest;
use virt_core::domain::{StartOptions, StateReason};
use virt_core::event::EventBus;
use virt_core::host::{Lease, LeaseRequest};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Result, Subject};

use super::{Manager, Operation, RecoveryReport, Registry, View, recovery};
use crate::document::Kept;
use crate::probe_cache::ProbeCache;
use crate::state::{Identifiers, Layout, Loaded, Store};

/// How many domains are started by themselves at a time.
const AUTOSTART_AT_A_TIME: usize = 4;

impl Manager {
    /// Opens a root.
    pub(crate) async fn open(request: OpenRequest, call: &CallContext) -> Result<Arc<Self>> {
        let facts = request.host.facts().await?;
        let layout = Layout::of(&request.uri, &facts)?;
        let store = Store::new(Arc::clone(&request.host), layout);
        let lease = take_lease(&store).await?;
        let loaded = store.load().await?;
        let (alive, all_ended) = mpsc::channel(1);
        let manager = Arc::new(Self {
            probes: ProbeCache::new(store.layout.cache()),
            identifiers: Identifiers::starting_at(loaded.manager.next_id),
            saving: tokio::sync::Mutex::default(),
            autostarted_boot: Mutex::new(loaded.manager.autostarted_boot.clone()),
            recovery: Mutex::new(RecoveryReport {
                corrupt: loaded.corrupt.clone(),
                ..RecoveryReport::default()
            }),
            lease: Mutex::new(Some(lease)),
            host: request.host,
            facts,
            store,
            registry: Registry::default(),
            events: EventBus::new(),
            deadlines: request.deadlines,
            closed: watch::Sender::new(false),
            done: watch::Sender::new(false),
            alive: Mutex::new(Some(alive)),
            all_ended: tokio::sync::Mutex::new(all_ended),
            runtime: tokio::runtime::Handle::current(),
        });
        let recovered = manager.recover(loaded, call).await;
        if let Err(error) = recovered {
            // Nothing was ended that was not to be: what was adopted stays as it is for the next open.
            manager.end().await?;
            return Err(error);
        }
        manager.start_by_themselves();
        Ok(manager)
    }

    pub(crate) fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    async fn recover(self: &Arc<Self>, loaded: Loaded, call: &CallContext) -> Result<()> {
        let mut definitions: HashMap<Uuid, Kept> = loaded
            .definitions
            .into_iter()
            .map(|(uuid, config)| (uuid, Kept::new(&config)))
            .collect();
        for uuid in loaded
            .autostart
            .iter()
            .filter(|uuid| !definitions.contains_key(uuid))
        {
            self.store.set_autostart(*uuid, false).await?;
        }
        let mut recoveries: FuturesUnordered<_> = loaded
            .runs
            .into_iter()
            .map(|record| {
                let inactive = definitions.remove(&record.uuid);
                let autostart = loaded.autostart.contains(&record.uuid);
                async move {
                    let path = self.store.layout.run_record(record.uuid);
                    let recovered = recovery::recover(self, record, inactive, autostart, call).await;
                    recovered.map_err(|error| error.with_subject(Subject::Path(path)))
                }
            })
            .collect();
        while let Some(recovered) = recoveries.next().await {
            recovered?;
        }
        drop(recoveries);
        for (uuid, kept) in definitions {
            let mut view = View::hidden(&kept.glance().name);
            view.autostart = loaded.autostart.contains(&uuid);
            view.reason = StateReason::Unknown;
            view.inactive = Some(kept);
            recovery::add(self, uuid, view, None)?;
        }
        // Only a record that could not be read leaves a QEMU that nobody knows: else the look is not worth its time.
        if !loaded.corrupt.is_empty() {
            super::lock(&self.recovery).unknown_processes = recovery::unknown_processes(self).await?;
        }
        Ok(())
    }

    /// In a new boot of the host, starts what is to start by itself: in the background, a few at a time.
    fn start_by_themselves(self: &Arc<Self>) {
        let boot = self.facts.boot_id.clone();
        if super::lock(&self.autostarted_boot).as_deref() == Some(boot.as_str()) {
            return;
        }
        let manager = Arc::clone(self);
        drop(self.runtime.spawn(async move {
            *super::lock(&manager.autostarted_boot) = Some(boot);
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
                        let start = Operation::Start { options: StartOptions::default(), config: None };
                        if let Err(error) = entry.ask(&call, start).await {
                            tracing::warn!(domain = %entry.view().name, %error, "a domain did not start by itself");
                        }
                    }
                })
                .await;
        }));
    }
}

async fn take_lease(store: &Store) -> Result<Box<dyn Lease>> {
    let root = store.layout.root().to_owned();
    let about = |error: Error| error.with_subject(Subject::Path(root.clone()));
    store.host.files().create_dir(&root, 0o700).await.map_err(about)?;
    let program = std::env::current_exe().ok();
    let name = program
        .as_deref()
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    let owner = name.unwrap_or_else(|| "a program".to_owned());
    store
        .host
        .lease(&store.layout.lease(), LeaseRequest { owner })
        .await
        .map_err(|error| {
            if error.kind() == ErrorKind::Busy {
                error
            } else {
                about(error)
            }
        })
}
