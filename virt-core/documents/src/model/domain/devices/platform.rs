//! IOMMU, NVRAM, crypto device, persistent store, leases.

use super::address::{Address, Alias, DeviceAcpi};
use super::virtio::VirtioDriver;
use crate::model::domain::memory::ScaledKib;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement};

/// `<iommu>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "iommu")]
#[non_exhaustive]
pub struct Iommu {
    /// `intel`, `smmuv3`, `virtio`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Options.
    #[xml(child)]
    pub driver: Option<IommuDriver>,
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

/// `<driver>` of an IOMMU.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IommuDriver {
    /// Interrupts are remapped.
    #[xml(attr)]
    pub intremap: Option<OnOff>,
    /// Caching mode.
    #[xml(attr)]
    pub caching_mode: Option<OnOff>,
    /// Extended interrupt mode.
    #[xml(attr)]
    pub eim: Option<OnOff>,
    /// Device TLBs.
    #[xml(attr)]
    pub iotlb: Option<OnOff>,
    /// Width of addresses in bits.
    #[xml(attr)]
    pub aw_bits: Option<u32>,
    /// Addresses are translated.
    #[xml(attr)]
    pub dma_translation: Option<OnOff>,
    /// x2APIC.
    #[xml(attr)]
    pub xtsup: Option<OnOff>,
    /// Pass-through.
    #[xml(attr)]
    pub pt: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<nvram>` of `<devices>`: NVRAM of POWER.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "nvram")]
#[non_exhaustive]
pub struct NvramDevice {
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

/// `<crypto>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "crypto")]
#[non_exhaustive]
pub struct CryptoDevice {
    /// `virtio`.
    #[xml(attr)]
    pub model: Option<String>,
    /// `qemu`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Who does it.
    #[xml(child)]
    pub backend: Option<CryptoBackend>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
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

/// `<backend>` of a crypto device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CryptoBackend {
    /// `builtin`, `lkcf`.
    #[xml(attr)]
    pub model: Option<String>,
    /// How many queues.
    #[xml(attr)]
    pub queues: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pstore>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "pstore")]
#[non_exhaustive]
pub struct Pstore {
    /// `acpi-erst`.
    #[xml(attr)]
    pub backend: Option<String>,
    /// The file.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Its size.
    #[xml(child)]
    pub size: Option<ScaledKib>,
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

/// `<lease>`: a lock a manager of leases holds.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "lease")]
#[non_exhaustive]
pub struct Lease {
    /// The lock space.
    #[xml(leaf)]
    pub lockspace: Option<String>,
    /// The key.
    #[xml(leaf)]
    pub key: Option<String>,
    /// Where it is.
    #[xml(child)]
    pub target: Option<LeaseTarget>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a lease.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LeaseTarget {
    /// The file.
    #[xml(attr)]
    pub path: Option<String>,
    /// Where in it, in bytes.
    #[xml(attr)]
    pub offset: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
