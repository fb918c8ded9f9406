//! The agent itself, the guest's operating system, its name and its clock.

use serde::{Deserialize, Serialize};
use virt_core::agent::{AgentInfo, GuestOs};

use crate::agent::command::agent_commands;
use crate::qmp::Nothing;

/// `guest-ping`: whether the agent answers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestPing;

/// `guest-info`: the agent's version and commands.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestInfo;

/// The reply of [`GuestInfo`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GuestInfoReply {
    /// The agent's version.
    #[serde(default)]
    pub version: String,
    /// The commands it knows.
    #[serde(default)]
    pub supported_commands: Vec<CommandInfo>,
}

/// A command that an agent knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CommandInfo {
    /// Its name.
    pub name: String,
    /// Whether it may be used.
    #[serde(default)]
    pub enabled: bool,
    /// Whether success is answered at all.
    #[serde(rename = "success-response", default)]
    pub success_response: bool,
}

impl GuestInfoReply {
    /// Whether a command is known and may be used.
    #[must_use]
    pub fn allows(&self, command: &str) -> bool {
        self.supported_commands
            .iter()
            .any(|known| known.name == command && known.enabled)
    }
}

impl From<GuestInfoReply> for AgentInfo {
    fn from(reply: GuestInfoReply) -> Self {
        let enabled = reply
            .supported_commands
            .into_iter()
            .filter(|command| command.enabled);
        Self::new(reply.version, enabled.map(|command| command.name).collect())
    }
}

/// `guest-get-osinfo`: the operating system.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetOsinfo;

/// The reply of [`GuestGetOsinfo`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct OsInfo {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its name for people.
    pub pretty_name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The id of its version.
    pub version_id: Option<String>,
    /// Its variant.
    pub variant: Option<String>,
    /// The id of its variant.
    pub variant_id: Option<String>,
    /// Its machine.
    pub machine: Option<String>,
    /// Its kernel's release.
    pub kernel_release: Option<String>,
    /// Its kernel's version.
    pub kernel_version: Option<String>,
}

impl From<OsInfo> for GuestOs {
    fn from(info: OsInfo) -> Self {
        let mut os = Self::default();
        os.id = info.id;
        os.name = info.name;
        os.pretty_name = info.pretty_name;
        os.version = info.version;
        os.version_id = info.version_id;
        os.variant = info.variant;
        os.machine = info.machine;
        os.kernel_release = info.kernel_release;
        os.kernel_version = info.kernel_version;
        os
    }
}

/// `guest-get-host-name`: the host name.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetHostName;

/// The reply of [`GuestGetHostName`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct HostName {
    /// The name.
    #[serde(rename = "host-name")]
    pub host_name: String,
}

/// `guest-get-timezone`: the time zone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetTimezone;

/// The reply of [`GuestGetTimezone`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Timezone {
    /// The zone's short name, where known.
    pub zone: Option<String>,
    /// Seconds east of Greenwich.
    pub offset: i64,
}

/// `guest-get-time`: the clock, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetTime;

/// `guest-set-time`: sets the clock.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct GuestSetTime {
    /// Nanoseconds since 1970; from the guest's hardware clock where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
}

agent_commands! {
    GuestPing: "guest-ping" => Nothing;
    GuestInfo: "guest-info" => GuestInfoReply;
    GuestGetOsinfo: "guest-get-osinfo" => OsInfo;
    GuestGetHostName: "guest-get-host-name" => HostName;
    GuestGetTimezone: "guest-get-timezone" => Timezone;
    GuestGetTime: "guest-get-time" => i64;
    GuestSetTime: "guest-set-time" => Nothing;
}
