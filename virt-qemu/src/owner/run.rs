//! A run of a guest: what its owner holds, and what others may use beside it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use virt_core::console::ConsoleHub;
use virt_core::domain::StateReason;
use virt_core::host::ProcessIdentity;
use virt_core::job::Job;
use virt_core::{Error, ErrorKind, Result, Retry};
use virt_manager::{Look, PresentRun, lock};

use super::News;
use super::debts::back;
use super::events::FollowUp;
use crate::agent::AgentConnection;
use crate::process::Monitor;
use crate::qmp::{QmpConnection, QmpEvents};
use crate::state::RunRecord;

/// After so long a monitor that could not be had is tried again: a stopped process cannot tell that it goes on.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What others may use of a run beside its owner.
#[derive(Debug)]
pub(crate) struct Run {
    id: u32,
    pub(crate) process: ProcessIdentity,
    auto_destroy: bool,
    started_at: u64,
    /// The host's threads of the vCPUs, in order; empty while the monitor could not be asked yet.
    vcpu_threads: Mutex<Arc<[u64]>>,
    qmp: Mutex<Option<QmpConnection>>,
    /// Whether the monitor's connection was lost, and is looked for.
    away: AtomicBool,
    pub(crate) agent: Mutex<Option<AgentConnection>>,
    pub(crate) consoles: Mutex<HashMap<String, Arc<ConsoleHub>>>,
    pub(crate) job: Mutex<Option<Job>>,
    /// Whether the monitor left a question unanswered: then bulk reads do not wait for it again until it answers.
    silent: AtomicBool,
}

impl Run {
    pub(crate) fn new(record: &RunRecord, process: ProcessIdentity, vcpu_threads: Vec<u64>) -> Self {
        Self {
            id: record.id,
            process,
            auto_destroy: record.auto_destroy,
            started_at: record.started_at,
            vcpu_threads: Mutex::new(vcpu_threads.into()),
            qmp: Mutex::new(None),
            away: AtomicBool::new(false),
            agent: Mutex::new(None),
            consoles: Mutex::new(HashMap::new()),
            job: Mutex::new(None),
            silent: AtomicBool::new(false),
        }
    }

    /// The monitor.
    ///
    /// # Errors
    /// `Busy` while it can't be had: somebody else holds it, or QEMU's process is stopped. `ConnectionLost` while the
    /// machine is away.
    pub(crate) fn qmp(&self) -> Result<QmpConnection> {
        lock(&self.qmp).clone().ok_or_else(|| {
            if self.away.load(Ordering::Relaxed) {
                return Error::new(
                    ErrorKind::ConnectionLost,
                    "there is no connection to QEMU's monitor at present: it is made again as soon as the machine answers",
                )
                .with_retry(Retry::Later);
            }
            Error::new(
                ErrorKind::Busy,
                "QEMU's monitor cannot be had: another program holds it, or QEMU's process is stopped",
            )
        })
    }

    pub(crate) fn set_qmp(&self, qmp: Option<QmpConnection>) {
        *lock(&self.qmp) = qmp;
        self.silent.store(false, Ordering::Relaxed);
    }

    pub(crate) fn vcpu_threads(&self) -> Arc<[u64]> {
        Arc::clone(&lock(&self.vcpu_threads))
    }

    pub(super) fn set_vcpu_threads(&self, threads: Vec<u64>) {
        *lock(&self.vcpu_threads) = threads.into();
    }

    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// What was opened to the guest before the machine was away leads nowhere: it is opened anew when it is needed.
    pub(super) fn forget_streams(&self) {
        lock(&self.agent).take();
        lock(&self.consoles).retain(|_, hub| !hub.has_ended());
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }
}

impl PresentRun for Run {
    fn id(&self) -> u32 {
        self.id
    }

    fn auto_destroy(&self) -> bool {
        self.auto_destroy
    }

    fn started_at(&self) -> u64 {
        self.started_at
    }

    fn disconnect(&self) {
        if let Some(qmp) = lock(&self.qmp).take() {
            qmp.close();
        }
        lock(&self.agent).take();
        lock(&self.consoles).clear();
    }
}

/// A run, as its owner holds it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) run: Arc<Run>,
    pub(crate) record: RunRecord,
    events: Option<QmpEvents>,
    reconnect_at: Instant,
    /// Why the vCPUs are about to stop, as an event before the stop told.
    pub(crate) stop_cause: Option<StateReason>,
    /// When the guest was last seen to reboot.
    pub(crate) rebooted_at: Option<Instant>,
    /// Why the process is about to end, where that is known.
    pub(crate) end_cause: Option<StateReason>,
    /// What the guest's end asks for and is not known to be done.
    pub(super) follow_up: Option<FollowUp>,
    /// Whether the machine was away since the monitor was had: an end in that time was seen by nobody.
    pub(super) unattended: bool,
    /// How often the monitor was tried in vain since the machine answers.
    pub(super) tries: u32,
    /// Held while the guest is looked for.
    pub(super) look: Option<Look>,
}

impl Running {
    pub(crate) fn new(run: Arc<Run>, record: RunRecord) -> Self {
        Self {
            run,
            record,
            events: None,
            reconnect_at: Instant::now(),
            stop_cause: None,
            rebooted_at: None,
            end_cause: None,
            follow_up: None,
            unattended: false,
            tries: 0,
            look: None,
        }
    }

    /// Takes a monitor into use.
    pub(crate) fn attach(&mut self, monitor: Monitor) {
        self.run.set_away(false);
        self.run.set_qmp(Some(monitor.qmp));
        self.events = Some(monitor.events);
    }

    /// The monitor is gone or can't be had; it is tried again at this moment, or when the machine is back.
    pub(super) fn detach(&mut self, again: Instant) {
        self.run.set_qmp(None);
        self.events = None;
        self.reconnect_at = again;
    }

    /// What a run tells next; never, where there is none. Cancel-safe.
    pub(super) async fn news(running: Option<&mut Self>, away: &mut watch::Receiver<bool>) -> News {
        let Some(running) = running else {
            return std::future::pending().await;
        };
        match running.events.as_mut() {
            Some(events) => News::Event(events.next().await),
            None => {
                back(running.reconnect_at, away).await;
                News::ReconnectDue
            }
        }
    }
}
