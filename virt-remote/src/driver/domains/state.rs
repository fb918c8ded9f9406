//! States, and the reasons for them.

use virt_core::domain::{DomainState, StateReason};

/// State and reason, by the numbers of `virDomainState` and of the enumeration that goes with the state
/// (`virDomainRunningReason`, `virDomainPausedReason` …). What is newer than this is taken for running, or unknown.
pub(in crate::driver) fn state_of(state: i32, reason: i32) -> (DomainState, StateReason) {
    match state {
        3 => (DomainState::Paused, paused(reason)),
        4 => (DomainState::ShuttingDown, StateReason::Unknown),
        5 => (DomainState::ShutOff, shut_off(reason)),
        6 => (DomainState::Crashed, crashed(reason)),
        7 => (DomainState::PmSuspended, StateReason::Unknown),
        // Without a state (0, Xen's), running (1), blocked on a resource (2).
        _ => (DomainState::Running, running(reason)),
    }
}

fn running(reason: i32) -> StateReason {
    match reason {
        1 => StateReason::Booted,
        // During the second half of a migration after it, the guest runs here, too.
        2 | 10 | 11 => StateReason::Migrated,
        3 => StateReason::Restored,
        4 => StateReason::FromSnapshot,
        // By somebody, or because a migration or a save was cancelled.
        5..=7 => StateReason::Unpaused,
        8 => StateReason::WokenUp,
        _ => StateReason::Unknown,
    }
}

fn paused(reason: i32) -> StateReason {
    match reason {
        1 => StateReason::User,
        // Migration (also its second half), save, snapshot.
        2 | 3 | 9 | 12 | 13 => StateReason::Saving,
        4 => StateReason::Dumping,
        5 => StateReason::IoError,
        6 => StateReason::Watchdog,
        7 => StateReason::FromSnapshot,
        10 => StateReason::Panicked,
        11 => StateReason::StartedPaused,
        // Shutting down, because the hypervisor refused something.
        _ => StateReason::Unknown,
    }
}

fn shut_off(reason: i32) -> StateReason {
    match reason {
        1 => StateReason::Shutdown,
        2 => StateReason::Destroyed,
        3 => StateReason::Crashed,
        4 => StateReason::Migrated,
        5 => StateReason::Saved,
        6 => StateReason::Failed,
        7 => StateReason::FromSnapshot,
        // The daemon found it gone when it started.
        8 => StateReason::Unattended,
        _ => StateReason::Unknown,
    }
}

fn crashed(reason: i32) -> StateReason {
    match reason {
        1 => StateReason::Panicked,
        _ => StateReason::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_their_reasons() {
        for (numbers, found) in [
            ((1, 1), (DomainState::Running, StateReason::Booted)),
            ((0, 0), (DomainState::Running, StateReason::Unknown)),
            ((3, 1), (DomainState::Paused, StateReason::User)),
            ((3, 5), (DomainState::Paused, StateReason::IoError)),
            ((5, 1), (DomainState::ShutOff, StateReason::Shutdown)),
            ((5, 99), (DomainState::ShutOff, StateReason::Unknown)),
            ((6, 1), (DomainState::Crashed, StateReason::Panicked)),
            ((7, 0), (DomainState::PmSuspended, StateReason::Unknown)),
            ((99, 1), (DomainState::Running, StateReason::Booted)),
        ] {
            assert_eq!(state_of(numbers.0, numbers.1), found, "{numbers:?}");
        }
    }
}
