//! What a test makes one guest do.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::guest::{Activity, AgentBehaviour, GuestBehaviour};
use super::record::Record;
use super::world::{Shared, World};
use crate::agent::{GuestAddress, GuestUser};
use crate::domain::KeyCodes;
use crate::domain::machine::Happening;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{DomainChange, IoErrorAction, StoppedReason, SuspendedReason, WatchdogAction};

/// Makes one guest of a `test:///` connection behave, or misbehave. What it does, it does at once.
///
/// # Errors
/// Its methods answer `NotFound` when the domain is gone, and those that need a run `InvalidState` when it has none.
#[derive(Clone)]
pub struct GuestControl {
    shared: Arc<Shared>,
    domain: Uuid,
}

impl GuestControl {
    pub(super) fn new(shared: Arc<Shared>, domain: Uuid) -> Self {
        Self { shared, domain }
    }

    /// How it behaves.
    pub fn behaviour(&self) -> Result<GuestBehaviour> {
        self.record(|record| record.guest.behaviour.clone())
    }

    /// Changes how it behaves, from now on and over its runs.
    pub fn set_behaviour(&self, behaviour: GuestBehaviour) -> Result<()> {
        let agent = behaviour.agent;
        self.record(|record| {
            record.guest.behaviour = behaviour;
            record.set_reading();
        })?;
        self.set_agent(agent)
    }

    /// Changes how its agent behaves: that is what [`set_behaviour`](Self::set_behaviour) does for the agent alone.
    pub fn set_agent(&self, agent: AgentBehaviour) -> Result<()> {
        self.record(|record| record.guest.set_agent(agent))?;
        self.shared.with(|world| world.set_agent_presence(self.domain));
        Ok(())
    }

    /// It ignores requests to shut down and to reboot, or follows them again.
    pub fn ignore_shutdown(&self, ignores: bool) -> Result<()> {
        let usual = GuestBehaviour::default().shutdown_time;
        self.record(|record| {
            record.guest.behaviour.shutdown_time = if ignores { None } else { usual };
        })
    }

    /// Its hypervisor answers nothing any more, or does so again: changes of its run hang, its statistics are missing,
    /// `destroy` and what the manager knows by itself still work.
    pub fn hang(&self, hangs: bool) -> Result<()> {
        self.record(|record| record.answers.send_replace(!hangs))
            .map(drop)
    }

    /// It powers off by itself: `<on_poweroff>` is followed.
    pub fn power_off(&self) -> Result<()> {
        self.happen(Happening::PoweredOff)
    }

    /// It reboots by itself: `<on_reboot>` is followed.
    pub fn reboot(&self) -> Result<()> {
        self.happen(Happening::Rebooted)
    }

    /// It reports a panic, with this information (JSON text, or nothing): `<on_crash>` is followed.
    pub fn panic(&self, info: impl Into<String>) -> Result<()> {
        self.happen(Happening::Panicked { info: info.into() })
    }

    /// Its hypervisor's process dies.
    pub fn die(&self) -> Result<()> {
        self.happen(Happening::Ended(StoppedReason::Crashed))
    }

    /// It puts itself to sleep.
    pub fn sleep(&self) -> Result<()> {
        self.happen(Happening::Slept)
    }

    /// It wakes up.
    pub fn wake(&self) -> Result<()> {
        self.happen(Happening::Woke)
    }

    /// An image cannot be read or written; it is paused when the action says so.
    pub fn io_error(&self, device: &str, action: IoErrorAction, reason: &str) -> Result<()> {
        let change = DomainChange::IoError {
            device: device.to_owned(),
            action,
            reason: reason.to_owned(),
        };
        self.run(|world| {
            world.publish(self.domain, change);
            if action == IoErrorAction::Pause {
                world.happen(self.domain, Happening::VcpusStopped(SuspendedReason::IoError));
            }
        })
    }

    /// Its watchdog runs out, and this is done about it.
    pub fn watchdog(&self, action: WatchdogAction) -> Result<()> {
        self.run(|world| {
            world.publish(self.domain, DomainChange::Watchdog(action));
            match action {
                WatchdogAction::Pause => {
                    world.happen(self.domain, Happening::VcpusStopped(SuspendedReason::Watchdog));
                }
                WatchdogAction::Reset => world.happen(self.domain, Happening::Reset),
                WatchdogAction::PowerOff => {
                    world.happen(self.domain, Happening::Ended(StoppedReason::Shutdown));
                }
                WatchdogAction::Shutdown => world.ask_guest(self.domain, super::life::Later::PowerOff),
                WatchdogAction::None | WatchdogAction::Debug | WatchdogAction::InjectNmi => {}
            }
        })
    }

    /// Something happens that only has an event: a tray moves, a native event comes.
    pub fn emit(&self, change: DomainChange) -> Result<()> {
        self.run(|world| world.publish(self.domain, change))
    }

    /// So many native events at once, named `STORM`, numbered in their data.
    pub fn event_storm(&self, count: u64) -> Result<()> {
        self.run(|world| {
            for number in 0..count {
                let change = DomainChange::Native {
                    name: "STORM".to_owned(),
                    data: format!("{{\"number\":{number}}}"),
                };
                world.publish(self.domain, change);
            }
        })
    }

    /// It does some work, which its statistics count.
    pub fn work(&self, activity: &Activity) -> Result<()> {
        self.run(|world| {
            if let Ok(record) = world.record_mut(self.domain) {
                record.guest.counters.work(activity);
            }
        })
    }

    /// It prints something on all its consoles.
    pub fn print(&self, text: impl AsRef<[u8]>) -> Result<()> {
        self.run(|world| {
            if let Ok(run) = world.record_mut(self.domain).and_then(Record::running) {
                run.print(text.as_ref());
            }
        })
    }

    /// What was typed on one of its consoles in this run and has been read by the guest: the last 256 KiB.
    ///
    /// # Errors
    /// `NotFound` when it has no console of this alias.
    pub fn typed(&self, device: &str) -> Result<Vec<u8>> {
        self.record(|record| {
            let lines = &record.running()?.lines;
            let line = lines.iter().find(|(alias, _)| alias == device);
            let missing = || Error::new(ErrorKind::NotFound, format!("no console {device:?}"));
            Ok(line.ok_or_else(missing)?.1.typed())
        })?
    }

    /// Reads a file of its disk, past its agent.
    ///
    /// # Errors
    /// `Failed` when there is none.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>> {
        self.record(|record| record.guest.files.read(path).map(<[u8]>::to_vec))?
    }

    /// Puts a file on its disk, past its agent; `None` removes it.
    pub fn put_file(&self, path: &str, content: Option<&[u8]>) -> Result<()> {
        self.record(|record| match content {
            Some(content) => record.guest.files.write(path, content),
            None => {
                record.guest.files.remove(path);
                Ok(())
            }
        })?
    }

    /// The addresses its first interface has from now on.
    pub fn set_addresses(&self, addresses: Vec<GuestAddress>) -> Result<()> {
        self.record(|record| record.guest.addresses = addresses)
    }

    /// Who is logged in from now on.
    pub fn set_users(&self, users: Vec<GuestUser>) -> Result<()> {
        self.record(|record| record.guest.users = users)
    }

    /// The keys that were pressed on its keyboard, in order.
    pub fn keys(&self) -> Result<Vec<(KeyCodes, Vec<u32>)>> {
        self.record(|record| record.guest.keys.clone())
    }

    /// How many non-maskable interrupts it got.
    pub fn nmis(&self) -> Result<u32> {
        self.record(|record| record.guest.nmis)
    }

    /// How many core dumps were written because it crashed.
    pub fn crash_dumps(&self) -> Result<u32> {
        self.record(|record| record.guest.crash_dumps)
    }

    fn record<T>(&self, work: impl FnOnce(&mut Record) -> T) -> Result<T> {
        self.shared.with(|world| world.record_mut(self.domain).map(work))
    }

    fn run(&self, work: impl FnOnce(&mut World)) -> Result<()> {
        self.shared.with(|world| {
            world.record_mut(self.domain)?.running()?;
            work(world);
            Ok(())
        })
    }

    fn happen(&self, happening: Happening) -> Result<()> {
        self.shared.with(|world| {
            let record = world.record_mut(self.domain)?;
            record.running()?;
            let before = record.machine;
            let mut foreseen = before;
            let step = foreseen.follow(happening.clone(), record.policy());
            if step.changes.is_empty() && foreseen == before {
                let message = format!("this does not happen to a domain that is {}", before.state());
                return Err(Error::new(ErrorKind::InvalidState, message));
            }
            world.happen(self.domain, happening);
            Ok(())
        })
    }
}

impl fmt::Debug for GuestControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestControl")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
