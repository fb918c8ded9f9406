//! The numbers of lifecycle events (`virDomainEventType` and the details of each).

use virt_core::event::{ResumedReason, StartedReason, StoppedReason, SuspendedReason};

/// What happened in a domain's life, as the daemon tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    Defined,
    Redefined,
    /// The first half of a rename: the old name is gone.
    RenamedFrom,
    /// The second half of it.
    RenamedTo,
    Undefined,
    Started(StartedReason),
    Woke,
    Suspended(SuspendedReason),
    Resumed(ResumedReason),
    Stopped(StoppedReason),
    ShutdownFinished,
    Slept,
    Panicked,
    /// Something newer than this.
    Unknown,
}

impl Lifecycle {
    pub(super) fn of(event: i32, detail: i32) -> Self {
        match (event, detail) {
            (0, 1) => Self::Redefined,
            (0, 2) => Self::RenamedTo,
            (0, _) => Self::Defined,
            (1, 1) => Self::RenamedFrom,
            (1, _) => Self::Undefined,
            (2, 4) => Self::Woke,
            (2, detail) => Self::Started(match detail {
                1 => StartedReason::Migrated,
                2 => StartedReason::Restored,
                3 => StartedReason::FromSnapshot,
                _ => StartedReason::Booted,
            }),
            (3, detail) => Self::Suspended(match detail {
                // It is restored as it was: stopped.
                0 | 4 => SuspendedReason::Paused,
                // Migration, also its second half.
                1 | 7 | 8 => SuspendedReason::Job,
                2 => SuspendedReason::IoError,
                3 => SuspendedReason::Watchdog,
                _ => SuspendedReason::Unknown,
            }),
            (4, 0) => Self::Resumed(ResumedReason::Unpaused),
            (4, _) => Self::Resumed(ResumedReason::JobOver),
            (5, detail) => Self::Stopped(match detail {
                0 => StoppedReason::Shutdown,
                2 => StoppedReason::Crashed,
                3 => StoppedReason::Migrated,
                4 => StoppedReason::Saved,
                5 => StoppedReason::Failed,
                6 => StoppedReason::FromSnapshot,
                _ => StoppedReason::Destroyed,
            }),
            // By the guest; one by the host (2) is the hypervisor's own end, and told by `Stopped`.
            (6, 0 | 1) => Self::ShutdownFinished,
            (7, _) => Self::Slept,
            (8, _) => Self::Panicked,
            _ => Self::Unknown,
        }
    }
}
