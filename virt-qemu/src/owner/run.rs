//! A run of a guest: what its owner holds, and what others may use beside it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use virt_core::console::ConsoleHub;
use virt_core::domain::StateReason;
use virt_core::host::ProcessIdentity;
use virt_core::job::Job;
use virt_core::{Error, ErrorKind, Result};

use crate::agent::AgentConnection;
use crate::manager::lock;
use crate::process::Monitor;
use crate::qmp::{QmpConnection, QmpEventItem, QmpEvents};
use crate::state::RunRecord;

/// After so long a monitor that could not be had is tried again: a stopped process cannot tell that it goes on.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What others may use of a run beside its owner.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: u32,
    pub(crate) process: ProcessIdentity,
    pub(crate) auto_destroy: bool,
    /// Seconds since 1970.
    pub(crate) started_at: u64,
    /// The host's threads of the vCPUs, in order.
    pub(crate) vcpu_threads: Vec<u64>,
    qmp: Mutex<Option<QmpConnection>>,
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
            vcpu_threads,
            qmp: Mutex::new(None),
            agent: Mutex::new(None),
            consoles: Mutex::new(HashMap::new()),
            job: Mutex::new(None),
            silent: AtomicBool::new(false),
        }
    }

    /// The monitor.
    ///
    /// # Errors
    /// `Busy` while it can't be had: somebody else holds it, or QEMU's process is stopped.
    pub(crate) fn qmp(&self) -> Result<QmpConnection> {
        lock(&self.qmp).clone().ok_or_else(|| {
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

    /// Closes whatever is open to the guest; the guest goes on.
    pub(crate) fn disconnect(&self) {
        if let Some(qmp) = lock(&self.qmp).take() {
            qmp.close();
        }
        lock(&self.agent).take();
        lock(&self.consoles).clear();
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    pub(crate) fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
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
        }
    }

    /// Takes a monitor into use.
    pub(crate) fn attach(&mut self, monitor: Monitor) {
        self.run.set_qmp(Some(monitor.qmp));
        self.events = Some(monitor.events);
    }

    /// The monitor is gone or can't be had; it is tried again after a while.
    pub(crate) fn detach(&mut self) {
        self.run.set_qmp(None);
        self.events = None;
        self.reconnect_at = Instant::now() + TRY_AGAIN;
    }

    /// What a run tells next; never, where there is none. Cancel-safe.
    pub(crate) async fn news(running: Option<&mut Self>) -> News {
        let Some(running) = running else {
            return std::future::pending().await;
        };
        match running.events.as_mut() {
            Some(events) => News::Event(events.next().await),
            None => {
                tokio::time::sleep_until(running.reconnect_at).await;
                News::ReconnectDue
            }
        }
    }
}

/// What a run tells.
#[derive(Debug)]
pub(crate) enum News {
    /// An event; `None`: the monitor's connection ended.
    Event(Option<QmpEventItem>),
    /// A monitor that could not be had is to be tried again.
    ReconnectDue,
}
