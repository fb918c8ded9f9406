//! Events of devices: unplug, ports, network cards, memory devices.

use serde::Deserialize;

/// `DEVICE_DELETED`: a device is gone, or a part of it (then only the path is known).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DeviceDeleted {
    /// The device's id; `None` for one without id, or a part of a device.
    pub device: Option<String>,
    /// The path in the object tree.
    #[serde(default)]
    pub path: String,
}

/// `DEVICE_UNPLUG_GUEST_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DeviceUnplugGuestError {
    /// The device's id, if it has one.
    pub device: Option<String>,
    /// The path in the object tree.
    #[serde(default)]
    pub path: String,
}

/// `MEMORY_DEVICE_SIZE_CHANGE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MemoryDeviceSizeChange {
    /// The device's id, if it has one.
    pub id: Option<String>,
    /// The size now, in bytes.
    pub size: u64,
    /// The path in the object tree.
    #[serde(rename = "qom-path", default)]
    pub qom_path: String,
}

/// `VSERPORT_CHANGE`: whether something in the guest has a virtio-serial port open, as the guest agent has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PortChange {
    /// The port's device id.
    pub id: String,
    /// Whether it is open.
    pub open: bool,
}

/// `NIC_RX_FILTER_CHANGED`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct NicRxFilterChanged {
    /// The card's device id, if it has one.
    pub name: Option<String>,
    /// The path in the object tree.
    #[serde(default)]
    pub path: String,
}
