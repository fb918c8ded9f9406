//! Events that tell of something inside the guest.

use serde::Deserialize;
use serde_json::Value;

use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// What QEMU does about a panic.
    pub enum GuestPanicAction {
        /// The guest is paused.
        Pause = "pause",
        /// QEMU exits.
        Poweroff = "poweroff",
        /// The guest goes on.
        Run = "run",
    }
}

lenient_enum! {
    /// What QEMU does about a watchdog that fired.
    pub enum WatchdogAction {
        /// The guest is reset.
        Reset = "reset",
        /// The guest is asked to shut down.
        Shutdown = "shutdown",
        /// The guest is powered off.
        Poweroff = "poweroff",
        /// The guest is paused.
        Pause = "pause",
        /// Only told.
        Debug = "debug",
        /// Nothing.
        None = "none",
        /// A non-maskable interrupt is injected.
        InjectNmi = "inject-nmi",
    }
}

/// `GUEST_PANICKED` and `GUEST_CRASHLOADED`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct GuestPanicked {
    /// What QEMU does about it.
    pub action: GuestPanicAction,
    /// What the guest told of the panic.
    pub info: Option<GuestPanicInformation>,
}

/// What a guest told of its panic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct GuestPanicInformation {
    /// The form of the information: `hyper-v`, `s390`, `tdx`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The members of that form as received (`arg1`…`arg5` for Hyper-V; `core`, `psw-mask`, `psw-addr`, `reason`
    /// for s390).
    #[serde(flatten)]
    pub members: serde_json::Map<String, Value>,
}

/// `WATCHDOG`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Watchdog {
    /// What QEMU does.
    pub action: WatchdogAction,
}

/// `BALLOON_CHANGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BalloonChange {
    /// The memory the guest now has, in bytes.
    pub actual: u64,
}

/// `RTC_CHANGE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct RtcChange {
    /// The guest's clock against the `-rtc base` clock, in seconds.
    pub offset: i64,
    /// The clock's path in the object tree (from QEMU 7.0).
    #[serde(rename = "qom-path")]
    pub qom_path: Option<String>,
}

/// `MEMORY_FAILURE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MemoryFailure {
    /// Who is hit: `hypervisor` or `guest`.
    pub recipient: String,
    /// What was done: `ignore`, `inject`, `fatal`, `reset`.
    pub action: String,
    /// Flags.
    #[serde(default)]
    pub flags: MemoryFailureFlags,
}

/// Flags of a memory failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MemoryFailureFlags {
    /// Something must be done about it.
    #[serde(rename = "action-required")]
    pub action_required: bool,
    /// It happened while the guest handled another.
    pub recursive: bool,
}
