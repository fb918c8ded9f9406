//! What a device says, in the types one goes on with.

use super::capability::NodeCapability;
use super::device::{DevNodeKind, NodeDeviceConfig};
use super::kind::{NestedCapabilityKind, NodeCapabilityKind};
use super::nested::{MediatedType, NestedCapability};
use crate::model::domain::devices::{Address, AddressType};
use crate::model::value::PciAddress;
use crate::xml::trimmed;

impl NodeDeviceConfig {
    /// What the device is, by the first of its capabilities.
    pub fn kind(&self) -> Option<&NodeCapabilityKind> {
        self.capabilities.first()?.kind.as_ref()
    }

    /// What the device says as one of that kind.
    pub fn capability(&self, kind: &NodeCapabilityKind) -> Option<&NodeCapability> {
        self.capabilities
            .iter()
            .find(|capability| capability.kind.as_ref() == Some(kind))
    }

    /// What the device says of something it can do, whatever it is.
    pub fn nested(&self, kind: &NestedCapabilityKind) -> Option<&NestedCapability> {
        self.capabilities
            .iter()
            .find_map(|capability| capability.nested(kind))
    }

    /// The name of the device it sits on.
    pub fn parent_name(&self) -> Option<&str> {
        let name = self.parent.as_ref()?.name.as_deref()?;
        (!name.is_empty()).then_some(name)
    }

    /// Its node below `/dev`.
    pub fn dev_path(&self) -> Option<&str> {
        let node = self
            .devnodes
            .iter()
            .find(|node| node.kind == Some(DevNodeKind::Dev))?;
        node.path.as_deref()
    }

    /// The place of a PCI device.
    pub fn pci_address(&self) -> Option<PciAddress> {
        let pci = self.capability(&NodeCapabilityKind::Pci)?;
        PciAddress::new(
            u16::try_from(pci.domain?).ok()?,
            trimmed(pci.bus.as_deref()?).parse().ok()?,
            u8::try_from(pci.slot?).ok()?,
            u8::try_from(pci.function?).ok()?,
        )
    }

    /// The number of the IOMMU group, of PCI and mediated devices.
    pub fn iommu_group(&self) -> Option<u32> {
        self.capabilities
            .iter()
            .find_map(|capability| capability.iommu_group.as_ref()?.number)
    }

    /// The PCI devices that can only be handed to a guest with this one, itself among them.
    pub fn iommu_devices(&self) -> Vec<PciAddress> {
        let group = self
            .capabilities
            .iter()
            .find_map(|capability| capability.iommu_group.as_ref());
        places(group.map(|group| group.addresses.as_slice()).unwrap_or_default())
    }

    /// The physical function of a virtual one.
    pub fn physical_function(&self) -> Option<PciAddress> {
        let function = self.nested(&NestedCapabilityKind::PhysicalFunction)?;
        function.addresses.first().and_then(place)
    }

    /// The virtual functions there are of a physical one.
    pub fn virtual_functions(&self) -> Vec<PciAddress> {
        let functions = self.nested(&NestedCapabilityKind::VirtualFunctions);
        places(
            functions
                .map(|functions| functions.addresses.as_slice())
                .unwrap_or_default(),
        )
    }

    /// The name of a network interface.
    pub fn interface_name(&self) -> Option<&str> {
        self.capability(&NodeCapabilityKind::Net)?.interface.as_deref()
    }

    /// The path of a block device.
    pub fn block_path(&self) -> Option<&str> {
        self.capability(&NodeCapabilityKind::Storage)?.block.as_deref()
    }

    /// The size in bytes of a block device, or of the media in it.
    pub fn storage_size(&self) -> Option<u64> {
        let storage = self.capability(&NodeCapabilityKind::Storage)?;
        match storage.nested(&NestedCapabilityKind::Removable) {
            Some(removable) => removable.media_size,
            None => storage.size,
        }
    }

    /// The kinds of mediated devices that can be made of it.
    pub fn mediated_types(&self) -> &[MediatedType] {
        self.nested(&NestedCapabilityKind::MdevTypes)
            .map(|nested| nested.types.as_slice())
            .unwrap_or_default()
    }

    /// Which kind of mediated device it is.
    pub fn mediated_type(&self) -> Option<&str> {
        let mdev = self.capability(&NodeCapabilityKind::Mdev)?;
        mdev.device_type.as_ref()?.id.as_deref()
    }

    /// World wide node and port name of a Fibre Channel adapter.
    pub fn world_wide_names(&self) -> Option<(&str, &str)> {
        let host = self
            .capability(&NodeCapabilityKind::ScsiHost)?
            .nested(&NestedCapabilityKind::FcHost)?;
        Some((host.wwnn.as_deref()?, host.wwpn.as_deref()?))
    }

    /// Whether virtual Fibre Channel adapters can be made of it.
    pub fn can_make_virtual_hbas(&self) -> bool {
        self.nested(&NestedCapabilityKind::VportOps).is_some()
    }
}

impl NodeCapability {
    /// What is said of something the device can do.
    pub fn nested(&self, kind: &NestedCapabilityKind) -> Option<&NestedCapability> {
        self.capabilities
            .iter()
            .find(|nested| nested.kind.as_ref() == Some(kind))
    }
}

/// The place an `<address>` without a type means; what is not said is 0.
pub(super) fn place(address: &Address) -> Option<PciAddress> {
    let mut address = address.clone();
    address.kind = Some(AddressType::Pci);
    address.pci()
}

fn places(addresses: &[Address]) -> Vec<PciAddress> {
    addresses.iter().filter_map(place).collect()
}
