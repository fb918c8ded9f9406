//! How a guest behaves, as far as tests have a say in it.

use std::time::Duration;

/// How a guest behaves: kept over its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestBehaviour {
    /// From the moment its vCPUs run until its agent and console are there. Default 20 ms.
    pub boot_time: Duration,
    /// From the moment it is asked to shut down or to reboot until it does; `None` when it ignores that. Default 20 ms.
    pub shutdown_time: Option<Duration>,
    /// From the moment its memory is changed until its balloon has followed; `None` when it refuses. Default 10 ms.
    pub balloon_time: Option<Duration>,
    /// From the moment it is asked to let go of a device, or runs again, until it answers. Default 10 ms.
    pub unplug_time: Duration,
    /// What it answers then. Default: it lets go.
    pub unplug: UnplugBehaviour,
    /// How fast its memory is dumped, in bytes per second. Default 32 GiB/s.
    pub dump_rate: u64,
    /// Its agent.
    pub agent: AgentBehaviour,
    /// Whether what is typed on its console comes back. Default yes.
    pub console_echo: bool,
}

impl Default for GuestBehaviour {
    fn default() -> Self {
        Self {
            boot_time: Duration::from_millis(20),
            shutdown_time: Some(Duration::from_millis(20)),
            balloon_time: Some(Duration::from_millis(10)),
            unplug_time: Duration::from_millis(10),
            unplug: UnplugBehaviour::LetsGo,
            dump_rate: 32 << 30,
            agent: AgentBehaviour::Answers,
            console_echo: true,
        }
    }
}

/// What a guest does that is asked to let go of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnplugBehaviour {
    /// It lets go of it.
    LetsGo,
    /// It says that it does not.
    Refuses,
    /// It does not answer.
    Ignores,
}

/// How a guest's agent behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AgentBehaviour {
    /// It listens once the guest has booted, and answers.
    Answers,
    /// There is none: nobody opens its channel.
    Absent,
    /// Its channel is open, but it never answers.
    Hung,
}

impl AgentBehaviour {
    pub(in crate::test) fn is_absent(self) -> bool {
        self == Self::Absent
    }
}
