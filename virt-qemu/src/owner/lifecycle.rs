//! What a running guest is asked or told: shutdown, reboot, reset, suspend, resume.

use std::sync::Arc;
use std::time::Duration;

use virt_core::domain::{DomainState, ShutdownMode, StateReason};
use virt_core::event::{DomainChange, ResumedReason, SuspendedReason};
use virt_core::{CallContext, Error, ErrorKind, Result};
use virt_manager::{OwnerTask as _, unless};

use super::{Owner, Run};
use crate::agent::commands::power::{GuestShutdown, ShutdownMode as AgentShutdown};
use crate::driver::agent_of;
use crate::manager::Entry;
use crate::qmp::commands::machine::{Cont, Stop, SystemPowerdown, SystemReset};
use crate::qmp::{EventKind, QmpEventItem, QmpEvents};

/// How long an agent's shutdown may show no effect before the power button is pressed.
const AGENT_EFFECT: Duration = Duration::from_secs(10);

/// By which way a guest is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Acpi,
    Agent,
}

/// Refuses ways that only containers have.
fn check_mode(mode: ShutdownMode) -> Result<()> {
    match mode {
        ShutdownMode::Signal | ShutdownMode::InitControl => Err(Error::unsupported(
            "only containers are asked by a signal or by their init's control pipe: try ShutdownMode::Acpi",
        )),
        _ => Ok(()),
    }
}

impl Owner {
    pub(super) async fn shutdown(&mut self, call: &CallContext, mode: ShutdownMode) -> Result<()> {
        check_mode(mode)?;
        self.must_respond()?;
        self.set_reboot_pending(false).await?;
        match self.way(mode) {
            Way::Acpi => self.press_power(call).await,
            Way::Agent if mode == ShutdownMode::AgentThenAcpi => {
                match self.ask_agent(call, AgentShutdown::Powerdown).await {
                    Ok(()) => self.press_power_later(),
                    Err(_) => self.press_power(call).await,
                }
            }
            Way::Agent => self.ask_agent(call, AgentShutdown::Powerdown).await,
        }
    }

    pub(super) async fn reboot(&mut self, call: &CallContext, mode: ShutdownMode) -> Result<()> {
        check_mode(mode)?;
        self.must_respond()?;
        match self.way(mode) {
            Way::Agent => match self.ask_agent(call, AgentShutdown::Reboot).await {
                Err(_) if mode == ShutdownMode::AgentThenAcpi => self.reboot_by_power(call).await,
                other => other,
            },
            Way::Acpi => self.reboot_by_power(call).await,
        }
    }

    /// The power button ends the guest; when it has ended it is started from its beginning.
    async fn reboot_by_power(&mut self, call: &CallContext) -> Result<()> {
        self.set_reboot_pending(true).await?;
        let pressed = self.press_power(call).await;
        if pressed.is_err() {
            // A guest that was never asked means its next power-off.
            self.set_reboot_pending(false).await?;
        }
        pressed
    }

    fn way(&self, mode: ShutdownMode) -> Way {
        match mode {
            ShutdownMode::Agent | ShutdownMode::AgentThenAcpi => Way::Agent,
            ShutdownMode::Auto if self.entry.view().agent_connected == Some(true) => Way::Agent,
            _ => Way::Acpi,
        }
    }

    async fn press_power(&self, call: &CallContext) -> Result<()> {
        self.tell(&SystemPowerdown, call).await.map(drop)
    }

    /// Presses the power button when the guest is still up after a while.
    fn press_power_later(&self) -> Result<()> {
        let run = Arc::downgrade(&self.active()?.run);
        let entry = Arc::downgrade(&self.entry);
        drop(self.manager.root.life.runtime().spawn(async move {
            // No event can tell that nothing happens.
            tokio::time::sleep(AGENT_EFFECT).await;
            let (Some(run), Some(entry)) = (run.upgrade(), entry.upgrade()) else {
                return;
            };
            if is_up(&entry, &run)
                && let Ok(qmp) = run.qmp()
            {
                let deadline = tokio::time::Instant::now() + AGENT_EFFECT;
                if let Err(error) = qmp.execute(&SystemPowerdown, deadline).await {
                    tracing::warn!(%error, "the power button could not be pressed");
                }
            }
        }));
        Ok(())
    }

    async fn ask_agent(&self, call: &CallContext, mode: AgentShutdown) -> Result<()> {
        let mut events = self.active()?.run.qmp()?.events();
        let shutdown = GuestShutdown { mode };
        let asked = async {
            let agent = agent_of(&self.manager, &self.entry, call).await?;
            tokio::select! {
                biased;
                asked = agent.execute(&shutdown, call.deadline) => Ok(asked.map(drop)?),
                // A guest that goes down takes its agent with it, often before that has answered.
                () = goes_down(&mut events) => Ok(()),
            }
        };
        unless(&self.preempted, asked).await
    }

    /// Remembers, also over a crash of this manager, what the guest's next power-off means.
    async fn set_reboot_pending(&mut self, pending: bool) -> Result<()> {
        let manager = Arc::clone(&self.manager);
        let Some(running) = self.running.as_mut() else {
            return Ok(());
        };
        if running.record.reboot_pending != pending {
            let mut record = running.record.clone();
            record.reboot_pending = pending;
            manager.store.save_run(&record).await?;
            running.record = record;
        }
        Ok(())
    }

    pub(super) async fn reset(&mut self, call: &CallContext) -> Result<()> {
        self.tell(&SystemReset, call).await?;
        // A guest that had ended or crashed, and was kept, runs again.
        let state = self.entry.view().state;
        if matches!(state, DomainState::Crashed | DomainState::ShuttingDown) {
            self.tell(&Cont, call).await?;
            self.now_running(StateReason::Booted, ResumedReason::Unpaused);
        }
        Ok(())
    }

    pub(super) async fn suspend(&mut self, call: &CallContext) -> Result<()> {
        self.active()?.run.qmp()?;
        match self.entry.view().state {
            DomainState::Paused => return Ok(()),
            DomainState::Running => {}
            state => return Err(refuse(state, "suspended")),
        }
        self.tell(&Stop, call).await?;
        self.now_paused(StateReason::User, SuspendedReason::Paused);
        Ok(())
    }

    pub(super) async fn resume(&mut self, call: &CallContext) -> Result<()> {
        self.active()?.run.qmp()?;
        let (state, reason) = {
            let view = self.entry.view();
            (view.state, view.reason)
        };
        match state {
            DomainState::Running => return Ok(()),
            DomainState::Paused => {}
            DomainState::PmSuspended => {
                let wakeup = crate::qmp::commands::machine::SystemWakeup;
                return self.tell(&wakeup, call).await.map(drop);
            }
            state => return Err(refuse(state, "resumed")),
        }
        self.tell(&Cont, call).await?;
        let now = if reason == StateReason::StartedPaused {
            StateReason::Booted
        } else {
            StateReason::Unpaused
        };
        self.now_running(now, ResumedReason::Unpaused);
        Ok(())
    }

    /// The vCPUs stand still.
    pub(super) fn now_paused(&self, reason: StateReason, suspended: SuspendedReason) {
        self.update(|view| {
            view.state = DomainState::Paused;
            view.reason = reason;
        });
        self.publish(DomainChange::Suspended(suspended));
    }

    /// A guest whose vCPUs stand still hears neither button nor agent.
    fn must_respond(&self) -> Result<()> {
        self.active()?;
        match self.entry.view().state {
            DomainState::Running | DomainState::PmSuspended => Ok(()),
            state => Err(refuse(state, "asked for anything")),
        }
    }
}

/// Waits until QEMU tells that the guest goes down, or closes a port. Never ends when the monitor does: the end of the
/// agent's channel tells then.
async fn goes_down(events: &mut QmpEvents) {
    while let Some(item) = events.next().await {
        let QmpEventItem::Event(event) = item else {
            continue;
        };
        match &event.kind {
            EventKind::Shutdown(_) | EventKind::Reset(_) => return,
            EventKind::PortChange(port) if !port.open => return,
            _ => {}
        }
    }
    std::future::pending().await
}

fn is_up(entry: &Entry, run: &Arc<Run>) -> bool {
    let view = entry.view();
    view.state == DomainState::Running && view.run.as_ref().is_some_and(|now| Arc::ptr_eq(now, run))
}

fn refuse(state: DomainState, what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!("the domain is {state}: it cannot be {what}"),
    )
}
