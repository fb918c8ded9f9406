//! Screen, keyboard and remote display.

use serde::Serialize;

use crate::qmp::Nothing;
use crate::qmp::command::commands;
use crate::qmp::lenient::lenient_enum;

/// `screendump`: writes the screen to a file on QEMU's host.
#[derive(Debug, Clone, Serialize)]
pub struct Screendump {
    /// The file.
    pub filename: String,
    /// The graphics device; the first where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The head of that device, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<u64>,
    /// The image format; PPM where `None` (PNG from QEMU 7.1, where built in).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ImageFormat>,
}

lenient_enum! {
    /// The format of a screen dump.
    pub enum ImageFormat {
        /// PPM.
        Ppm = "ppm",
        /// PNG.
        Png = "png",
    }
}

/// `send-key`: presses keys together and lets them go.
#[derive(Clone, Serialize)]
pub struct SendKey {
    /// The keys.
    pub keys: Vec<Key>,
    /// How long they are held, in milliseconds; 100 where `None`.
    #[serde(rename = "hold-time", skip_serializing_if = "Option::is_none")]
    pub hold_time: Option<u64>,
}

impl std::fmt::Debug for SendKey {
    /// Hides the keys: they may spell a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendKey")
            .field("keys", &self.keys.len())
            .field("hold_time", &self.hold_time)
            .finish()
    }
}

/// A key.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Key {
    /// By QEMU's name for it: `ctrl`, `alt`, `delete`, `a`, …
    Qcode(String),
    /// By its code in the XT set.
    Number(u32),
}

impl std::fmt::Debug for Key {
    /// Hides the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// `set_password`: sets the password of a remote display.
#[derive(Clone, Serialize)]
pub struct SetPassword {
    /// `vnc` or `spice`.
    pub protocol: String,
    /// The password.
    pub password: String,
    /// What becomes of clients that are connected: `keep`, `fail`, `disconnect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<String>,
}

impl std::fmt::Debug for SetPassword {
    /// Hides the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetPassword")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// `expire_password`: when the password of a remote display ends.
#[derive(Debug, Clone, Serialize)]
pub struct ExpirePassword {
    /// `vnc` or `spice`.
    pub protocol: String,
    /// `now`, `never`, `+SECONDS` from now, or seconds since 1970.
    pub time: String,
}

commands! {
    Screendump: "screendump" => Nothing;
    SendKey: "send-key" => Nothing;
    SetPassword: "set_password" => Nothing;
    ExpirePassword: "expire_password" => Nothing;
}
