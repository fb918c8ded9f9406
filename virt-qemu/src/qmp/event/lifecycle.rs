//! Events of the guest's life: shutdown and reset.

use serde::Deserialize;

use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// Why a guest shut down or was reset.
    pub enum ShutdownCause {
        /// No cause is known.
        None = "none",
        /// An error on the host.
        HostError = "host-error",
        /// The monitor was told `quit`.
        HostQmpQuit = "host-qmp-quit",
        /// The monitor was told `system_reset`.
        HostQmpSystemReset = "host-qmp-system-reset",
        /// A signal, as SIGTERM.
        HostSignal = "host-signal",
        /// The window was closed.
        HostUi = "host-ui",
        /// The guest powered itself off.
        GuestShutdown = "guest-shutdown",
        /// The guest asked for a reset.
        GuestReset = "guest-reset",
        /// The guest panicked, and the panic action is to shut down.
        GuestPanic = "guest-panic",
        /// A reset inside a machine that needs one to go on (s390).
        SubsystemReset = "subsystem-reset",
        /// A reset to load a snapshot.
        SnapshotLoad = "snapshot-load",
    }
}

/// `SHUTDOWN`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Shutdown {
    /// Whether the guest asked for it (by ACPI, a triple fault or the like).
    #[serde(default)]
    pub guest: bool,
    /// Why.
    #[serde(default = "no_cause")]
    pub reason: ShutdownCause,
}

/// `RESET`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Reset {
    /// Whether the guest asked for it.
    #[serde(default)]
    pub guest: bool,
    /// Why.
    #[serde(default = "no_cause")]
    pub reason: ShutdownCause,
}

fn no_cause() -> ShutdownCause {
    ShutdownCause::None
}
