//! The end of a run.

use std::time::Duration;

use virt_core::domain::{DomainState, StateReason};
use virt_core::event::DomainChange;
use virt_core::host::{Command, HostOp, HostReply};
use virt_core::model::DomainConfig;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::{OwnerTask as _, PresentRun as _, stopped};

use super::Owner;
use crate::cgroup::{ContainerGroups, Controller};

/// How long the monitor of a container that was killed may take to be done with it.
const DONE: Duration = Duration::from_secs(10);
/// How often what is in a control group is waited for, and how long: what was killed ends when it is thawed.
const SWEEPS: u32 = 20;
const SWEEP_AGAIN: Duration = Duration::from_millis(25);
/// How long liblxc may take to kill a container, before it is taken to wait for one that somebody has frozen just then:
/// what is frozen does not die.
const STUCK: Duration = Duration::from_secs(3);

impl Owner {
    /// Ends the domain, whatever is being done on it.
    pub(super) async fn end(&mut self, call: &CallContext, graceful: bool) -> Result<()> {
        self.active()?;
        if graceful {
            return self.end_gracefully(call).await;
        }
        self.destroy_because(call, StateReason::Destroyed).await
    }

    pub(super) async fn destroy_because(&mut self, call: &CallContext, reason: StateReason) -> Result<()> {
        let name = self.name();
        let is_swept = self.kill(call, &name, reason).await?;
        self.finish(reason, is_swept).await
    }

    /// Ends the container at once. Whether liblxc may have left something of it.
    pub(super) async fn kill(&mut self, call: &CallContext, name: &str, reason: StateReason) -> Result<bool> {
        let (was_ending, cause) = {
            let running = self.active()?;
            (running.has_ended, running.end_cause)
        };
        if let Some(running) = &mut self.running {
            running.end_cause = cause.or(Some(reason));
        }
        let ended = self.kill_and_wait(call, name, was_ending).await;
        if ended.is_err()
            && let Some(running) = &mut self.running
        {
            // An end that follows is its own.
            running.end_cause = cause;
        }
        ended
    }

    async fn kill_and_wait(&self, call: &CallContext, name: &str, was_ending: bool) -> Result<bool> {
        // Whoever freezes it again and again does not keep it from its end.
        self.thawing(name, self.kill_until_it_is_gone(call, name, was_ending))
            .await
    }

    async fn kill_until_it_is_gone(&self, call: &CallContext, name: &str, was_ending: bool) -> Result<bool> {
        // Carried through even when the caller has no time left for it.
        let killed = match tokio::time::timeout(STUCK, self.manager.tools.kill(name)).await {
            Ok(killed) => killed.map_err(|error| error.with_outcome(Outcome::Unknown))?,
            Err(_) => false,
        };
        if !killed {
            self.end_abandoned(call).await?;
        }
        if !killed || was_ending {
            self.monitor_is_done(call).await?;
        }
        Ok(!killed)
    }

    /// Asks the container to end, and never kills it.
    async fn end_gracefully(&mut self, call: &CallContext) -> Result<()> {
        let name = self.name();
        if self.state() == DomainState::Paused {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the container is paused and cannot end by itself: resume it first",
            ));
        }
        self.manager.tools.halt_and_wait(&name, call).await?;
        if let Some(running) = &mut self.running {
            running.end_cause.get_or_insert(StateReason::Destroyed);
        }
        self.monitor_is_done(call).await?;
        self.finish(StateReason::Destroyed, false).await
    }

    /// Waits until liblxc has done with the run.
    pub(super) async fn monitor_is_done(&self, call: &CallContext) -> Result<()> {
        let Some(monitor) = self.running.as_ref().and_then(|running| running.monitor) else {
            return Ok(());
        };
        let patient = CallContext::new(call.operation, call.class, DONE);
        let ended = self.manager.host.processes().wait_exit(monitor);
        patient.bound(Outcome::Unknown, ended).await
    }

    /// The run is over: what is left of it is removed, and everybody told. `swept` where liblxc may have left something.
    pub(super) async fn finish(&mut self, reason: StateReason, swept: bool) -> Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        running.run.disconnect();
        let name = self.name();
        if !self.manager.root.only_watches() {
            let groups = running.run.groups.clone();
            let has_group = self
                .remove_traces(&name, group_of(&groups))
                .await
                .unwrap_or_else(|error| {
                    // It has ended all the same; the next open removes what is left.
                    tracing::warn!(domain = %name, %error, "what a run left could not be removed");
                    false
                });
            if swept || has_group {
                self.remove_groups(&name, Some(&groups)).await;
            }
        }
        self.update(|view| view.shut_off(reason));
        self.is_over();
        self.publish(DomainChange::Stopped(stopped(reason)));
        Ok(())
    }

    /// Removes what is known of a run that is over. Whether its control group is still there: a program that was to go
    /// into the container just when others froze it is, until it is thawed.
    async fn remove_traces(&self, name: &str, group: Option<String>) -> Result<bool> {
        let is_transient = self.entry.view().inactive.is_none();
        let store = &self.manager.store;
        let mut ops = Vec::new();
        if is_transient {
            store.remove(name).await?;
        } else {
            ops = store.remove_run(name);
        }
        ops.extend(group.map(|path| HostOp::Stat { path }));
        let replies = store.all(ops).await?;
        Ok(matches!(replies.last(), Some(HostReply::Stat(Some(_)))))
    }

    /// Removes control groups that liblxc has left: those of a start that failed, and of a monitor that was killed. What is
    /// in that of a run was killed, and ends when it is thawed: that is waited for.
    pub(super) async fn remove_groups(&self, name: &str, run: Option<&ContainerGroups>) {
        self.sweep_groups(name).await;
        let Some((groups, own)) = run.and_then(|groups| Some((groups, group_of(groups)?))) else {
            return;
        };
        for _ in 0..SWEEPS {
            if !matches!(self.manager.host.files().stat(&own).await, Ok(Some(_))) {
                return;
            }
            if let Err(error) = self.thaw_run(groups).await {
                tracing::debug!(domain = %name, %error, "a control group could not be thawed");
            }
            tokio::time::sleep(SWEEP_AGAIN).await;
            self.sweep_groups(name).await;
        }
    }

    async fn sweep_groups(&self, name: &str) {
        let groups = self.manager.groups();
        let mounts = groups.mounts();
        if mounts.is_empty() {
            return;
        }
        // Its own, and those with a number since one of its name was there already. What is used cannot be removed.
        let mut command = Command::new("find").args(mounts).args([
            "-mindepth",
            "1",
            "-maxdepth",
            "2",
            "-depth",
            "-type",
            "d",
        ]);
        let pattern = literal(name);
        let paths = ["monitor", "payload"].map(|what| {
            [
                format!("*/lxc.{what}.{pattern}"),
                format!("*/lxc.{what}.{pattern}-[0-9]*"),
                format!("*/lxc.{what}.{pattern}/.lxc"),
            ]
        });
        command = command.arg("(");
        for (index, path) in paths.into_iter().flatten().enumerate() {
            if index > 0 {
                command = command.arg("-o");
            }
            command = command.arg("-path").arg(path);
        }
        command = command.arg(")");
        // Whose name looks like one of ours with a number.
        let others = self
            .manager
            .root
            .registry
            .everyone()
            .into_iter()
            .map(|entry| entry.name());
        for other in others.filter(|other| other != name && other.starts_with(name)) {
            for what in ["monitor", "payload"] {
                command = command.args(["!", "-path", &format!("*/lxc.{what}.{}", literal(&other))]);
            }
        }
        command = command.args(["-exec", "rmdir", "{}", ";"]);
        if let Err(error) = self.manager.host.processes().run(command).await {
            tracing::debug!(domain = %name, %error, "control groups could not be removed");
        }
    }

    /// What the document of the run that is, or of the next one, says.
    pub(super) fn wanted<T>(&self, read: impl FnOnce(&DomainConfig) -> T) -> Option<T> {
        let kept = {
            let view = self.entry.view();
            view.live.clone().or_else(|| view.inactive.clone())
        };
        kept.and_then(|kept| kept.config().ok())
            .map(|config| read(&config))
    }

    /// A call on our own account.
    pub(super) fn own_call(&self, operation: &'static str) -> CallContext {
        self.manager.root.own_call(operation, CallClass::Change)
    }
}

/// The group of a run, by which it is told whether any is left.
fn group_of(groups: &ContainerGroups) -> Option<String> {
    groups
        .of(Controller::Freezer)
        .map(|(_, directory)| directory.to_owned())
}

/// A name as a pattern of `find` that means nothing but it.
fn literal(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for letter in name.chars() {
        if matches!(letter, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}
