//! What is asked of a domain that lives, or is to live.

use uuid::Uuid;

use crate::domain::machine::{Admission, Happening, Request};
use crate::domain::{ConfigScope, ResumeState, ShutdownMode, StartOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{ResumedReason, StoppedReason, SuspendedReason};
use crate::model::ByteSize;
use crate::test::document;
use crate::test::guest::AgentBehaviour;
use crate::test::life::Later;
use crate::test::record::Record;
use crate::test::world::World;

impl World {
    pub(in crate::test) fn start(&mut self, domain: Uuid, options: &StartOptions) -> Result<()> {
        let record = self.record_mut(domain)?;
        record.admit(Request::Start)?;
        if let Some(saved) = record.managed_save.take().filter(|_| !options.force_boot) {
            let state = options.paused.then_some(ResumeState::Paused);
            return self.restore(saved, state).map(drop);
        }
        let Some(definition) = record.definition.clone() else {
            return Err(Error::new(
                ErrorKind::Internal,
                "a domain without run and definition",
            ));
        };
        self.start_run(domain, definition, options);
        Ok(())
    }

    pub(super) fn shutdown(&mut self, domain: Uuid, mode: ShutdownMode) -> Result<()> {
        let record = self.record(domain)?;
        if record.admit(Request::Shutdown)? == Admission::Proceed {
            check_way(record, mode)?;
            self.ask_guest(domain, Later::PowerOff);
        }
        Ok(())
    }

    pub(super) fn reboot(&mut self, domain: Uuid, mode: ShutdownMode) -> Result<()> {
        let record = self.record(domain)?;
        record.admit(Request::Reboot)?;
        check_way(record, mode)?;
        self.ask_guest(domain, Later::Reboot);
        Ok(())
    }

    pub(super) fn reset(&mut self, domain: Uuid) -> Result<()> {
        self.record(domain)?.admit(Request::Reset)?;
        self.happen(domain, Happening::Reset);
        Ok(())
    }

    pub(super) fn destroy(&mut self, domain: Uuid) -> Result<()> {
        self.record(domain)?.admit(Request::Destroy)?;
        self.lanes.preempt(domain);
        self.happen(domain, Happening::Ended(StoppedReason::Destroyed));
        Ok(())
    }

    pub(super) fn suspend(&mut self, domain: Uuid) -> Result<()> {
        if self.record(domain)?.admit(Request::Suspend)? == Admission::Proceed {
            self.happen(domain, Happening::VcpusStopped(SuspendedReason::Paused));
        }
        Ok(())
    }

    pub(super) fn resume(&mut self, domain: Uuid) -> Result<()> {
        if self.record(domain)?.admit(Request::Resume)? == Admission::Proceed {
            self.happen(domain, Happening::VcpusRun(ResumedReason::Unpaused));
        }
        Ok(())
    }

    pub(super) fn set_memory(&mut self, domain: Uuid, size: ByteSize, scope: ConfigScope) -> Result<()> {
        let record = self.record(domain)?;
        let (live, inactive) = scope.resolve(record.machine.is_active(), record.definition.is_some())?;
        let inactive_profile = record.definition.as_ref().map(document::Profile::of);
        for (concerned, profile) in [(live, Some(record.profile())), (inactive, inactive_profile)] {
            if let (true, Some(profile)) = (concerned, profile) {
                check_size(size, profile.max_memory)?;
            }
        }
        if live {
            record.admit(Request::SetLiveMemory)?;
            if !record.profile().has_balloon {
                let message = "the domain has no memory balloon: change its definition, or add <memballoon>";
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
            if let Some(after) = record.guest.behaviour.balloon_time {
                self.later(domain, after, Later::Balloon(size));
            }
        }
        if inactive {
            self.edit(domain, ConfigScope::Config, |config| {
                document::set_memory(config, size);
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Whether a domain can have this much.
pub(super) fn check_size(size: ByteSize, maximum: ByteSize) -> Result<()> {
    let message = if size.is_zero() {
        "a domain's memory is not 0".to_owned()
    } else if size > maximum {
        format!("{size} is more than the domain's maximum of {maximum}")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, message))
}

/// Whether the guest can be asked this way.
fn check_way(record: &Record, mode: ShutdownMode) -> Result<()> {
    let connected = record.run.as_ref().is_some_and(|run| run.agent_connected);
    let answers = connected && record.is_moving() && record.guest.behaviour.agent == AgentBehaviour::Answers;
    if mode == ShutdownMode::Agent && !answers {
        let message = "nobody answers on the guest agent's channel: try ShutdownMode::Acpi";
        return Err(Error::new(ErrorKind::AgentUnavailable, message));
    }
    Ok(())
}
