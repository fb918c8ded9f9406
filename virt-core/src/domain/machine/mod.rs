//! The life of a domain as a pure state machine, the same for every driver: no I/O, no clock, no lock.
//!
//! A driver asks [`Machine::admit`] whether a user's [`Request`] fits the state, carries it out, and then tells the
//! machine what happened ([`Machine::follow`]). The machine answers with a [`Step`]: the events to publish, in order,
//! and the [`Duty`] that is left to the driver (end it, start it again) by the domain's [`LifecyclePolicy`].
//!
//! ```text
//!            Started                      VcpusStopped
//!  ShutOff ───────────► Running ◄──────────────────────────► Paused ◄─── Started(paused) ─── ShutOff
//!     ▲                  │ │ │ ▲          VcpusRun
//!     │                  │ │ │ └─ Woke ── PmSuspended ◄─ Slept ─ Running
//!     │                  │ │ │
//!     │       PoweredOff │ │ └─ Panicked ─► Crashed ───────┐ on_crash: destroy ─► Duty::End, restart ─► Duty::StartAgain,
//!     │                  │ │                               │ preserve ─► it stays so
//!     │                  ▼ └─ Rebooted ─► Running          │
//!     │            ShuttingDown ───────────────────────────┤ on_poweroff, on_reboot: the same choice
//!     │                                                    │
//!     └── Ended (from every state) ◄───────────────────────┘ Reset (from every active state but Paused) ─► Running
//! ```
//!
//! What does not fit the state (an event that comes too late) is ignored: the step is empty.

mod admission;
mod step;

pub use admission::{Admission, Request};
pub use step::{Duty, Happening, LifecyclePolicy, Step};

use super::{DomainState, StateReason};

/// Where a domain is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine {
    state: DomainState,
    reason: StateReason,
}

impl Default for Machine {
    /// A domain that has never run, as far as known.
    fn default() -> Self {
        Self::at(DomainState::ShutOff, StateReason::Unknown)
    }
}

impl Machine {
    /// A domain that was found in this state.
    #[must_use]
    pub const fn at(state: DomainState, reason: StateReason) -> Self {
        Self { state, reason }
    }

    /// Its state.
    #[must_use]
    pub const fn state(self) -> DomainState {
        self.state
    }

    /// Why it is in that state.
    #[must_use]
    pub const fn reason(self) -> StateReason {
        self.reason
    }

    /// Whether there is a machine in memory.
    #[must_use]
    pub fn is_active(self) -> bool {
        self.state.is_active()
    }
}
