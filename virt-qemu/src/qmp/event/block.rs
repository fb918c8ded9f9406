//! Events of disks and removable media.

use serde::Deserialize;

use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// What QEMU does about a failed read or write.
    pub enum BlockErrorAction {
        /// Nothing; the guest is not told.
        Ignore = "ignore",
        /// The guest is told.
        Report = "report",
        /// The guest is stopped until told to go on.
        Stop = "stop",
    }
}

lenient_enum! {
    /// The kind of an I/O operation.
    pub enum BlockIoOperation {
        /// Read.
        Read = "read",
        /// Write.
        Write = "write",
    }
}

/// `BLOCK_IO_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BlockIoError {
    /// The name of the old-style drive; empty for `-blockdev`.
    #[serde(default)]
    pub device: String,
    /// The device's path in the object tree (from QEMU 9.2).
    #[serde(rename = "qom-path")]
    pub qom_path: Option<String>,
    /// The node of the block graph.
    #[serde(rename = "node-name")]
    pub node_name: Option<String>,
    /// What failed.
    pub operation: BlockIoOperation,
    /// What is done about it.
    pub action: BlockErrorAction,
    /// Whether the cause is a full disk.
    #[serde(default)]
    pub nospace: bool,
    /// The cause, for people.
    #[serde(default)]
    pub reason: String,
}

/// `BLOCK_WRITE_THRESHOLD`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BlockThreshold {
    /// The node of the block graph.
    #[serde(rename = "node-name")]
    pub node_name: String,
    /// By how much the threshold was passed, in bytes.
    #[serde(rename = "amount-exceeded")]
    pub amount_exceeded: u64,
    /// The threshold, in bytes.
    #[serde(rename = "write-threshold")]
    pub write_threshold: u64,
}

/// `DEVICE_TRAY_MOVED`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TrayMoved {
    /// The name of the old-style drive; empty for `-blockdev`.
    #[serde(default)]
    pub device: String,
    /// The id or object path of the device.
    #[serde(default)]
    pub id: String,
    /// Whether the tray is open now.
    #[serde(rename = "tray-open")]
    pub tray_open: bool,
}
