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
            parent: NodeParent::from(parent),
            mdev,
        }
    }

    /// A virtual Fibre Channel adapter, at whatever adapter can have one more, with names the host chooses.
    pub fn virtual_hba() -> VirtualHbaBuilder {
        VirtualHbaBuilder {
            parent: None,
            port: NestedCapability::of(NestedCapabilityKind::FcHost),
        }
    }
}

/// Builds a mediated device, to be created (it is gone when the host restarts) or defined.
#[derive(Debug, Clone)]
#[must_use]
pub struct MediatedDeviceBuilder {
    parent: NodeParent,
    mdev: NodeCapability,
}

impl MediatedDeviceBuilder {
    /// The UUID; the host chooses one unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.mdev.uuid = Some(uuid);
        self
    }

    /// An attribute, set when the device starts, after those said before.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.mdev.attributes.push(MediatedAttribute {
            name: Some(name.into()),
            value: Some(value.into()),
            ..MediatedAttribute::default()
        });
        self
    }

    /// The document, checked by [`NodeDeviceConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<NodeDeviceConfig, XmlError> {
        checked(Some(self.parent), self.mdev)
    }
}

/// Builds a virtual Fibre Channel adapter.
#[derive(Debug, Clone)]
#[must_use]
pub struct VirtualHbaBuilder {
    parent: Option<NodeParent>,
    port: NestedCapability,
}

impl VirtualHbaBuilder {
    /// The adapter it is made of, by the name of its device, as `scsi_host3`.
    pub fn parent(mut self, name: &str) -> Self {
        self.parent = Some(NodeParent::from(name));
        self
    }

    /// The adapter it is made of, by its world wide names, which stay when devices are numbered anew.
    pub fn parent_names(mut self, wwnn: impl Into<String>, wwpn: impl Into<String>) -> Self {
        self.parent = Some(NodeParent {
            wwnn: Some(wwnn.into()),
            wwpn: Some(wwpn.into()),
            ..NodeParent::default()
        });
        self
    }

    /// Any adapter at that fabric.
    pub fn parent_fabric(mut self, wwn: impl Into<String>) -> Self {
        self.parent = Some(NodeParent {
            fabric_wwn: Some(wwn.into()),
            ..NodeParent::default()
        });
        self
    }

    /// Its world wide node and port name, 16 hexadecimal digits each.
    pub fn names(mut self, wwnn: impl Into<String>, wwpn: impl Into<String>) -> Self {
        self.port.wwnn = Some(wwnn.into());
        self.port.wwpn = Some(wwpn.into());
        self
    }

    /// The document, checked by [`NodeDeviceConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<NodeDeviceConfig, XmlError> {
        let host = NodeCapability {
            capabilities: vec![self.port],
            ..NodeCapability::of(NodeCapabilityKind::ScsiHost)
        };
        checked(self.parent, host)
    }
}

fn checked(parent: Option<NodeParent>, capability: NodeCapability) -> Result<NodeDeviceConfig, XmlError> {
    let device = NodeDeviceConfig {
        parent,
        capabilities: vec![capability],
        ..NodeDeviceConfig::default()
    };
    device.validate()?;
    Ok(device)
}
