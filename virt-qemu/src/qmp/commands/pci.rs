//! The PCI devices as the guest sees them.

use serde::{Deserialize, Serialize};

use crate::qmp::command::commands;

/// `query-pci`: the PCI buses and what sits on them.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryPci;

/// A PCI bus.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciBusInfo {
    /// Its number.
    #[serde(default)]
    pub bus: u32,
    /// What sits on it.
    #[serde(default)]
    pub devices: Vec<PciDeviceInfo>,
}

/// A PCI device function.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciDeviceInfo {
    /// The number of its bus.
    #[serde(default)]
    pub bus: u32,
    /// Its slot.
    #[serde(default)]
    pub slot: u32,
    /// Its function.
    #[serde(default)]
    pub function: u32,
    /// Its id; empty where it has none.
    #[serde(default)]
    pub qdev_id: String,
    /// What it is.
    pub class_info: Option<PciClass>,
    /// Vendor and device.
    pub id: Option<PciId>,
    /// What lies behind it, for a bridge.
    pub pci_bridge: Option<PciBridgeInfo>,
}

/// The class of a PCI device.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciClass {
    /// In words, where QEMU knows them.
    pub desc: Option<String>,
    /// The class code.
    #[serde(default)]
    pub class: u32,
}

/// Vendor and device of a PCI device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciId {
    /// The device.
    #[serde(default)]
    pub device: u32,
    /// The vendor.
    #[serde(default)]
    pub vendor: u32,
}

/// What lies behind a bridge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciBridgeInfo {
    /// The devices; empty where the bus has no number yet.
    #[serde(default)]
    pub devices: Vec<PciDeviceInfo>,
}

commands! {
    QueryPci: "query-pci" => Vec<PciBusInfo>;
}
