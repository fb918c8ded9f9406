//! The monitor itself, and the human monitor behind it.

use serde::Serialize;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `human-monitor-command`: runs a line of the human monitor and returns what it prints. Neither line nor output is
/// a stable interface.
#[derive(Clone, Serialize)]
pub struct HumanMonitorCommand {
    /// The line.
    #[serde(rename = "command-line")]
    pub command_line: String,
    /// The vCPU that commands about one concern.
    #[serde(rename = "cpu-index", skip_serializing_if = "Option::is_none")]
    pub cpu_index: Option<u64>,
}

impl std::fmt::Debug for HumanMonitorCommand {
    /// Shows the first word only: passwords can be set by such a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HumanMonitorCommand")
            .field("command_line", &self.command_line.split_whitespace().next())
            .finish_non_exhaustive()
    }
}

/// `add_client`: hands a connected socket, sent before under a name, to a display.
#[derive(Debug, Clone, Serialize)]
pub struct AddClient {
    /// `vnc`, `spice`, `@dbus-display` or the id of a character device.
    pub protocol: String,
    /// The name under which the descriptor was sent.
    pub fdname: String,
    /// Whether the client need not authenticate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipauth: Option<bool>,
    /// Whether the connection is encrypted (SPICE).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
}

commands! {
    HumanMonitorCommand: "human-monitor-command" => String;
    AddClient: "add_client" => Nothing;
}
