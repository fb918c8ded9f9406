//! Saved states: of a guest that is off, and comes back as it was.

use std::sync::Arc;

use uuid::Uuid;

use super::document;
use super::job::{Copying, write};
use super::record::{Record, Run};
use super::world::{Shared, World};
use crate::domain::machine::{Happening, Request};
use crate::domain::{DomainRef, ResumeState, StartOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{StartedReason, StoppedReason};
use crate::job::JobKind;
use crate::model::DomainConfig;

/// The first line of a file that a domain was saved to.
const MAGIC: &str = "virt test driver: saved domain 1";

/// A guest that was saved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SavedGuest {
    pub(super) config: DomainConfig,
    pub(super) state: ResumeState,
    pub(super) booted: bool,
}

impl SavedGuest {
    /// As a file: what it is, then its document.
    fn to_text(&self) -> String {
        let state = match self.state {
            ResumeState::Running => "running",
            ResumeState::Paused => "paused",
        };
        let booted = if self.booted { "booted" } else { "booting" };
        format!("{MAGIC}\n{state} {booted}\n{}", self.config.to_xml())
    }

    /// From a file.
    pub(super) fn parse(content: &[u8]) -> Result<Self> {
        let corrupt = || Error::new(ErrorKind::Corrupt, "the file is no saved state of a test domain");
        let text = std::str::from_utf8(content).map_err(|error| corrupt().with_source(error))?;
        let rest = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix('\n'));
        let (line, xml) = rest.and_then(|rest| rest.split_once('\n')).ok_or_else(corrupt)?;
        let (state, booted) = line.split_once(' ').ok_or_else(corrupt)?;
        let config = DomainConfig::from_xml(xml).map_err(|error| corrupt().with_source(error))?;
        Ok(Self {
            config,
            state: match state {
                "running" => ResumeState::Running,
                "paused" => ResumeState::Paused,
                _ => return Err(corrupt()),
            },
            booted: booted == "booted",
        })
    }

    /// With another document, and another state where said.
    pub(super) fn redefined(self, config: &DomainConfig, state: Option<ResumeState>) -> Result<Self> {
        check_same(&self.config, config)?;
        Ok(Self {
            config: document::accept(config)?,
            state: state.unwrap_or(self.state),
            ..self
        })
    }
}

/// Whether a saved guest would find itself in the same machine.
pub(super) fn check_same(saved: &DomainConfig, other: &DomainConfig) -> Result<()> {
    let differs = if saved.name != other.name {
        "the name"
    } else if other.uuid.is_some() && saved.uuid != other.uuid {
        "the uuid"
    } else if saved.memory.as_ref().map(|memory| memory.size)
        != other.memory.as_ref().map(|memory| memory.size)
    {
        "the memory"
    } else if saved.vcpu.as_ref().map(|vcpu| vcpu.count) != other.vcpu.as_ref().map(|vcpu| vcpu.count) {
        "the number of vCPUs"
    } else {
        return Ok(());
    };
    let message = format!("{differs} is another one than that of the saved guest");
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

/// Where a guest is saved to.
#[derive(Debug, Clone)]
pub(super) enum SavePlace {
    File(String),
    Managed,
}

/// A domain that is being saved.
pub(super) struct Saving {
    copying: Copying,
    saved: SavedGuest,
    place: SavePlace,
}

impl Saving {
    pub(super) fn job(&self) -> crate::job::Job {
        self.copying.job.clone()
    }
}

impl World {
    /// Begins to save a domain: its guest stands still until it is over.
    pub(super) fn begin_saving(
        &mut self,
        domain: Uuid,
        config: Option<DomainConfig>,
        state: Option<ResumeState>,
        place: SavePlace,
    ) -> Result<Saving> {
        let record = self.record(domain)?;
        if record.definition.is_none() && matches!(place, SavePlace::Managed) {
            let message = "the domain is transient: there is no next start to keep its state for";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        record.admit(Request::Save)?;
        let moving = record.is_moving();
        let run = self.record_mut(domain)?.running()?;
        let now = run.config.inactive();
        let saved = SavedGuest {
            config: match config {
                Some(config) => {
                    check_same(&now, &config)?;
                    config
                }
                None => now,
            },
            state: state.unwrap_or(match moving {
                true => ResumeState::Running,
                false => ResumeState::Paused,
            }),
            booted: run.booted,
        };
        let copying = self.begin_copying(domain, JobKind::Save, Request::Save)?;
        self.hold_for_job(domain);
        Ok(Saving {
            copying,
            saved,
            place,
        })
    }

    /// Starts a domain from where it was saved.
    pub(super) fn restore(&mut self, mut saved: SavedGuest, state: Option<ResumeState>) -> Result<DomainRef> {
        let uuid = self.identify(&saved.config)?;
        saved.config.uuid = Some(uuid);
        if let Some(record) = self.domains.get(&uuid) {
            record.admit(Request::Start)?;
        }
        let name = saved.config.name.clone();
        let record = self.domains.or_insert_with(uuid, || Record::new(uuid, name));
        let reference = record.reference();
        let paused = state.unwrap_or(saved.state) == ResumeState::Paused;
        self.resume_run(
            uuid,
            saved.config,
            saved.booted,
            (StartedReason::Restored, paused),
        );
        Ok(reference)
    }

    /// Starts a run that goes on where another one was.
    pub(super) fn resume_run(
        &mut self,
        domain: Uuid,
        config: DomainConfig,
        booted: bool,
        (reason, paused): (StartedReason, bool),
    ) {
        let id = self.next_id();
        if let Some(record) = self.domains.get_mut(&domain) {
            let mut run = Run::new(id, config, &StartOptions::default());
            run.booted = booted;
            record.run = Some(run);
            record.guest.power_on();
        }
        self.happen(domain, Happening::Started { reason, paused });
        self.set_agent_presence(domain);
    }
}

impl Saving {
    /// Carries it to its end.
    pub(super) async fn carry_out(self, shared: Arc<Shared>) {
        let domain = self.copying.domain;
        let mut result = self.copying.all().await;
        if let (Ok(()), SavePlace::File(path)) = (&result, &self.place) {
            result = write(&shared, path, self.saved.to_text().as_bytes()).await;
        }
        shared.with(|world| {
            let done = result.is_ok();
            world.end_job(domain, !done);
            if !done {
                return;
            }
            if let (SavePlace::Managed, Ok(record)) = (&self.place, world.record_mut(domain)) {
                record.managed_save = Some(self.saved.clone());
            }
            world.happen(domain, Happening::Ended(StoppedReason::Saved));
        });
        self.copying.finish(result);
    }
}

/// Writes a changed file.
pub(super) async fn rewrite(shared: &Shared, path: &str, saved: &SavedGuest) -> Result<()> {
    write(shared, path, saved.to_text().as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ByteSize;

    #[test]
    fn a_saved_guest_is_read_as_it_was_written_and_anything_else_is_refused() {
        let config = DomainConfig::builder("d")
            .memory(ByteSize::mib(64))
            .build()
            .unwrap();
        let saved = SavedGuest {
            config,
            state: ResumeState::Paused,
            booted: true,
        };
        let text = saved.to_text();
        assert_eq!(SavedGuest::parse(text.as_bytes()).unwrap(), saved);
        for bad in [
            "".to_owned(),
            text.replace("paused", "asleep"),
            text.replace("<domain", "<dom"),
            text.replace(MAGIC, "LibvirtQemudSave"),
        ] {
            assert_eq!(
                SavedGuest::parse(bad.as_bytes()).unwrap_err().kind(),
                ErrorKind::Corrupt
            );
        }
    }
}
