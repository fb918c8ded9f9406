//! Shutting down and suspending, from inside.

use serde::Serialize;

use crate::agent::command::agent_commands;
use crate::qmp::Nothing;
use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// How the guest is shut down.
    pub enum ShutdownMode {
        /// It powers itself off.
        Powerdown = "powerdown",
        /// It halts.
        Halt = "halt",
        /// It reboots.
        Reboot = "reboot",
    }
}

/// `guest-shutdown`: shuts the guest down. The end of the channel is success, as is an answer; what the guest makes
/// of it QEMU's events tell.
#[derive(Debug, Clone, Serialize)]
pub struct GuestShutdown {
    /// How.
    pub mode: ShutdownMode,
}

/// `guest-suspend-disk`: suspends the guest to its disk.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestSuspendDisk;

/// `guest-suspend-ram`: suspends the guest to memory.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestSuspendRam;

/// `guest-suspend-hybrid`: suspends the guest to memory, with a copy on its disk.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestSuspendHybrid;

agent_commands! {
    GuestShutdown: @ends "guest-shutdown" => Nothing;
    GuestSuspendDisk: @ends "guest-suspend-disk" => Nothing;
    GuestSuspendRam: @ends "guest-suspend-ram" => Nothing;
    GuestSuspendHybrid: @ends "guest-suspend-hybrid" => Nothing;
}
