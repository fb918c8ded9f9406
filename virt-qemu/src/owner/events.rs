//! What QEMU tells by itself, and what follows from it.

use std::time::Duration;

use virt_core::domain::{DomainState, StateReason};
use virt_core::event::{
    AgentState, DomainChange, IoErrorAction, PanicAction, ResumedReason, SuspendedReason, TrayState,
};
use virt_core::job::JobState;
use virt_core::{CallClass, CallContext, ErrorKind, Result};
use virt_manager::document::EndAction;
use virt_manager::{OwnerTask as _, lock};

use super::Owner;
use crate::document;
use crate::qmp::commands::machine::{Cont, Quit, RunState, SystemReset};
use crate::qmp::event::{
    BlockErrorAction, BlockIoError, GuestPanicAction, Shutdown, ShutdownCause, WatchdogAction,
};
use crate::qmp::{EventKind, QmpEvent, QmpEventItem};

/// How long what follows from an event may take.
const FOLLOW_UP: Duration = Duration::from_secs(30);
/// Resets that follow each other so quickly are one reboot.
const SAME_REBOOT: Duration = Duration::from_secs(2);

/// What a guest's end asks for, and the state of a guest that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct FollowUp {
    pub(super) action: EndAction,
    pub(super) kept: DomainState,
    pub(super) reason: StateReason,
}

impl Owner {
    pub(super) async fn handle_event(&mut self, item: Option<QmpEventItem>) {
        let result = match item {
            None => self.monitor_ended().await,
            Some(QmpEventItem::Lagged(lost)) => {
                tracing::warn!(domain = %self.name(), lost, "events of a guest were lost; its state is read again");
                self.read_state_again().await
            }
            Some(QmpEventItem::Event(event)) => self.follow_event(&event).await,
        };
        match result {
            // The end of the connection is seen by itself, and what follows from it.
            Err(error) if error.kind() == ErrorKind::ConnectionLost => {
                tracing::debug!(domain = %self.name(), %error, "what followed from an event of a guest was cut off");
            }
            Err(error) => {
                tracing::warn!(domain = %self.name(), %error, "what followed from an event of a guest failed");
            }
            Ok(()) => {}
        }
    }

    pub(super) fn follow_up_call(&self) -> CallContext {
        CallContext::new("event", CallClass::Change, FOLLOW_UP)
    }

    async fn follow_event(&mut self, event: &QmpEvent) -> Result<()> {
        match &event.kind {
            EventKind::Stop => self.stopped(),
            EventKind::Resume => self.resumed(),
            EventKind::Shutdown(shutdown) => return self.shut_down(shutdown).await,
            EventKind::Reset(reset) if is_reboot(&reset.reason) => self.reset_seen(),
            EventKind::Suspend => {
                self.update(|view| {
                    view.state = DomainState::PmSuspended;
                    view.reason = StateReason::Unknown;
                });
                self.publish(DomainChange::PmSuspended);
            }
            EventKind::Wakeup => self.now_running(StateReason::WokenUp, ResumedReason::WokenUp),
            EventKind::GuestPanicked(panicked) => {
                let info = event
                    .data
                    .get("info")
                    .map(ToString::to_string)
                    .unwrap_or_default();
                return self.panicked(&panicked.action, info).await;
            }
            EventKind::BalloonChange(change) => {
                self.update(|view| view.balloon = Some(change.actual));
                self.publish(DomainChange::BalloonChanged {
                    actual_bytes: change.actual,
                });
            }
            EventKind::BlockIoError(error) => self.io_error(error),
            EventKind::PortChange(port) => self.port_changed(&port.id, port.open),
            EventKind::Watchdog(watchdog) => self.watchdog(&watchdog.action),
            EventKind::RtcChange(change) => self.publish(DomainChange::RtcChanged {
                offset_s: change.offset,
            }),
            EventKind::TrayMoved(moved) => {
                let device = if moved.id.is_empty() {
                    moved.device.clone()
                } else {
                    moved.id.clone()
                };
                let state = if moved.tray_open {
                    TrayState::Open
                } else {
                    TrayState::Closed
                };
                self.publish(DomainChange::TrayMoved { device, state });
            }
            EventKind::DeviceDeleted(deleted) => match &deleted.device {
                Some(device) => self.publish(DomainChange::DeviceRemoved {
                    device: device.clone(),
                }),
                None => self.publish_native(event),
            },
            // They say again what is told above, or are only of use to us.
            EventKind::Reset(_) | EventKind::Powerdown => {}
            _ => self.publish_native(event),
        }
        Ok(())
    }

    /// Firmware resets the machine once more when it finds that it was not the first to run: one reboot all the same.
    fn reset_seen(&mut self) {
        let Some(running) = self.running.as_mut() else {
            return;
        };
        let now = tokio::time::Instant::now();
        let before = running.rebooted_at.replace(now);
        if before.is_none_or(|before| now.duration_since(before) > SAME_REBOOT) {
            self.publish(DomainChange::Rebooted);
        }
    }

    fn publish_native(&self, event: &QmpEvent) {
        self.publish(DomainChange::Native {
            name: event.name.clone(),
            data: event.data.to_string(),
        });
    }

    /// The vCPUs stopped; what we did ourselves is known already.
    fn stopped(&mut self) {
        if self.entry.view().state != DomainState::Running {
            return;
        }
        let cause = self.running.as_mut().and_then(|running| {
            let job = lock(&running.run.job).clone();
            let dumping = job.is_some_and(|job| job.progress().state == JobState::Running);
            let cause = running.stop_cause.take();
            cause.or(dumping.then_some(StateReason::Dumping))
        });
        match cause {
            Some(StateReason::IoError) => self.now_paused(StateReason::IoError, SuspendedReason::IoError),
            Some(StateReason::Watchdog) => self.now_paused(StateReason::Watchdog, SuspendedReason::Watchdog),
            Some(StateReason::Panicked) => self.now_paused(StateReason::Panicked, SuspendedReason::Panicked),
            Some(StateReason::Dumping) => self.now_paused(StateReason::Dumping, SuspendedReason::Job),
            _ => self.now_paused(StateReason::Unknown, SuspendedReason::Unknown),
        }
    }

    fn resumed(&mut self) {
        let (state, reason) = {
            let view = self.entry.view();
            (view.state, view.reason)
        };
        match (state, reason) {
            // The start after a guest's own end, which was told as a reboot.
            (DomainState::ShuttingDown | DomainState::Crashed, _) => self.update(|view| {
                view.state = DomainState::Running;
                view.reason = StateReason::Booted;
            }),
            (DomainState::Paused, StateReason::Dumping) => {
                self.now_running(StateReason::Unpaused, ResumedReason::JobOver);
            }
            (DomainState::Paused, _) => self.now_running(StateReason::Unpaused, ResumedReason::Unpaused),
            _ => {}
        }
    }

    /// The guest has ended, and QEMU keeps it until told what to do (`-no-shutdown`); or QEMU itself ends.
    pub(super) async fn shut_down(&mut self, shutdown: &Shutdown) -> Result<()> {
        let Some(running) = self.running.as_mut() else {
            return Ok(());
        };
        if matches!(
            shutdown.reason,
            ShutdownCause::HostSignal | ShutdownCause::HostQmpQuit | ShutdownCause::HostUi
        ) {
            running.end_cause.get_or_insert(StateReason::Destroyed);
            return Ok(());
        }
        if shutdown.reason == ShutdownCause::GuestPanic {
            // The panic's own event tells, and its action is carried out there.
            return Ok(());
        }
        let reboot_pending = std::mem::take(&mut running.record.reboot_pending);
        let Some(live) = self.entry.view().live.clone() else {
            return Ok(());
        };
        let actions = document::actions(&live);
        let action = match &shutdown.reason {
            ShutdownCause::GuestReset => actions.on_reboot,
            _ if reboot_pending => EndAction::Restart,
            _ => actions.on_poweroff,
        };
        // From here on QEMU's own stop and start of the vCPUs are no news.
        self.update(|view| {
            view.state = DomainState::ShuttingDown;
            view.reason = StateReason::Shutdown;
        });
        if action != EndAction::Restart {
            self.publish(DomainChange::ShutdownFinished);
        }
        self.carry_out_end(FollowUp {
            action,
            kept: DomainState::ShuttingDown,
            reason: StateReason::Shutdown,
        })
        .await
    }

    /// The guest is over: what its configuration wants to follow. What is cut off is done when the monitor is had again.
    pub(super) async fn carry_out_end(&mut self, follow_up: FollowUp) -> Result<()> {
        if self.manager.root.only_watches() {
            return Ok(());
        }
        if let Some(running) = self.running.as_mut() {
            running.follow_up = Some(follow_up);
        }
        self.follow_up(follow_up).await?;
        if let Some(running) = self.running.as_mut() {
            running.follow_up = None;
        }
        Ok(())
    }

    async fn follow_up(&mut self, follow_up: FollowUp) -> Result<()> {
        let call = self.follow_up_call();
        match follow_up.action {
            EndAction::Destroy => {
                if let Some(running) = self.running.as_mut() {
                    running.end_cause = Some(if follow_up.reason == StateReason::Shutdown {
                        follow_up.reason
                    } else {
                        StateReason::Crashed
                    });
                }
                // The end of the connection tells that it is done.
                self.tell(&Quit, &call).await.map(drop)
            }
            EndAction::Restart => {
                let record = self.active()?.record.clone();
                self.manager.store.save_run(&record).await?;
                self.tell(&SystemReset, &call).await?;
                // QEMU tells when the vCPUs run again, and so the guest is known to be up.
                self.tell(&Cont, &call).await.map(drop)
            }
            EndAction::Preserve => {
                self.update(|view| {
                    view.state = follow_up.kept;
                    view.reason = follow_up.reason;
                });
                if follow_up.kept == DomainState::Crashed {
                    self.publish(DomainChange::Crashed(follow_up.reason));
                }
                Ok(())
            }
        }
    }

    pub(super) async fn panicked(&mut self, action: &GuestPanicAction, info: String) -> Result<()> {
        let Some(live) = self.entry.view().live.clone() else {
            return Ok(());
        };
        if *action == GuestPanicAction::Run {
            self.publish(DomainChange::Panicked {
                action: PanicAction::Run,
                info,
            });
            return Ok(());
        }
        // QEMU only stops the guest; what is done about the panic is done here, and that is what is told.
        let wanted = document::actions(&live).on_crash;
        let action = if wanted == EndAction::Destroy {
            PanicAction::PowerOff
        } else {
            PanicAction::Pause
        };
        // From here on QEMU's own stop and start of the vCPUs are no news.
        self.update(|view| {
            view.state = DomainState::Crashed;
            view.reason = StateReason::Panicked;
        });
        self.publish(DomainChange::Panicked { action, info });
        self.carry_out_end(FollowUp {
            action: wanted,
            kept: DomainState::Crashed,
            reason: StateReason::Panicked,
        })
        .await
    }

    fn io_error(&mut self, error: &BlockIoError) {
        let action = match error.action {
            BlockErrorAction::Ignore => IoErrorAction::Ignore,
            BlockErrorAction::Stop => IoErrorAction::Pause,
            _ => IoErrorAction::Report,
        };
        if action == IoErrorAction::Pause
            && let Some(running) = self.running.as_mut()
        {
            running.stop_cause = Some(StateReason::IoError);
        }
        let live = self.entry.view().live.clone();
        let named = live.and_then(|live| document::disk_of_event(&live, error));
        let device = named.unwrap_or_else(|| error.node_name.clone().unwrap_or_else(|| error.device.clone()));
        self.publish(DomainChange::IoError {
            device,
            action,
            reason: error.reason.clone(),
        });
    }

    pub(super) fn port_changed(&mut self, id: &str, open: bool) {
        let channel = self
            .entry
            .view()
            .live
            .as_ref()
            .and_then(|live| document::agent_channel(live));
        if channel.is_none_or(|channel| channel.alias != id) {
            return;
        }
        let known = self.entry.view().agent_connected;
        self.update(|view| view.agent_connected = Some(open));
        let agent = self
            .running
            .as_ref()
            .and_then(|running| lock(&running.run.agent).clone());
        if let Some(agent) = agent {
            agent.set_port_open(open);
        }
        if known != Some(open) {
            self.publish(DomainChange::Agent(if open {
                AgentState::Connected
            } else {
                AgentState::Disconnected
            }));
        }
    }

    fn watchdog(&mut self, action: &WatchdogAction) {
        use virt_core::event::WatchdogAction as Told;
        let told = match action {
            WatchdogAction::Reset => Told::Reset,
            WatchdogAction::Shutdown => Told::Shutdown,
            WatchdogAction::Poweroff => Told::PowerOff,
            WatchdogAction::Pause => Told::Pause,
            WatchdogAction::Debug => Told::Debug,
            WatchdogAction::InjectNmi => Told::InjectNmi,
            _ => Told::None,
        };
        if told == Told::Pause
            && let Some(running) = self.running.as_mut()
        {
            running.stop_cause = Some(StateReason::Watchdog);
        }
        self.publish(DomainChange::Watchdog(told));
    }
}

/// Why a machine that does not run does not.
pub(crate) fn paused_because(status: &RunState) -> (StateReason, SuspendedReason) {
    match status {
        RunState::IoError => (StateReason::IoError, SuspendedReason::IoError),
        RunState::Watchdog => (StateReason::Watchdog, SuspendedReason::Watchdog),
        RunState::GuestPanicked => (StateReason::Panicked, SuspendedReason::Panicked),
        RunState::Prelaunch => (StateReason::StartedPaused, SuspendedReason::Paused),
        RunState::Paused => (StateReason::User, SuspendedReason::Paused),
        _ => (StateReason::Unknown, SuspendedReason::Unknown),
    }
}

fn is_reboot(cause: &ShutdownCause) -> bool {
    matches!(
        cause,
        ShutdownCause::GuestReset | ShutdownCause::HostQmpSystemReset
    )
}
