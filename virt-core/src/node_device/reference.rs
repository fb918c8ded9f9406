//! Which device.

use std::fmt;

use crate::error::Subject;

/// Which device of a machine, by its name: `pci_0000_00_02_0`, `net_eth0_52_54_00_12_34_56`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NodeDeviceRef {
    /// Its name, unique on its machine.
    pub name: String,
}

impl NodeDeviceRef {
    /// A reference to the device of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl fmt::Display for NodeDeviceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl From<&NodeDeviceRef> for Subject {
    fn from(device: &NodeDeviceRef) -> Self {
        Self::NodeDevice(device.name.clone())
    }
}
