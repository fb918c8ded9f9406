//! Character devices: the host's end of serial ports, consoles and channels.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `query-chardev`: all character devices.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryChardev;

/// A character device.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ChardevInfo {
    /// Its id.
    pub label: String,
    /// What it is connected to: `pty:/dev/pts/3`, `unix:PATH,server=on`, `disconnected:unix:PATH…`.
    #[serde(default)]
    pub filename: String,
    /// Whether the guest has its end open.
    #[serde(rename = "frontend-open", default)]
    pub frontend_open: bool,
}

impl ChardevInfo {
    /// The path of the pseudo-terminal, for a device of that kind.
    #[must_use]
    pub fn pty(&self) -> Option<&str> {
        self.filename.strip_prefix("pty:")
    }
}

/// `chardev-change`: puts another back end behind a character device.
#[derive(Debug, Clone, Serialize)]
pub struct ChardevChange {
    /// The device's id.
    pub id: String,
    /// The back end as QEMU's `ChardevBackend`: `{"type": …, "data": {…}}`.
    pub backend: Value,
}

/// `chardev-add`: adds a character device.
#[derive(Debug, Clone, Serialize)]
pub struct ChardevAdd {
    /// The device's id.
    pub id: String,
    /// The back end as QEMU's `ChardevBackend`.
    pub backend: Value,
}

/// `chardev-remove`: removes a character device that nothing uses.
#[derive(Debug, Clone, Serialize)]
pub struct ChardevRemove {
    /// The device's id.
    pub id: String,
}

/// `chardev-send-break`: sends a break to a serial port.
#[derive(Debug, Clone, Serialize)]
pub struct ChardevSendBreak {
    /// The device's id.
    pub id: String,
}

/// The reply of [`ChardevAdd`] and [`ChardevChange`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ChardevReturn {
    /// The path of the pseudo-terminal, for a device of that kind.
    pub pty: Option<String>,
}

commands! {
    QueryChardev: "query-chardev" => Vec<ChardevInfo>;
    ChardevChange: "chardev-change" => ChardevReturn;
    ChardevAdd: "chardev-add" => ChardevReturn;
    ChardevRemove: "chardev-remove" => Nothing;
    ChardevSendBreak: "chardev-send-break" => Nothing;
}
