//! The simulated guest: what runs in a domain of the test driver.

mod activity;
mod behaviour;
mod files;
mod programs;
mod sight;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

pub use activity::Activity;
pub(super) use activity::{Counters, IMAGE_IN_USE};
pub use behaviour::{AgentBehaviour, GuestBehaviour, UnplugBehaviour};
pub(super) use files::GuestFiles;
pub(super) use programs::{Begun, Ending, PowerCommand, run};
pub(super) use sight::{MOUNTPOINTS, interfaces, os};

use activity::IMAGE;

use super::life::Later;
use crate::agent::{GuestAddress, GuestUser};
use crate::domain::KeyCodes;
use crate::error::{Error, ErrorKind, Result};
use crate::sorted::SortedMap;

/// A guest: its disk survives its runs, the rest begins anew with each.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) behaviour: GuestBehaviour,
    pub(super) files: GuestFiles,
    pub(super) counters: Counters,
    pub(super) users: Vec<GuestUser>,
    pub(super) addresses: Vec<GuestAddress>,
    /// The keys that were pressed, in order.
    pub(super) keys: Vec<(KeyCodes, Vec<u32>)>,
    /// How many non-maskable interrupts it got.
    pub(super) nmis: u32,
    /// How many core dumps were written when it crashed.
    pub(super) crash_dumps: u32,
    /// Mount points that are frozen.
    frozen: Vec<String>,
    /// Its clock against the host's.
    clock_offset_ns: i64,
    /// What it was asked while its vCPUs stood still.
    pending: Option<Later>,
    /// The devices it was asked to let go of while its vCPUs stood still, by alias.
    pub(super) unplugs: Vec<String>,
    /// The sizes of its images, by target, where they are not the usual ones.
    pub(super) image_sizes: SortedMap<String, u64>,
    /// Whether the agent answers.
    agent_answers: watch::Sender<bool>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            behaviour: GuestBehaviour::default(),
            files: GuestFiles::default(),
            counters: Counters::default(),
            users: vec![GuestUser::new("root", None, 0.0)],
            addresses: vec![
                GuestAddress {
                    ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 15)),
                    prefix: 24,
                },
                GuestAddress {
                    ip: IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x15)),
                    prefix: 64,
                },
            ],
            keys: Vec::new(),
            nmis: 0,
            crash_dumps: 0,
            frozen: Vec::new(),
            clock_offset_ns: 0,
            pending: None,
            unplugs: Vec::new(),
            image_sizes: SortedMap::new(),
            agent_answers: watch::Sender::new(true),
        }
    }
}

impl Guest {
    /// The same guest in another world: its disk and its ways, without what was asked of it.
    pub(super) fn moved(&self) -> Self {
        Self {
            behaviour: self.behaviour.clone(),
            files: self.files.clone(),
            users: self.users.clone(),
            addresses: self.addresses.clone(),
            image_sizes: self.image_sizes.clone(),
            ..Self::default()
        }
    }

    /// A run begins.
    pub(super) fn power_on(&mut self) {
        self.counters.begin();
        self.begin_boot();
    }

    /// It begins from its beginning, in the same run: what the hypervisor counts goes on.
    pub(super) fn begin_boot(&mut self) {
        self.frozen.clear();
        self.pending = None;
        for user in &mut self.users {
            user.login_time = seconds_since_1970(SystemTime::now());
        }
    }

    /// It is gone: nobody waits for its agent any longer.
    pub(super) fn power_off(&mut self) {
        self.pending = None;
        self.unplugs.clear();
        self.frozen.clear();
        let hung = self.behaviour.agent == AgentBehaviour::Hung;
        self.agent_answers.send_replace(true);
        if hung {
            self.agent_answers = watch::Sender::new(false);
        }
    }

    pub(super) fn set_agent(&mut self, agent: AgentBehaviour) {
        self.behaviour.agent = agent;
        self.agent_answers.send_replace(agent != AgentBehaviour::Hung);
    }

    pub(super) const fn agent_answers(&self) -> &watch::Sender<bool> {
        &self.agent_answers
    }

    pub(super) fn set_pending(&mut self, then: Later) {
        self.pending = Some(then);
    }

    pub(super) fn take_pending(&mut self) -> Option<Later> {
        self.pending.take()
    }

    /// Freezes file systems, all or those at these mount points; how many.
    pub(super) fn freeze(&mut self, mountpoints: &[String]) -> Result<u64> {
        self.check_thawed()?;
        let known = |path: &String| MOUNTPOINTS.contains(&path.as_str());
        self.frozen = if mountpoints.is_empty() {
            MOUNTPOINTS.iter().map(|path| (*path).to_owned()).collect()
        } else {
            mountpoints.iter().filter(|path| known(path)).cloned().collect()
        };
        Ok(count(&self.frozen))
    }

    /// Thaws whatever is frozen; how many.
    pub(super) fn thaw(&mut self) -> u64 {
        count(&std::mem::take(&mut self.frozen))
    }

    pub(super) fn is_frozen(&self) -> bool {
        !self.frozen.is_empty()
    }

    /// What touches a file system is refused while one is frozen, as the agent of a real guest does.
    pub(super) fn check_thawed(&self) -> Result<()> {
        if self.is_frozen() {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the guest's file systems are frozen: thaw them first",
            ));
        }
        Ok(())
    }

    /// How large the image of this target is.
    pub(super) fn image_size(&self, target: &str) -> u64 {
        self.image_sizes.get(target).copied().unwrap_or(IMAGE)
    }

    /// Its clock: nanoseconds since 1970.
    pub(super) fn time_ns(&self) -> i64 {
        host_time_ns().saturating_add(self.clock_offset_ns)
    }

    /// Sets its clock; to the host's, which is its hardware clock, when `None`. How far it is ahead then.
    pub(super) fn set_time(&mut self, time_ns: Option<i64>) -> i64 {
        self.clock_offset_ns = time_ns.map_or(0, |time| time.saturating_sub(host_time_ns()));
        self.clock_offset_ns
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn host_time_ns() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

fn seconds_since_1970(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_freeze_is_refused_and_a_thaw_of_nothing_is_fine() {
        let mut guest = Guest::default();
        assert_eq!(guest.freeze(&[]).unwrap(), 2);
        assert_eq!(guest.freeze(&[]).unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!((guest.thaw(), guest.thaw()), (2, 0));
    }

    #[test]
    fn mount_points_that_do_not_exist_freeze_nothing() {
        let mut guest = Guest::default();
        assert_eq!(guest.freeze(&["/nowhere".to_owned()]).unwrap(), 0);
        assert!(!guest.is_frozen());
    }

    #[test]
    fn a_clock_that_is_set_goes_on_from_there() {
        let mut guest = Guest::default();
        guest.set_time(Some(5_000_000_000));
        let now = guest.time_ns();
        assert!((5_000_000_000..65_000_000_000).contains(&now), "{now}");
        assert_eq!(guest.set_time(None), 0);
    }
}
