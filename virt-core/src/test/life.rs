//! How domains live: what follows when something happens to them, at once and after a while.

use std::time::Duration;

use uuid::Uuid;

use super::guest::UnplugBehaviour;
use super::record::{Epoch, Record, Run};
use super::world::World;
use crate::domain::StartOptions;
use crate::domain::machine::{Duty, Happening};
use crate::event::{AgentState, DomainChange, StartedReason, StoppedReason};
use crate::model::{ByteSize, DomainConfig};

/// Something that happens in a guest after a while, if it is still the same run and boot then.
#[derive(Debug, Clone)]
pub(super) struct Timer {
    pub(super) after: Duration,
    domain: Uuid,
    epoch: Epoch,
    then: Later,
}

/// What a guest does by and by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Later {
    /// It has booted: its agent and its console are there.
    Boot,
    /// It powers off.
    PowerOff,
    /// It reboots.
    Reboot,
    /// Its balloon has this size.
    Balloon(ByteSize),
    /// It lets go of the device of this alias.
    Unplug(String),
}

impl World {
    /// Starts a run of a domain that has none.
    pub(super) fn start_run(&mut self, domain: Uuid, config: DomainConfig, options: &StartOptions) {
        let id = self.next_id();
        if let Some(record) = self.domains.get_mut(&domain) {
            record.run = Some(Run::new(id, config, options));
            record.guest.power_on();
            if let Some(run) = &record.run {
                run.print(b"booting\r\n");
            }
        }
        let reason = StartedReason::Booted;
        self.happen(
            domain,
            Happening::Started {
                reason,
                paused: options.paused,
            },
        );
    }

    /// Something happened to a domain: its state follows, everybody is told, and what its policy wants is done.
    pub(super) fn happen(&mut self, domain: Uuid, happening: Happening) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let starts_anew = matches!(happening, Happening::Reset | Happening::Rebooted);
        let was_active = record.machine.is_active();
        let step = record.machine.follow(happening, record.policy());
        let is_active = record.machine.is_active();
        let moving = record.is_moving();
        if let Some(run) = &mut record.run {
            run.set_moving(moving);
        }
        record.set_reading();
        for change in step.changes {
            self.publish(domain, change);
        }
        if starts_anew && is_active && step.duty == Duty::Nothing {
            self.forget_boot(domain);
        }
        match step.duty {
            Duty::Nothing => {}
            Duty::End(reason) => self.happen(domain, Happening::Ended(reason)),
            Duty::StartAgain => self.happen(domain, Happening::Reset),
            Duty::DumpThenEnd => {
                self.dump_after_crash(domain);
                self.happen(domain, Happening::Ended(StoppedReason::Crashed));
            }
            Duty::DumpThenStartAgain => {
                self.dump_after_crash(domain);
                self.happen(domain, Happening::Reset);
            }
        }
        if was_active && !is_active {
            self.end_run(domain);
        } else if moving {
            self.go_on(domain);
        }
    }

    /// What a moving guest has still to do: boot, and what it was asked while it stood still.
    pub(super) fn go_on(&mut self, domain: Uuid) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let pending = record.guest.take_pending();
        let unplugs = std::mem::take(&mut record.guest.unplugs);
        let boot_time = record.guest.behaviour.boot_time;
        match &record.run {
            Some(run) if !run.booted => self.later(domain, boot_time, Later::Boot),
            _ => {}
        }
        if let Some(then) = pending {
            self.ask_guest(domain, then);
        }
        for device in unplugs {
            self.ask_to_let_go(domain, device);
        }
    }

    /// Asks the guest to let go of the device of this alias: it answers after a while, once its vCPUs run.
    pub(super) fn ask_to_let_go(&mut self, domain: Uuid, device: String) {
        let Some(record) = self.domains.get(&domain) else {
            return;
        };
        let behaviour = &record.guest.behaviour;
        if behaviour.unplug != UnplugBehaviour::Ignores {
            let after = behaviour.unplug_time;
            self.later(domain, after, Later::Unplug(device));
        }
    }

    /// Asks the guest to power off or to reboot: it does so after a while, once its vCPUs run, unless it ignores it.
    pub(super) fn ask_guest(&mut self, domain: Uuid, then: Later) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let Some(after) = record.guest.behaviour.shutdown_time else {
            return;
        };
        if record.is_moving() {
            self.later(domain, after, then);
        } else {
            record.guest.set_pending(then);
        }
    }

    /// Something happens in the guest after a while.
    pub(super) fn later(&mut self, domain: Uuid, after: Duration, then: Later) {
        let Some(run) = self.domains.get(&domain).and_then(|record| record.run.as_ref()) else {
            return;
        };
        self.timers.push(Timer {
            after,
            domain,
            epoch: run.epoch(),
            then,
        });
    }

    /// The time of a timer has come.
    pub(super) fn ring(&mut self, timer: Timer) {
        let Some(record) = self.domains.get_mut(&timer.domain) else {
            return;
        };
        let is_same = record.run.as_ref().is_some_and(|run| run.epoch() == timer.epoch);
        if !is_same {
            return;
        }
        match timer.then {
            Later::Balloon(size) => self.balloon_moved(timer.domain, size),
            Later::Unplug(alias) if !record.is_moving() => record.guest.unplugs.push(alias),
            Later::Unplug(alias) => self.unplugged(timer.domain, alias),
            // A guest that was stopped meanwhile goes on with its boot when it moves again.
            Later::Boot if record.is_moving() => self.finish_boot(timer.domain),
            Later::Boot => {}
            then @ (Later::PowerOff | Later::Reboot) if !record.is_moving() => record.guest.set_pending(then),
            Later::PowerOff => self.happen(timer.domain, Happening::PoweredOff),
            Later::Reboot => self.happen(timer.domain, Happening::Rebooted),
        }
    }

    /// The guest has booted by now.
    pub(super) fn finish_boot(&mut self, domain: Uuid) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let name = record.name().to_owned();
        let Some(run) = &mut record.run else { return };
        if std::mem::replace(&mut run.booted, true) {
            return;
        }
        run.print(format!("\r\n{name} is up\r\n").as_bytes());
        record.set_reading();
        self.lend_addresses(domain);
        self.set_agent_presence(domain);
    }

    /// The agent's channel is open when the guest has booted, has a channel, and its agent is not absent.
    pub(super) fn set_agent_presence(&mut self, domain: Uuid) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let present = record.profile().has_agent_channel && !record.guest.behaviour.agent.is_absent();
        let Some(run) = &mut record.run else { return };
        let connected = present && run.booted;
        if std::mem::replace(&mut run.agent_connected, connected) == connected {
            return;
        }
        let state = if connected {
            AgentState::Connected
        } else {
            AgentState::Disconnected
        };
        self.publish(domain, DomainChange::Agent(state));
    }

    /// The guest begins from its beginning: what the former boot was asked and held open is gone.
    fn forget_boot(&mut self, domain: Uuid) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        record.guest.begin_boot();
        if let Some(run) = &mut record.run {
            run.boots = run.boots.saturating_add(1);
            run.booted = false;
            run.print(b"\r\nbooting\r\n");
        }
        record.set_reading();
        self.set_agent_presence(domain);
    }

    fn balloon_moved(&mut self, domain: Uuid, size: ByteSize) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        let Some(run) = &mut record.run else { return };
        run.memory = size;
        super::document::set_memory(&mut run.config, size);
        let actual_bytes = size.as_bytes();
        self.publish(domain, DomainChange::BalloonChanged { actual_bytes });
    }

    /// The guest has let go of a device, or says that it does not.
    fn unplugged(&mut self, domain: Uuid, device: String) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        if record.guest.behaviour.unplug == UnplugBehaviour::Refuses {
            return self.publish(domain, DomainChange::DeviceRemovalFailed { device });
        }
        let Some(run) = &mut record.run else { return };
        let found = run
            .config
            .devices
            .as_ref()
            .and_then(|devices| devices.by_alias(&device));
        // Asked for twice, it goes once.
        let Some(found) = found else { return };
        if super::document::detach(&mut run.config, &found).is_ok() {
            self.publish(domain, DomainChange::DeviceRemoved { device });
        }
    }

    /// A run is over: a transient domain is gone.
    fn end_run(&mut self, domain: Uuid) {
        let Some(record) = self.domains.get_mut(&domain) else {
            return;
        };
        if let Some(run) = record.run.take() {
            run.end_lines();
        }
        record.guest.power_off();
        record.answers.send_replace(true);
        record.outgoing = None;
        if let Some(job) = record.job.take() {
            job.abandon();
        }
        if record.definition.is_none() {
            self.domains.remove(&domain);
        }
    }

    fn dump_after_crash(&mut self, domain: Uuid) {
        if let Some(record) = self.domains.get_mut(&domain) {
            record.guest.crash_dumps = record.guest.crash_dumps.saturating_add(1);
        }
    }

    /// Destroys the guests that go with the connection.
    pub(super) fn destroy_with_connection(&mut self) {
        let bound = |record: &Record| record.run.as_ref().is_some_and(|run| run.auto_destroy);
        let doomed: Vec<Uuid> = self
            .domains
            .iter()
            .filter(|(_, record)| bound(record))
            .map(|(uuid, _)| *uuid)
            .collect();
        for domain in doomed {
            self.happen(domain, Happening::Ended(StoppedReason::Destroyed));
        }
    }

    /// Ends whatever is open on a guest.
    pub(super) fn end_consoles(&mut self) {
        for run in self.domains.values().filter_map(|record| record.run.as_ref()) {
            run.end_lines();
        }
    }
}
