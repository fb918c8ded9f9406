//! What the opening of a root found, and what it made of it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join;
use uuid::Uuid;
use virt_core::domain::{DomainState, StateReason};
use virt_core::host::{ProcessIdentity, ProcessInfo};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result};
use virt_manager::document::Kept;
use virt_manager::{chain, lock};

use super::{Entry, Manager, View};
use crate::document::set_ttys;
use crate::owner::{self, Known, Run, Running};
use crate::process::{self, EndMode, Monitor, Seen, end_process, find, look};
use crate::qmp::QmpConnection;
use crate::qmp::commands::machine::{Cont, QueryStatus, RunState};
use crate::state::{RunPhase, RunRecord};

/// How long one guest may take to answer when it is adopted: the others' opening waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the opening of a root found, and what it made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryReport {
    /// Guests that run and were adopted, by name.
    pub adopted: Vec<String>,
    /// Guests that run but whose monitor could not be had yet, by name. They are tried again.
    pub unreachable: Vec<String>,
    /// Runs that had ended unattended, by name.
    pub ended: Vec<String>,
    /// Starts that were cut half-way and taken back, by name.
    pub rolled_back: Vec<String>,
    /// Auto-destroy guests of a manager that is gone, which were destroyed, by name.
    pub auto_destroyed: Vec<String>,
    /// Files that could not be understood: the path they had, and why. They are kept beside, with `.corrupt` appended.
    pub corrupt: Vec<(String, String)>,
    /// Runs that could not be taken over, finished or taken back: the path of the record, and why. They are left as they
    /// are; where it is known what is to be done with them, that is tried again.
    pub failed: Vec<(String, String)>,
    /// QEMU processes that use this root's directories and of which no record tells: left alone, by pid.
    pub unknown_processes: Vec<u32>,
}

/// What became of one run.
enum Outcome {
    Adopted(Box<Adoption>),
    Ended,
    RolledBack,
    AutoDestroyed,
    /// It is to be ended and removed, and could not be yet.
    Owed(Box<RunRecord>, Error),
}

/// What is known of a domain's run when its owner begins.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) running: Option<Running>,
    /// A run that is to be ended and removed.
    pub(super) owed: Option<RunRecord>,
}

struct Adoption {
    record: RunRecord,
    live: DomainConfig,
    run: Arc<Run>,
    monitor: Option<Monitor>,
    state: DomainState,
    reason: StateReason,
    agent_connected: Option<bool>,
}

/// Takes over, finishes or takes back one run that the root tells of.
pub(super) async fn recover(
    manager: &Arc<Manager>,
    record: RunRecord,
    inactive: Option<Kept>,
    autostart: bool,
    call: &CallContext,
) -> Result<()> {
    let name = record.name.clone();
    let uuid = record.uuid;
    let outcome = Box::pin(examine(manager, record, call)).await?;
    let mut view = View::hidden(
        inactive
            .as_ref()
            .map_or(name.as_str(), |kept| kept.glance().name.as_str()),
    );
    view.autostart = autostart;
    view.inactive = inactive;
    {
        let mut report = lock(&manager.recovery);
        match &outcome {
            Outcome::Adopted(adoption) if adoption.monitor.is_some() => report.adopted.push(name),
            Outcome::Adopted(_) => report.unreachable.push(name),
            Outcome::Ended => report.ended.push(name),
            Outcome::RolledBack => report.rolled_back.push(name),
            Outcome::AutoDestroyed => report.auto_destroyed.push(name),
            Outcome::Owed(record, error) => {
                let path = manager.store.layout.run_record(record.uuid);
                report.failed.push((path, chain(error)));
            }
        }
    }
    let mut owed = None;
    let running = match outcome {
        Outcome::Adopted(adoption) => {
            view.state = adoption.state;
            view.reason = adoption.reason;
            view.live = Some(Arc::new(adoption.live));
            if view.inactive.is_none() {
                let origin = adoption.record.origin.as_deref();
                let origin = origin.map(DomainConfig::from_xml).transpose()?;
                view.origin = origin.as_ref().map(Kept::new);
            }
            view.run = Some(Arc::clone(&adoption.run));
            view.agent_connected = adoption.agent_connected;
            let mut running = Running::new(adoption.run, adoption.record);
            if let Some(monitor) = adoption.monitor {
                running.attach(monitor);
            }
            Some(running)
        }
        Outcome::Ended => {
            view.reason = StateReason::Unattended;
            None
        }
        Outcome::RolledBack => None,
        Outcome::AutoDestroyed => {
            view.reason = StateReason::Destroyed;
            None
        }
        Outcome::Owed(record, _) => {
            owed = Some(*record);
            None
        }
    };
    if view.inactive.is_none() && running.is_none() && owed.is_none() {
        return Ok(());
    }
    add(manager, uuid, view, Found { running, owed })
}

/// Adds a domain that was found, and its owner.
pub(super) fn add(manager: &Arc<Manager>, uuid: Uuid, mut view: View, found: Found) -> Result<()> {
    view.visible = view.inactive.is_some() || view.run.is_some();
    let name = view.name.clone();
    let mut made = None;
    manager.root.registry.claim(uuid, &name, || {
        let (entry, inbox) = Entry::new(uuid, view, manager.root.life.closing());
        made = Some(inbox);
        Ok(entry)
    })?;
    match (made, manager.root.registry.by_uuid(uuid)) {
        (Some(inbox), Some(entry)) => owner::spawn(manager, entry, inbox, found.running, found.owed),
        _ => Ok(()),
    }
}

async fn examine(manager: &Arc<Manager>, record: RunRecord, call: &CallContext) -> Result<Outcome> {
    let host = manager.host.as_ref();
    let only_watches = manager.root.only_watches();
    let launching = record.phase == RunPhase::Launching;
    if only_watches && launching {
        // A start that was never confirmed: for the next manager to take back.
        return Ok(Outcome::RolledBack);
    }
    let found = if record.boot_id == manager.root.reach.facts().boot_id {
        find(host, &record).await
    } else {
        Ok(process::Found::Gone)
    };
    let is_there = match found {
        Ok(process::Found::Alive(process)) => Some(process),
        Ok(process::Found::Gone) => None,
        Err(error) => return later(record, error),
    };
    let Some(process) = is_there else {
        if let Err(error) = over(manager, &record).await {
            return later(record, error);
        }
        return Ok(if launching {
            Outcome::RolledBack
        } else {
            Outcome::Ended
        });
    };
    if launching || (record.auto_destroy && !only_watches) {
        return take_back(manager, record, call).await;
    }
    Box::pin(adopt(manager, record, process, call)).await
}

/// What could not be found out or done now, for other reasons than an absent machine, is tried again later.
fn later(record: RunRecord, error: Error) -> Result<Outcome> {
    if error.kind() == ErrorKind::ConnectionLost {
        return Err(error);
    }
    match record.process.filter(|_| record.phase == RunPhase::Running) {
        Some(process) if !record.auto_destroy => {
            let live = DomainConfig::from_xml(&record.live)?;
            tracing::warn!(domain = %record.name, %error, "a run could not be looked at yet");
            Ok(unreachable(record, live, process, false))
        }
        _ => Ok(Outcome::Owed(Box::new(record), error)),
    }
}

/// The run is over: what is left of it goes, unless this connection only watches.
async fn over(manager: &Manager, record: &RunRecord) -> Result<()> {
    if manager.root.only_watches() {
        return Ok(());
    }
    manager.store.remove_run(record).await
}

/// Ends a run that was never confirmed, or whose manager is gone and was to take it along.
async fn take_back(manager: &Manager, record: RunRecord, call: &CallContext) -> Result<Outcome> {
    let mode = if record.auto_destroy {
        EndMode::Firm
    } else {
        EndMode::Kill
    };
    let ended = async {
        end_process(manager.host.as_ref(), &record, mode, call).await?;
        manager.store.remove_run(&record).await
    };
    match ended.await {
        Err(error) => later(record, error),
        Ok(()) if record.phase == RunPhase::Launching => Ok(Outcome::RolledBack),
        Ok(()) => Ok(Outcome::AutoDestroyed),
    }
}

fn unreachable(record: RunRecord, live: DomainConfig, process: ProcessIdentity, stopped: bool) -> Outcome {
    let run = Arc::new(Run::new(&record, process, Vec::new()));
    let state = if stopped {
        DomainState::Paused
    } else {
        DomainState::Running
    };
    Outcome::Adopted(Box::new(Adoption {
        record,
        live,
        run,
        monitor: None,
        state,
        reason: StateReason::Unknown,
        agent_connected: None,
    }))
}

/// Takes over a run whose process lives.
async fn adopt(
    manager: &Arc<Manager>,
    mut record: RunRecord,
    process: ProcessInfo,
    call: &CallContext,
) -> Result<Outcome> {
    record.process = Some(process.identity);
    let live = DomainConfig::from_xml(&record.live)?;
    if process.stopped {
        // It can answer nobody: no need to wait for that.
        return Ok(unreachable(record, live, process.identity, true));
    }
    let greeted = match look(manager.host.as_ref(), &record, process.identity).await {
        Seen::Greeted(greeted) => greeted,
        Seen::Ended => {
            over(manager, &record).await?;
            return Ok(Outcome::Ended);
        }
        Seen::Nothing(error) => {
            tracing::warn!(domain = %record.name, %error, "a running guest's monitor is not to be had yet");
            return Ok(unreachable(record, live, process.identity, process.stopped));
        }
    };
    let call = &call.at_most(PATIENCE);
    let may_run = !record.start_paused && !manager.root.only_watches();
    let asked = greeted.begin(|qmp| ask(qmp, &live, may_run, call), call).await;
    match asked {
        Ok((monitor, (known, status))) => Ok(adopted(
            record,
            live,
            (monitor, process.identity),
            (known, status),
        )),
        Err(error) => {
            tracing::warn!(domain = %record.name, %error, "a running guest does not answer its monitor yet");
            Ok(unreachable(record, live, process.identity, false))
        }
    }
}

/// What a guest that is adopted does. The manager may have died between making its run known and letting it run.
async fn ask(
    qmp: QmpConnection,
    live: &DomainConfig,
    may_run: bool,
    call: &CallContext,
) -> Result<(Known, RunState)> {
    let status = async { Ok(qmp.execute(&QueryStatus, call.deadline).await?.status) };
    let (known, status) = try_join(owner::learn(&qmp, live, call), status).await?;
    if status == RunState::Prelaunch && may_run {
        qmp.execute(&Cont, call.deadline).await?;
        return Ok((known, RunState::Running));
    }
    Ok((known, status))
}

fn adopted(
    record: RunRecord,
    mut live: DomainConfig,
    (monitor, process): (Monitor, ProcessIdentity),
    (known, status): (Known, RunState),
) -> Outcome {
    let (state, reason) = match &status {
        RunState::Running => (DomainState::Running, StateReason::Unknown),
        // What the guest's end or crash asks for is done by its owner, which takes these for news.
        RunState::Shutdown | RunState::GuestPanicked => (DomainState::Paused, StateReason::Unknown),
        RunState::Suspended => (DomainState::PmSuspended, StateReason::Unknown),
        other => (DomainState::Paused, owner::paused_because(other).0),
    };
    set_ttys(&mut live, &known.ttys);
    let run = Arc::new(Run::new(&record, process, known.vcpu_threads));
    Outcome::Adopted(Box::new(Adoption {
        record,
        live,
        run,
        monitor: Some(monitor),
        state,
        reason,
        agent_connected: known.agent_connected,
    }))
}

/// QEMU processes of this root's directories that no record tells of.
pub(super) async fn unknown_processes(manager: &Manager) -> Result<Vec<u32>> {
    let known: Vec<u32> = manager
        .root
        .registry
        .all()
        .iter()
        .filter_map(|entry| entry.view().run.as_ref().map(|run| run.process.pid))
        .collect();
    let prefix = format!("{}/", manager.store.layout.run_dirs());
    let all = manager.host.processes().list("qemu-system").await?;
    let ours = all
        .into_iter()
        .filter(|info| !info.zombie && info.argv.iter().any(|arg| arg.contains(&prefix)));
    Ok(ours
        .map(|info| info.identity.pid)
        .filter(|pid| !known.contains(pid))
        .collect())
}
