//! What a device is.

use uuid::Uuid;

use super::channel::{ChannelAddress, GroupMembers};
use super::id::DeviceClass;
use super::kind::{GroupState, NodeCapabilityKind};
use super::nested::{MediatedAttribute, NestedCapability, NetFeature, NetLink};
use super::pci::{IommuGroup, NumaNode, PciExpress};
use super::system::{NodeType, ProductId, SystemFirmware, SystemHardware};
use crate::model::value::{Hex8, Hex16, Hex32};
use crate::xml::{Rest, XmlElement};

/// `<capability>` of `<device>`: what a device is. Which fields count depends on the kind.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NodeCapability {
    /// What the device is.
    #[xml(attr = "type")]
    pub kind: Option<NodeCapabilityKind>,
    /// ccw, ccwgroup: whether it works.
    #[xml(leaf)]
    pub state: Option<GroupState>,
    /// usb: the number of the interface.
    #[xml(leaf)]
    pub number: Option<u32>,
    /// pci, usb: the class; of PCI devices since libvirt 5.2.
    #[xml(leaf)]
    pub class: Option<DeviceClass>,
    /// usb: the subclass.
    #[xml(leaf)]
    pub subclass: Option<u32>,
    /// usb: the protocol.
    #[xml(leaf)]
    pub protocol: Option<u32>,
    /// usb: what the interface says of itself.
    #[xml(leaf)]
    pub description: Option<String>,
    /// net: the name of the interface.
    #[xml(leaf)]
    pub interface: Option<String>,
    /// net: its hardware address; of Ethernet as `52:54:00:12:34:56`, longer elsewhere.
    #[xml(leaf)]
    pub address: Option<String>,
    /// net: its link; the host says it, nobody sets it.
    #[xml(child)]
    pub link: Option<NetLink>,
    /// net: what it can do in hardware.
    #[xml(child = "feature")]
    pub features: Vec<NetFeature>,
    /// scsi, scsi_host: the number of the host adapter.
    #[xml(leaf)]
    pub host: Option<u32>,
    /// scsi_host: the number of the hardware, which lasts longer than `host`; since libvirt 1.2.7.
    #[xml(leaf)]
    pub unique_id: Option<i32>,
    /// storage: the block device, as `/dev/sda`.
    #[xml(leaf)]
    pub block: Option<String>,
    /// pci: the domain.
    #[xml(leaf)]
    pub domain: Option<u32>,
    /// pci, usb_device, scsi: the number of the bus; storage: its name.
    #[xml(leaf)]
    pub bus: Option<String>,
    /// usb_device: the number of the device.
    #[xml(leaf)]
    pub device: Option<u32>,
    /// pci: the slot.
    #[xml(leaf)]
    pub slot: Option<u32>,
    /// pci: the function.
    #[xml(leaf)]
    pub function: Option<u32>,
    /// scsi: the number of the target; scsi_target: its name, as `target0:0:0`.
    #[xml(leaf)]
    pub target: Option<String>,
    /// scsi: the logical unit.
    #[xml(leaf)]
    pub lun: Option<u64>,
    /// storage: `disk`, `cdrom`, `floppy`, `tape`.
    #[xml(leaf)]
    pub drive_type: Option<String>,
    /// pci, usb_device: the product, by number and name; system: by name.
    #[xml(child)]
    pub product: Option<ProductId>,
    /// storage: the model.
    #[xml(leaf)]
    pub model: Option<String>,
    /// pci, usb_device: the vendor, by number and name; storage: by name.
    #[xml(child)]
    pub vendor: Option<ProductId>,
    /// storage: the serial number.
    #[xml(leaf)]
    pub serial: Option<String>,
    /// system: the machine.
    #[xml(child)]
    pub hardware: Option<SystemHardware>,
    /// system: its firmware.
    #[xml(child)]
    pub firmware: Option<SystemFirmware>,
    /// mdev: which of its parent's types it has; scsi: what it is, as `disk`; drm: which node it is.
    #[xml(child = "type")]
    pub device_type: Option<NodeType>,
    /// mdev: the UUID; the host chooses one unless said.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// mdev: the address of its parent; the host says it, nobody sets it.
    #[xml(leaf)]
    pub parent_addr: Option<String>,
    /// storage: the size in bytes, where media can't be changed.
    #[xml(leaf)]
    pub size: Option<u64>,
    /// storage: the size of a block in bytes, where media can't be changed.
    #[xml(leaf)]
    pub logical_block_size: Option<u64>,
    /// storage: how many blocks there are, where media can't be changed.
    #[xml(leaf)]
    pub num_blocks: Option<u64>,
    /// ccw, ccwgroup, css: the channel subsystem, 0 to 0xfe.
    #[xml(leaf)]
    pub cssid: Option<Hex8>,
    /// ccw, ccwgroup, css: the subchannel set, 0 to 3.
    #[xml(leaf)]
    pub ssid: Option<Hex8>,
    /// ccw, ccwgroup, css: the device, 0 to 0xffff.
    #[xml(leaf)]
    pub devno: Option<Hex32>,
    /// ccwgroup: the devices it is made of.
    #[xml(child)]
    pub members: Option<GroupMembers>,
    /// css: the channel device behind the subchannel.
    #[xml(child)]
    pub channel_dev_addr: Option<ChannelAddress>,
    /// ap_card, ap_queue: the card, 0 to 0xff.
    #[xml(leaf = "ap-adapter")]
    pub ap_adapter: Option<Hex16>,
    /// ap_queue: the domain, 0 to 0xff.
    #[xml(leaf = "ap-domain")]
    pub ap_domain: Option<Hex32>,
    /// scsi_generic: the node, as `/dev/sg0`.
    #[xml(leaf = "char")]
    pub char_node: Option<String>,
    /// vdpa: the node, as `/dev/vhost-vdpa-0`.
    #[xml(leaf)]
    pub chardev: Option<String>,
    /// What the device can do beside being what it is.
    #[xml(child = "capability")]
    pub capabilities: Vec<NestedCapability>,
    /// pci, mdev: what can only be handed to a guest together.
    #[xml(child = "iommuGroup")]
    pub iommu_group: Option<IommuGroup>,
    /// mdev: attributes set when it starts, in this order.
    #[xml(child = "attr")]
    pub attributes: Vec<MediatedAttribute>,
    /// pci: the NUMA node it is near to; since libvirt 1.2.5.
    #[xml(child)]
    pub numa: Option<NumaNode>,
    /// pci: its PCI Express links; since libvirt 1.2.6.
    #[xml(child = "pci-express")]
    pub pci_express: Option<PciExpress>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl NodeCapability {
    /// A capability of that kind, nothing said.
    pub fn of(kind: NodeCapabilityKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }
}
