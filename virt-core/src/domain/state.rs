//! The state of a domain, and why it is in it.

use std::fmt;

/// A domain's state (`virDomainState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DomainState {
    /// Its vCPUs run.
    Running,
    /// It is there, its vCPUs stopped.
    Paused,
    /// The guest has been asked to shut down and is about to end, or has ended and its process is still there.
    ShuttingDown,
    /// It does not run.
    ShutOff,
    /// It crashed and is kept as it was.
    Crashed,
    /// The guest put itself to sleep.
    PmSuspended,
}

impl DomainState {
    /// Whether there is a machine in memory (`virDomainIsActive`).
    #[must_use]
    pub fn is_active(self) -> bool {
        self != Self::ShutOff
    }
}

impl fmt::Display for DomainState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::ShuttingDown => "shutting down",
            Self::ShutOff => "shut off",
            Self::Crashed => "crashed",
            Self::PmSuspended => "pmsuspended",
        })
    }
}

/// Why a domain is in its state (`virDomainRunningReason`, `virDomainPausedReason`, `virDomainShutoffReason` …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StateReason {
    /// It is not known.
    Unknown,
    /// Running: started from its beginning.
    Booted,
    /// Running: from a saved state.
    Restored,
    /// Running: from another host. Shut off: gone to another host.
    Migrated,
    /// Running: resumed. Its vCPUs had been stopped by somebody.
    Unpaused,
    /// Running: woken up from its own sleep.
    WokenUp,
    /// Paused: somebody asked for it.
    User,
    /// Paused: not yet started to run, as asked for at its start.
    StartedPaused,
    /// Paused: a core dump is being written.
    Dumping,
    /// Paused: its state is being saved or moved.
    Saving,
    /// Paused: an image could not be read or written.
    IoError,
    /// Paused: the watchdog ran out.
    Watchdog,
    /// Paused or crashed: the guest reported a panic.
    Panicked,
    /// Shut off: the guest shut itself down.
    Shutdown,
    /// Shut off: destroyed.
    Destroyed,
    /// Shut off: the hypervisor's process ended without being told to.
    Crashed,
    /// Shut off: its state was saved.
    Saved,
    /// Shut off: it could not be started.
    Failed,
    /// Running, paused or shut off: as a snapshot has it.
    FromSnapshot,
    /// Shut off: it was stopped while no manager was there to see how.
    Unattended,
}

impl fmt::Display for StateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Booted => "booted",
            Self::Restored => "restored",
            Self::Migrated => "migrated",
            Self::Unpaused => "unpaused",
            Self::WokenUp => "woken up",
            Self::User => "user",
            Self::StartedPaused => "started paused",
            Self::Dumping => "dumping",
            Self::Saving => "saving",
            Self::IoError => "I/O error",
            Self::Watchdog => "watchdog",
            Self::Panicked => "guest panic",
            Self::Shutdown => "shutdown",
            Self::Destroyed => "destroyed",
            Self::Crashed => "crashed",
            Self::Saved => "saved",
            Self::Failed => "failed",
            Self::FromSnapshot => "from a snapshot",
            Self::Unattended => "unattended",
        })
    }
}
