//! Memory modules.

use uuid::Uuid;

use super::address::{Address, Alias, DeviceAcpi};
use crate::model::domain::memory::{MemoryAccess, ScaledKib};
use crate::model::value::{CpuSet, Hex64, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<memory>` of `<devices>`: a memory module.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "memory")]
#[non_exhaustive]
pub struct MemoryDevice {
    /// `dimm`, `nvdimm`, `virtio-pmem`, `virtio-mem`, `sgx-epc`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Who else can see it.
    #[xml(attr)]
    pub access: Option<MemoryAccess>,
    /// Whether it is thrown away when the guest stops.
    #[xml(attr)]
    pub discard: Option<YesNo>,
    /// nvdimm on POWER: the UUID.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// What it is made of.
    #[xml(child)]
    pub source: Option<MemoryDeviceSource>,
    /// What the guest sees.
    #[xml(child)]
    pub target: Option<MemoryDeviceTarget>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of a memory module.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryDeviceSource {
    /// The nodes of the host.
    #[xml(leaf)]
    pub nodemask: Option<CpuSet>,
    /// The size of pages.
    #[xml(child = "pagesize")]
    pub page_size: Option<ScaledKib>,
    /// nvdimm, virtio-pmem: the file.
    #[xml(leaf)]
    pub path: Option<String>,
    /// nvdimm: the alignment.
    #[xml(child = "alignsize")]
    pub align_size: Option<ScaledKib>,
    /// nvdimm: the file is on persistent memory.
    #[xml(flag)]
    pub pmem: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a memory module.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryDeviceTarget {
    /// virtio-mem: whether slots are made when needed.
    #[xml(attr = "dynamicMemslots")]
    pub dynamic_memslots: Option<YesNo>,
    /// The size.
    #[xml(child)]
    pub size: Option<ScaledKib>,
    /// The node of the guest.
    #[xml(leaf)]
    pub node: Option<u32>,
    /// nvdimm: the label.
    #[xml(child)]
    pub label: Option<MemoryLabel>,
    /// nvdimm: the guest cannot write.
    #[xml(flag)]
    pub readonly: bool,
    /// virtio-mem: the size of a block.
    #[xml(child)]
    pub block: Option<ScaledKib>,
    /// virtio-mem: how much the guest should use.
    #[xml(child)]
    pub requested: Option<ScaledKib>,
    /// virtio-mem: how much the guest uses.
    #[xml(child)]
    pub current: Option<ScaledKib>,
    /// virtio-mem, virtio-pmem: the physical address.
    #[xml(child)]
    pub address: Option<MemoryBase>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<label>` of an nvdimm.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryLabel {
    /// The size.
    #[xml(child)]
    pub size: Option<ScaledKib>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<address>` of a target.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryBase {
    /// The physical address.
    #[xml(attr)]
    pub base: Option<Hex64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
