//! The machine as a whole: its state, its identity, running and stopping it.

use serde::{Deserialize, Serialize};

use crate::qmp::command::commands;
use crate::qmp::event::{GuestPanicAction, WatchdogAction};
use crate::qmp::lenient::lenient_enum;
use crate::qmp::{GreetingVersion, Nothing};

lenient_enum! {
    /// What the machine is doing.
    pub enum RunState {
        /// Paused by a debugger.
        Debug = "debug",
        /// Waits for an incoming migration.
        InMigrate = "inmigrate",
        /// Paused because of an internal error.
        InternalError = "internal-error",
        /// Paused because of an I/O error.
        IoError = "io-error",
        /// Paused by the monitor.
        Paused = "paused",
        /// Paused after a migration away.
        PostMigrate = "postmigrate",
        /// Started with `-S` and not yet run.
        Prelaunch = "prelaunch",
        /// Paused while a migration away is finished.
        FinishMigrate = "finish-migrate",
        /// Paused while a snapshot is loaded.
        RestoreVm = "restore-vm",
        /// Running.
        Running = "running",
        /// Paused while a snapshot is saved.
        SaveVm = "save-vm",
        /// Shut down, with `-no-shutdown`.
        Shutdown = "shutdown",
        /// Suspended to memory by the guest.
        Suspended = "suspended",
        /// Paused by the watchdog.
        Watchdog = "watchdog",
        /// Paused by a panic of the guest.
        GuestPanicked = "guest-panicked",
        /// Paused by COLO replication.
        Colo = "colo",
    }
}

/// `query-status`: what the machine is doing.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryStatus;

/// The reply of [`QueryStatus`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct StatusInfo {
    /// Whether the vCPUs run.
    #[serde(default)]
    pub running: bool,
    /// What the machine is doing.
    pub status: RunState,
}

/// `query-version`: the version of QEMU.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryVersion;

/// `query-name`: the name given by `-name`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryName;

/// The reply of [`QueryName`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct NameInfo {
    /// The name, if one was given.
    pub name: Option<String>,
}

/// `query-uuid`: the uuid given by `-uuid`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryUuid;

/// The reply of [`QueryUuid`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct UuidInfo {
    /// The uuid in its usual form; all zeros where none was given.
    #[serde(rename = "UUID")]
    pub uuid: String,
}

/// `query-kvm`: whether KVM is there and used.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryKvm;

/// The reply of [`QueryKvm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct KvmInfo {
    /// Whether this machine runs under KVM.
    #[serde(default)]
    pub enabled: bool,
    /// Whether KVM is built in.
    #[serde(default)]
    pub present: bool,
}

/// `query-target`: the architecture emulated.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryTarget;

/// The reply of [`QueryTarget`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TargetInfo {
    /// The architecture, as in the name of the binary: `x86_64`, `aarch64`, …
    pub arch: String,
}

/// `query-current-machine`: what this machine can do at run time.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryCurrentMachine;

/// The reply of [`QueryCurrentMachine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CurrentMachine {
    /// Whether the guest can be woken from suspend by `system_wakeup`.
    #[serde(rename = "wakeup-suspend-support", default)]
    pub wakeup_suspend_support: bool,
}

/// `stop`: stops the vCPUs. No error where they are stopped.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Stop;

/// `cont`: lets the vCPUs run. No error where they run.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cont;

/// `system_reset`: resets the machine as its reset button would.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SystemReset;

/// `system_powerdown`: presses the power button; the guest may ignore it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SystemPowerdown;

/// `system_wakeup`: wakes a suspended guest.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SystemWakeup;

/// `quit`: ends QEMU. The connection may end before the reply is seen.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Quit;

/// `inject-nmi`: a non-maskable interrupt for the guest.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct InjectNmi;

/// `set-action`: what to do at reboot, shutdown, panic and watchdog; what is `None` stays as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SetAction {
    /// When the guest reboots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<RebootAction>,
    /// When the guest shuts down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<ShutdownAction>,
    /// When the guest panics; QEMU also knows `shutdown` and `exit-failure` here, which are `Unknown` to this type
    /// and sent as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panic: Option<GuestPanicAction>,
    /// When the watchdog fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<WatchdogAction>,
}

lenient_enum! {
    /// What to do when the guest reboots.
    pub enum RebootAction {
        /// Reset it.
        Reset = "reset",
        /// Shut it down.
        Shutdown = "shutdown",
    }
}

lenient_enum! {
    /// What to do when the guest shuts down.
    pub enum ShutdownAction {
        /// QEMU exits.
        Poweroff = "poweroff",
        /// QEMU stays, paused.
        Pause = "pause",
    }
}

commands! {
    QueryStatus: "query-status" => StatusInfo;
    QueryVersion: "query-version" => GreetingVersion;
    QueryName: "query-name" => NameInfo;
    QueryUuid: "query-uuid" => UuidInfo;
    QueryKvm: "query-kvm" => KvmInfo;
    QueryTarget: "query-target" => TargetInfo;
    QueryCurrentMachine: "query-current-machine" => CurrentMachine;
    Stop: @Urgent "stop" => Nothing;
    Cont: "cont" => Nothing;
    SystemReset: "system_reset" => Nothing;
    SystemPowerdown: "system_powerdown" => Nothing;
    SystemWakeup: "system_wakeup" => Nothing;
    Quit: @Urgent "quit" => Nothing;
    InjectNmi: "inject-nmi" => Nothing;
    SetAction: "set-action" => Nothing;
}
