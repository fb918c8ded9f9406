//! Looking what became of a container: it may have ended, rebooted, been frozen or started by others.

use std::sync::Arc;

use virt_core::domain::{DomainState, StartOptions, StateReason};
use virt_core::event::{DomainChange, ResumedReason, StartedReason, SuspendedReason};
use virt_core::{ErrorKind, Result};
use virt_manager::document::{EndAction, Kept, end_action};
use virt_manager::{Embedded as _, OwnerTask as _, PresentRun as _};

use super::{Adopted, Owner, Running};
use crate::cgroup::{ContainerGroups, Controller, Hierarchy};
use crate::document::live_document;
use crate::manager::Run;
use crate::tools::{EndCause, Launched, SeenState, end_cause};

/// How much of a log is read for how a run ended.
const LOG_TAIL: u64 = 64 * 1024;

impl Owner {
    /// Looks what there is, and makes known what is new.
    pub(super) async fn look(&mut self) {
        match self.look_again().await {
            Ok(()) => drop(self.looking.take()),
            Err(error) => {
                tracing::debug!(domain = %self.name(), %error, "what became of a container cannot be told now");
                if error.kind() == ErrorKind::ConnectionLost {
                    self.manager.is_reachable().await;
                }
            }
        }
    }

    async fn look_again(&mut self) -> Result<()> {
        let name = self.name();
        let Some(running) = &self.running else {
            return self.look_for_a_start(&name).await;
        };
        let (init, monitor) = (running.run.init, running.monitor);
        if !running.has_ended {
            let launched = self.manager.tools.inspect(init.pid, monitor).await?;
            if launched.is_some_and(|launched| launched.init == init) {
                return self.look_at_freezer().await;
            }
        }
        if let Some(running) = &mut self.running
            && !running.has_ended
        {
            running.has_ended = true;
            if self.cause_of_end().await? == Some(EndCause::Rebooted) && self.ends_with_reboot() {
                return self.end_after_reboot().await;
            }
        }
        // Of one whose configuration others have spoiled its processes tell.
        let state = self.manager.tools.state(&name).await?;
        let (seen, pid) = state.map_or((SeenState::Stopped, None), |state| (state.state, state.init));
        match (seen, pid) {
            (state, Some(pid)) if state.is_up() && pid != init.pid => {
                if self.ends_with_reboot() {
                    // It was quicker than we were.
                    return self.end_after_reboot().await;
                }
                if let Some(launched) = self.manager.tools.inspect(pid, monitor).await? {
                    self.has_rebooted(launched).await;
                }
                Ok(())
            }
            (SeenState::Stopped, _) if self.has_no_monitor().await? => {
                let cause = self.cause_of_end().await?;
                if self.starts_again(cause) {
                    return Box::pin(self.start_again()).await;
                }
                let reason = self.reason_of_end(cause);
                if reason == StateReason::Shutdown {
                    self.publish(DomainChange::ShutdownFinished);
                }
                // liblxc leaves groups of one whose monitor was killed, and of one that ended as soon as it was there.
                let may_leave = matches!(cause, None | Some(EndCause::Exited { killed: false }));
                self.finish(reason, may_leave).await
            }
            // On its way: it is looked at again.
            _ => Ok(()),
        }
    }

    /// Whether liblxc has done with the run.
    async fn has_no_monitor(&self) -> Result<bool> {
        let Some(monitor) = self.running.as_ref().and_then(|running| running.monitor) else {
            return Ok(true);
        };
        let process = self.manager.host.processes().inspect(monitor.pid).await?;
        Ok(process.is_none_or(|process| process.identity != monitor || process.zombie))
    }

    /// Somebody else may have started the container, or removed it.
    async fn look_for_a_start(&mut self, name: &str) -> Result<()> {
        let Some(state) = self.manager.tools.state(name).await? else {
            return Ok(());
        };
        if state.state.is_up()
            && let Some(pid) = state.init
        {
            let Some(launched) = self.manager.tools.inspect(pid, None).await? else {
                return Ok(());
            };
            drop(self.read_definition_again().await);
            self.adopt(Adopted {
                launched,
                live: None,
                begun: None,
                is_on_disk: false,
                auto_destroy: false,
            });
            self.publish(DomainChange::Started(StartedReason::Booted));
            return self.look_at_freezer().await;
        }
        if state.state == SeenState::Stopped
            && self.native.is_some()
            && self.manager.store.read_config(name).await?.is_none()
        {
            self.update(|view| {
                view.inactive = None;
                view.visible = false;
            });
            self.publish(DomainChange::Undefined);
        }
        Ok(())
    }

    /// Takes over a run.
    pub(super) fn adopt(&mut self, adopted: Adopted) {
        let groups = ContainerGroups::parse(&self.manager.groups(), &adopted.launched.groups);
        let facts = self.manager.facts();
        let run = Arc::new(Run::new(
            adopted.launched.init,
            groups,
            adopted.auto_destroy,
            &facts,
        ));
        let is_frozen = adopted.launched.is_frozen;
        let live = adopted.live.or_else(|| self.live_of_definition());
        self.running = Some(Running {
            run: Arc::clone(&run),
            monitor: adopted.launched.monitor,
            has_ended: false,
            end_cause: None,
            live_differs: adopted.is_on_disk,
            begun: adopted.begun.or_else(|| live.clone()),
        });
        self.update(|view| {
            view.live = live;
            view.run = Some(run);
            // What goes into a container needs nobody in it.
            view.agent_connected = Some(true);
            (view.state, view.reason) = if is_frozen {
                (DomainState::Paused, StateReason::User)
            } else {
                (DomainState::Running, StateReason::Booted)
            };
        });
    }

    /// The document of a run that was begun by the definition.
    fn live_of_definition(&self) -> Option<Kept> {
        let kept = {
            let view = self.entry.view();
            view.inactive.clone().or_else(|| view.origin.clone())
        };
        let config = kept?.config().ok()?;
        Some(Kept::new(&live_document(&config, self.entry.uuid())))
    }

    /// The monitor has started the container anew: one event, not a stop and a start.
    async fn has_rebooted(&mut self, launched: Launched) {
        let Some(running) = &mut self.running else { return };
        let groups = ContainerGroups::parse(&self.manager.groups(), &launched.groups);
        let facts = self.manager.facts();
        running.run.disconnect();
        let run = Arc::new(Run::new(
            launched.init,
            groups,
            running.run.auto_destroy(),
            &facts,
        ));
        running.run = Arc::clone(&run);
        running.monitor = launched.monitor.or(running.monitor);
        running.has_ended = false;
        let (begun, differed) = (running.begun.clone(), running.live_differs);
        if let (Some(begun), true) = (&begun, differed)
            && !self.manager.root.only_watches()
            && let Err(error) = self.save_live(begun).await
        {
            tracing::warn!(domain = %self.name(), %error, "the document of a run could not be written");
        }
        self.update(|view| {
            // What was plugged into the boot before is gone with it.
            view.live = begun.or_else(|| view.live.take());
            view.run = Some(run);
            view.state = DomainState::Running;
            view.reason = StateReason::Booted;
        });
        self.publish(DomainChange::Rebooted);
    }

    /// A reboot is the end of the run, as the document wants it.
    async fn end_after_reboot(&mut self) -> Result<()> {
        let (call, name) = (self.own_call("reboot"), self.name());
        let is_swept = self.kill(&call, &name, StateReason::Shutdown).await?;
        self.publish(DomainChange::ShutdownFinished);
        self.finish(StateReason::Shutdown, is_swept).await
    }

    /// Whether the document wants a reboot to be the end.
    fn ends_with_reboot(&self) -> bool {
        let wanted = self.wanted(|config| end_action(config.on_reboot.as_ref(), EndAction::Restart));
        wanted == Some(EndAction::Destroy) && !self.manager.root.only_watches()
    }

    /// Whether others have frozen it, or let it go on.
    pub(super) async fn look_at_freezer(&mut self) -> Result<()> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        let Some((hierarchy, directory)) = running.run.groups.of(Controller::Freezer) else {
            return Ok(());
        };
        let file = match hierarchy {
            Hierarchy::V1 => "freezer.state",
            Hierarchy::V2 => "cgroup.freeze",
        };
        let content = self
            .manager
            .host
            .files()
            .read(&format!("{directory}/{file}"))
            .await?;
        let is_frozen = matches!(content.trim_ascii(), b"FROZEN" | b"FREEZING" | b"1");
        self.is_frozen_now(is_frozen);
        Ok(())
    }

    /// Makes known whether it is frozen, where that is new.
    pub(super) fn is_frozen_now(&self, is_frozen: bool) {
        let (state, reason, change) = if is_frozen {
            (
                DomainState::Paused,
                StateReason::User,
                DomainChange::Suspended(SuspendedReason::Paused),
            )
        } else {
            (
                DomainState::Running,
                StateReason::Unpaused,
                DomainChange::Resumed(ResumedReason::Unpaused),
            )
        };
        if self.state() != state {
            self.update(|view| (view.state, view.reason) = (state, reason));
            self.publish(change);
        }
    }

    /// How the run ended, as liblxc's log says; `None` where it does not.
    async fn cause_of_end(&self) -> Result<Option<EndCause>> {
        let Some(running) = &self.running else {
            return Ok(None);
        };
        let init = running.run.init.pid;
        let log = self.manager.store.layout.log(&self.name());
        match self.manager.host.files().read_tail(&log, LOG_TAIL).await {
            Ok(bytes) => Ok(end_cause(&String::from_utf8_lossy(&bytes), init)),
            Err(error) if error.kind() == ErrorKind::ConnectionLost => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn reason_of_end(&self, cause: Option<EndCause>) -> StateReason {
        let known = self.running.as_ref().and_then(|running| running.end_cause);
        known.unwrap_or(match cause {
            Some(EndCause::Exited { killed: true }) => StateReason::Crashed,
            // Its monitor was killed, or somebody else started it and has the log: what may lie at the place of ours is of
            // another run.
            None => StateReason::Unknown,
            Some(_) => StateReason::Shutdown,
        })
    }

    /// Whether the document wants the container to be started again after such an end of its own.
    fn starts_again(&self, cause: Option<EndCause>) -> bool {
        let was_ours = self
            .running
            .as_ref()
            .is_some_and(|running| running.end_cause.is_some());
        if was_ours || self.manager.root.only_watches() {
            return false;
        }
        let wanted = match cause {
            Some(EndCause::Halted | EndCause::Exited { killed: false }) => {
                self.wanted(|config| end_action(config.on_poweroff.as_ref(), EndAction::Destroy))
            }
            Some(EndCause::Exited { killed: true }) => {
                self.wanted(|config| end_action(config.on_crash.as_ref(), EndAction::Destroy))
            }
            // liblxc up to 5.0.2 at least cannot start a container anew while its console is open, and ends it instead.
            Some(EndCause::Rebooted) => {
                self.wanted(|config| end_action(config.on_reboot.as_ref(), EndAction::Restart))
            }
            None => None,
        };
        wanted == Some(EndAction::Restart)
    }

    /// Starts it again: one event, as of a reboot.
    async fn start_again(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        running.run.disconnect();
        let mut options = StartOptions::default();
        options.auto_destroy = running.run.auto_destroy();
        match self.launch(&options, None).await {
            Ok(()) => {
                self.publish(DomainChange::Rebooted);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(domain = %self.name(), %error, "a container could not be started again");
                self.running = Some(running);
                self.finish(StateReason::Failed, false).await
            }
        }
    }
}
