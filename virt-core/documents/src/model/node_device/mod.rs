//! `<device>`: a device of the host, as the host shows it or as a person asks for it (mediated devices, virtual
//! Fibre Channel adapters).

mod builder;
mod capability;
mod channel;
mod device;
mod id;
mod kind;
mod nested;
mod normalize;
mod pci;
mod query;
mod system;
mod validate;

pub use builder::{MediatedDeviceBuilder, VirtualHbaBuilder};
pub use capability::NodeCapability;
pub use channel::{ChannelAddress, GroupMember, GroupMembers};
pub use device::{DevNode, DevNodeKind, NodeDeviceConfig, NodeDriver, NodeParent};
pub use id::{DeviceClass, HexId};
pub use kind::{
    DrmNode, GroupState, NestedCapabilityKind, NetFeatureName, NetLinkState, NodeCapabilityKind, VpdAccess,
};
pub use nested::{MediatedAttribute, MediatedType, NestedCapability, NetFeature, NetLink};
pub use pci::{
    IommuGroup, NumaNode, PciExpress, PciLink, PciLinkSpeed, PciLinkValidity, VpdField, VpdFields,
};
pub use system::{NodeType, ProductId, SystemFirmware, SystemHardware};
