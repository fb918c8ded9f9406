//! What the opening of a root found, and what it made of it.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use virt_core::domain::{DomainState, StateReason};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, ErrorKind, Result};

use super::{Entry, Manager, View};
use crate::document::Kept;
use crate::owner::{self, Run, Running};
use crate::process::{EndMode, Found, Monitor, connect_any, end_process, find};
use crate::qmp::commands::machine::{Cont, QueryStatus, RunState};
use crate::state::{RunPhase, RunRecord};

/// How long one guest may take to answer when it is adopted: the others' opening waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a monitor has to greet when a guest is adopted.
const GREETING: Duration = Duration::from_secs(2);

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
    /// QEMU processes that use this root's directories and of which no record tells: left alone, by pid.
    pub unknown_processes: Vec<u32>,
}

/// What became of one run.
enum Outcome {
    Adopted(Box<Adoption>),
    Ended,
    RolledBack,
    AutoDestroyed,
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
    let outcome = examine(manager, record, call).await?;
    let mut view = View::hidden(
        inactive
            .as_ref()
            .map_or(name.as_str(), |kept| kept.glance().name.as_str()),
    );
    view.autostart = autostart;
    view.inactive = inactive;
    {
        let mut report = super::lock(&manager.recovery);
        match &outcome {
            Outcome::Adopted(adoption) if adoption.monitor.is_some() => report.adopted.push(name),
            Outcome::Adopted(_) => report.unreachable.push(name),
            Outcome::Ended => report.ended.push(name),
            Outcome::RolledBack => report.rolled_back.push(name),
            Outcome::AutoDestroyed => report.auto_destroyed.push(name),
        }
    }
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
    };
    if view.inactive.is_none() && running.is_none() {
        return Ok(());
    }
    add(manager, uuid, view, running)
}

/// Adds a domain that was found, and its owner.
pub(super) fn add(
    manager: &Arc<Manager>,
    uuid: Uuid,
    mut view: View,
    running: Option<Running>,
) -> Result<()> {
    view.visible = true;
    let name = view.name.clone();
    let mut made = None;
    manager.registry.claim(uuid, &name, || {
        let (entry, inbox) = Entry::new(uuid, view, manager.closed());
        made = Some(inbox);
        Ok(entry)
    })?;
    match (made, manager.registry.by_uuid(uuid)) {
        (Some(inbox), Some(entry)) => owner::spawn(manager, entry, inbox, running),
        _ => Ok(()),
    }
}

async fn examine(manager: &Arc<Manager>, mut record: RunRecord, call: &CallContext) -> Result<Outcome> {
    let host = manager.host.as_ref();
    let found = if record.boot_id == manager.facts.boot_id {
        find(host, &record).await?
    } else {
        Found::Gone
    };
    let Found::Alive(process) = found else {
        manager.store.remove_run(&record).await?;
        return Ok(if record.phase == RunPhase::Launching {
            Outcome::RolledBack
        } else {
            Outcome::Ended
        });
    };
    if record.phase == RunPhase::Launching || record.auto_destroy {
        let mode = if record.auto_destroy {
            EndMode::Firm
        } else {
            EndMode::Kill
        };
        end_process(host, &record, mode, call).await?;
        manager.store.remove_run(&record).await?;
        let launching = record.phase == RunPhase::Launching;
        return Ok(if launching {
            Outcome::RolledBack
        } else {
            Outcome::AutoDestroyed
        });
    }
    record.process = Some(process.identity);
    if process.stopped {
        // It can answer nobody: no need to wait for that.
        let live = DomainConfig::from_xml(&record.live)?;
        return Ok(unreachable(record, live, process.identity, true));
    }
    let live = DomainConfig::from_xml(&record.live)?;
    match connect_any(host, &record, GREETING).await {
        Ok(monitor) => adopt(record, live, monitor, process.identity, call).await,
        Err(error) => {
            // One that is ending closes its monitor a little before it is gone.
            let exit = host.processes().wait_exit(process.identity);
            if error.kind() != ErrorKind::Busy && tokio::time::timeout(GREETING, exit).await.is_ok() {
                manager.store.remove_run(&record).await?;
                return Ok(Outcome::Ended);
            }
            tracing::warn!(domain = %record.name, %error, "a running guest's monitor is not to be had yet");
            Ok(unreachable(record, live, process.identity, process.stopped))
        }
    }
}

fn unreachable(
    record: RunRecord,
    live: DomainConfig,
    process: virt_core::host::ProcessIdentity,
    stopped: bool,
) -> Outcome {
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

async fn adopt(
    record: RunRecord,
    live: DomainConfig,
    monitor: Monitor,
    process: virt_core::host::ProcessIdentity,
    call: &CallContext,
) -> Result<Outcome> {
    let qmp = monitor.qmp.clone();
    let call = &call.at_most(PATIENCE);
    let asked = async {
        let known = owner::learn(&qmp, &live, call).await?;
        let mut status = qmp.execute(&QueryStatus, call.deadline).await?.status;
        if status == RunState::Prelaunch && !record.start_paused {
            // The manager died between making the run known and letting it run.
            qmp.execute(&Cont, call.deadline).await?;
            status = RunState::Running;
        }
        Ok::<_, virt_core::Error>((known, status))
    };
    let (known, status) = match asked.await {
        Ok(asked) => asked,
        Err(error) => {
            tracing::warn!(domain = %record.name, %error, "a running guest does not answer its monitor yet");
            return Ok(unreachable(record, live, process, false));
        }
    };
    let (state, reason) = match &status {
        RunState::Running => (DomainState::Running, StateReason::Unknown),
        // What the guest's end or crash asks for is done by its owner, which takes these for news.
        RunState::Shutdown | RunState::GuestPanicked => (DomainState::Paused, StateReason::Unknown),
        RunState::Suspended => (DomainState::PmSuspended, StateReason::Unknown),
        other => (DomainState::Paused, owner::paused_because(other).0),
    };
    let run = Arc::new(Run::new(&record, process, known.vcpu_threads));
    Ok(Outcome::Adopted(Box::new(Adoption {
        record,
        live,
        run,
        monitor: Some(monitor),
        state,
        reason,
        agent_connected: known.agent_connected,
    })))
}

/// QEMU processes of this root's directories that no record tells of.
pub(super) async fn unknown_processes(manager: &Manager) -> Result<Vec<u32>> {
    let known: Vec<u32> = manager
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
