//! Devices people ask for.

use uuid::Uuid;

use super::capability::NodeCapability;
use super::device::{NodeDeviceConfig, NodeParent};
use super::kind::{NestedCapabilityKind, NodeCapabilityKind};
use super::nested::{MediatedAttribute, NestedCapability};
use super::system::NodeType;
use crate::xml::XmlError;

impl NodeDeviceConfig {
    /// A mediated device of that type, of the device with that name: `NodeDeviceConfig::mdev("pci_0000_00_02_0",
    /// "i915-GVTg_V5_8")`. The parent's [`mediated_types`](NodeDeviceConfig::mediated_types) are those there can be.
    pub fn mdev(parent: &str, type_id: impl Into<String>) -> MediatedDeviceBuilder {
        let mdev = NodeCapability {
            device_type: Some(NodeType {
                id: Some(type_id.into()),
                ..NodeType::default()
            }),
            ..NodeCapability::of(NodeCapabilityKind::Mdev)
        };
        MediatedDeviceBuilder {
            device: Self {
                parent: Some(NodeParent::from(parent)),
                capabilities: vec![mdev],
                ..Self::default()
            },
        }
    }

    /// A virtual Fibre Channel adapter, at whatever adapter can have one more, with names the host chooses.
    pub fn virtual_hba() -> VirtualHbaBuilder {
        let host = NodeCapability {
            capabilities: vec![NestedCapability::of(NestedCapabilityKind::FcHost)],
            ..NodeCapability::of(NodeCapabilityKind::ScsiHost)
        };
        VirtualHbaBuilder {
            device: Self {
                capabilities: vec![host],
                ..Self::default()
            },
        }
    }
}

/// Builds a mediated device, to be created (it is gone when the host restarts) or defined.
#[derive(Debug, Clone)]
#[must_use]
pub struct MediatedDeviceBuilder {
    device: NodeDeviceConfig,
}

impl MediatedDeviceBuilder {
    /// The UUID; the host chooses one unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.change(|mdev| mdev.uuid = Some(uuid));
        self
    }

    /// An attribute, set when the device starts, after those said before.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let attribute = MediatedAttribute {
            name: Some(name.into()),
            value: Some(value.into()),
            ..MediatedAttribute::default()
        };
        self.change(|mdev| mdev.attributes.push(attribute));
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut NodeDeviceConfig)) -> Self {
        change(&mut self.device);
        self
    }

    /// The document, checked by [`NodeDeviceConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<NodeDeviceConfig, XmlError> {
        self.device.validate()?;
        Ok(self.device)
    }

    fn change(&mut self, change: impl FnOnce(&mut NodeCapability)) {
        change_first(&mut self.device.capabilities, change);
    }
}

/// Builds a virtual Fibre Channel adapter.
#[derive(Debug, Clone)]
#[must_use]
pub struct VirtualHbaBuilder {
    device: NodeDeviceConfig,
}

impl VirtualHbaBuilder {
    /// The adapter it is made of, by the name of its device, as `scsi_host3`.
    pub fn parent(mut self, name: &str) -> Self {
        self.device.parent = Some(NodeParent::from(name));
        self
    }

    /// The adapter it is made of, by its world wide names, which stay when devices are numbered anew.
    pub fn parent_names(mut self, wwnn: impl Into<String>, wwpn: impl Into<String>) -> Self {
        self.device.parent = Some(NodeParent {
            wwnn: Some(wwnn.into()),
            wwpn: Some(wwpn.into()),
            ..NodeParent::default()
        });
        self
    }

    /// Any adapter at that fabric.
    pub fn parent_fabric(mut self, wwn: impl Into<String>) -> Self {
        self.device.parent = Some(NodeParent {
            fabric_wwn: Some(wwn.into()),
            ..NodeParent::default()
        });
        self
    }

    /// Its world wide node and port name, 16 hexadecimal digits each.
    pub fn names(mut self, wwnn: impl Into<String>, wwpn: impl Into<String>) -> Self {
        let (wwnn, wwpn) = (wwnn.into(), wwpn.into());
        change_first(&mut self.device.capabilities, |host| {
            change_first(&mut host.capabilities, |port| {
                port.wwnn = Some(wwnn);
                port.wwpn = Some(wwpn);
            });
        });
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut NodeDeviceConfig)) -> Self {
        change(&mut self.device);
        self
    }

    /// The document, checked by [`NodeDeviceConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<NodeDeviceConfig, XmlError> {
        self.device.validate()?;
        Ok(self.device)
    }
}

/// Changes the first of a list, a new one where there is none.
fn change_first<T: Default>(list: &mut Vec<T>, change: impl FnOnce(&mut T)) {
    if list.is_empty() {
        list.push(T::default());
    }
    if let Some(first) = list.first_mut() {
        change(first);
    }
}
