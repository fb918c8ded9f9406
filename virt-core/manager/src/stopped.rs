//! Why a domain stopped, as an event tells it.

use virt_core::domain::StateReason;
use virt_core::event::StoppedReason;

/// What the event of a run's end says for the reason of its end.
pub fn stopped(reason: StateReason) -> StoppedReason {
    match reason {
        StateReason::Shutdown => StoppedReason::Shutdown,
        StateReason::Destroyed => StoppedReason::Destroyed,
        StateReason::Failed => StoppedReason::Failed,
        StateReason::Saved => StoppedReason::Saved,
        StateReason::Migrated => StoppedReason::Migrated,
        StateReason::FromSnapshot => StoppedReason::FromSnapshot,
        _ => StoppedReason::Crashed,
    }
}
