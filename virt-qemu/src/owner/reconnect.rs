//! A guest whose monitor was lost: looked for, and what it does read again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use virt_core::domain::{DomainState, StateReason};
use virt_core::event::ResumedReason;
use virt_core::{CallContext, Result};
use virt_manager::{Embedded as _, OwnerTask as _, unless};

use super::debts::is_cut;
use super::events::paused_because;
use super::run::TRY_AGAIN;
use super::start::learn;
use super::{Known, Owner};
use crate::document;
use crate::process::{Monitor, Seen, look};
use crate::qmp::QmpConnection;
use crate::qmp::commands::balloon::QueryBalloon;
use crate::qmp::commands::machine::{Cont, QueryStatus, RunState};
use crate::qmp::event::{GuestPanicAction, Shutdown, ShutdownCause};

/// How often a monitor that cannot be had is tried again soon, and how soon.
const QUICK_TRIES: u32 = 2;
const QUICKLY: Duration = Duration::from_millis(250);

/// What a machine answered when it was asked what it does.
struct Answered {
    known: Known,
    status: RunState,
    balloon: Option<u64>,
}

impl Owner {
    /// The monitor's connection ended: QEMU did, as a rule. One that lives on is connected again.
    pub(super) async fn monitor_ended(&mut self) -> Result<()> {
        if let Some(running) = self.running.as_mut() {
            running.run.set_away(true);
            running.detach(Instant::now());
        }
        Box::pin(self.find_again()).await
    }

    /// Tries to have the monitor (again), and looks at what the guest does meanwhile.
    pub(super) async fn reconnect(&mut self) {
        if let Err(error) = Box::pin(self.find_again()).await {
            tracing::warn!(domain = %self.name(), %error, "a guest that was found again could not be looked after");
        }
    }

    async fn find_again(&mut self) -> Result<()> {
        let Some(running) = self.running.as_mut() else {
            return Ok(());
        };
        running.look.get_or_insert_with(|| self.manager.root.reach.look());
        let host = Arc::clone(&self.manager.host);
        let seen = if running.record.boot_id == self.manager.root.reach.facts().boot_id {
            let seen = async { Ok(look(host.as_ref(), &running.record, running.run.process).await) };
            unless(&self.preempted, seen).await
        } else {
            // Another boot of the machine: whatever has that number now is another process.
            Ok(Seen::Ended)
        };
        let found = match seen {
            Ok(Seen::Ended) => return self.ended_unseen().await,
            Ok(Seen::Greeted(greeted)) => {
                let live = self.entry.view().live.clone().unwrap_or_default();
                let call = self.follow_up_call();
                let begun = greeted.begin(|qmp| ask(qmp, &live, &call), &call);
                unless(&self.preempted, Box::pin(begun)).await
            }
            Ok(Seen::Nothing(error)) | Err(error) => Err(error),
        };
        match found {
            Ok((monitor, answered)) => self.found(monitor, answered).await,
            Err(error) => {
                tracing::debug!(domain = %self.name(), %error, "the monitor is not to be had yet");
                let cause = self.running.as_ref().and_then(|running| running.end_cause);
                match cause {
                    // It was to end, has closed its monitor, and does not come to its end by itself.
                    Some(cause) if self.manager.is_reachable().await => self.finish(cause).await,
                    _ => {
                        self.not_found().await;
                        Ok(())
                    }
                }
            }
        }
    }

    /// The process is gone: the machine said so.
    async fn ended_unseen(&mut self) -> Result<()> {
        let Some(running) = self.running.as_ref() else {
            return Ok(());
        };
        let unknown = if running.unattended {
            StateReason::Unattended
        } else {
            StateReason::Crashed
        };
        let cause = running.end_cause.unwrap_or(unknown);
        let finished = self.finish(cause).await;
        if let Err(error) = &finished
            && is_cut(error)
        {
            self.not_found().await;
        }
        finished
    }

    /// Nobody can tell yet: the guest is taken to go on, and looked for again.
    async fn not_found(&mut self) {
        let is_there = self.manager.is_reachable().await;
        let Some(running) = self.running.as_mut() else {
            return;
        };
        running.run.set_away(!is_there);
        running.tries = running.tries.saturating_add(1);
        if is_there && running.tries <= QUICK_TRIES {
            // The machine may have been away for a moment.
            running.detach(Instant::now() + QUICKLY);
        } else if is_there {
            // Somebody else holds the monitor, or the process is stopped: the others need not wait for that.
            running.look = None;
            running.detach(Instant::now() + TRY_AGAIN);
        } else {
            running.unattended = true;
            running.tries = 0;
            if let Some(look) = &running.look {
                look.missed();
            }
            running.detach(Instant::now());
        }
    }

    /// The monitor is had again: what was missed is made up for.
    async fn found(&mut self, monitor: Monitor, answered: Answered) -> Result<()> {
        let Some(running) = self.running.as_mut() else {
            return Ok(());
        };
        if let Some(look) = &running.look {
            look.missed();
        }
        if running.unattended {
            running.run.forget_streams();
        }
        running.unattended = false;
        running.tries = 0;
        // What was to end it did not.
        running.end_cause = None;
        running.attach(monitor);
        let taken = self.take_over_state(answered).await;
        if let Some(running) = self.running.as_mut() {
            running.look = None;
        }
        taken
    }

    /// Asks QEMU what the machine does, and takes that over.
    pub(super) async fn read_state_again(&mut self) -> Result<()> {
        let call = self.follow_up_call();
        let qmp = self.active()?.run.qmp()?;
        let live = self.entry.view().live.clone().unwrap_or_default();
        let answered = unless(&self.preempted, ask(qmp, &live, &call)).await?;
        self.take_over_state(answered).await
    }

    async fn take_over_state(&mut self, answered: Answered) -> Result<()> {
        let call = self.follow_up_call();
        self.active()?.run.set_vcpu_threads(answered.known.vcpu_threads);
        if let Some(balloon) = answered.balloon {
            self.update(|view| view.balloon = Some(balloon));
        }
        let live = self.entry.view().live.clone();
        let agent = live.as_deref().and_then(document::agent_channel);
        if let (Some(channel), Some(open)) = (agent, answered.known.agent_connected) {
            self.port_changed(&channel.alias, open);
        }
        let known = self.entry.view().state;
        let follow_up = self.running.as_mut().and_then(|running| running.follow_up.take());
        match (answered.status, follow_up) {
            // What the guest's end asks for was cut off.
            (RunState::Shutdown | RunState::GuestPanicked, Some(follow_up)) => {
                return self.carry_out_end(follow_up).await;
            }
            // The manager died, or was cut off, between making the run known and letting it run.
            (RunState::Prelaunch, _)
                if !self.active()?.record.start_paused && !self.manager.root.only_watches() =>
            {
                self.tell(&Cont, &call).await?;
                if known == DomainState::Running {
                    self.update(|view| view.reason = StateReason::Booted);
                } else {
                    self.now_running(StateReason::Booted, ResumedReason::Unpaused);
                }
            }
            (RunState::Running, _) if known != DomainState::Running => {
                self.now_running(StateReason::Unknown, ResumedReason::Unpaused);
            }
            (RunState::Shutdown, _) if known != DomainState::ShuttingDown => {
                let shutdown = Shutdown {
                    guest: true,
                    reason: ShutdownCause::GuestShutdown,
                };
                return self.shut_down(&shutdown).await;
            }
            (RunState::GuestPanicked, _) if known != DomainState::Crashed => {
                return self.panicked(&GuestPanicAction::Pause, String::new()).await;
            }
            (RunState::Running | RunState::Shutdown | RunState::GuestPanicked, _) => {}
            (status, _) if known == DomainState::Running => {
                let (reason, suspended) = paused_because(&status);
                self.now_paused(reason, suspended);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Asks a machine what it does, in one round trip.
async fn ask(
    qmp: QmpConnection,
    live: &virt_core::model::DomainConfig,
    call: &CallContext,
) -> Result<Answered> {
    let (known, status, balloon) = tokio::join!(
        learn(&qmp, live, call),
        qmp.execute(&QueryStatus, call.deadline),
        qmp.execute(&QueryBalloon, call.deadline),
    );
    Ok(Answered {
        known: known?,
        status: status?.status,
        // Not every guest has one.
        balloon: balloon.ok().map(|balloon| balloon.actual),
    })
}
