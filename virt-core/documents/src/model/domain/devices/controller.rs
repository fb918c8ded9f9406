//! Controllers: PCI bridges, disk, USB, serial and smart card controllers.

use super::address::{Address, Alias, DeviceAcpi};
use super::disk::DiskIoThreads;
use crate::model::domain::memory::ScaledKib;
use crate::model::value::{Hex8, OnOff};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a controller controls.
    pub enum ControllerType {
        Pci = "pci",
        Ide = "ide",
        Sata = "sata",
        Scsi = "scsi",
        /// Floppies.
        Fdc = "fdc",
        Usb = "usb",
        VirtioSerial = "virtio-serial",
        /// Smart cards.
        Ccid = "ccid",
        Isa = "isa",
        Xenbus = "xenbus",
        Nvme = "nvme",
    }
}

/// `<controller>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "controller")]
#[non_exhaustive]
pub struct Controller {
    /// What it controls.
    #[xml(attr = "type")]
    pub kind: Option<ControllerType>,
    /// Its number among those of its type.
    #[xml(attr)]
    pub index: Option<u32>,
    /// The model: `virtio-scsi`, `qemu-xhci`, `pcie-root-port`, …
    #[xml(attr)]
    pub model: Option<String>,
    /// virtio-serial, USB: how many ports it has.
    #[xml(attr)]
    pub ports: Option<u32>,
    /// virtio-serial: how many interrupt vectors it has.
    #[xml(attr)]
    pub vectors: Option<u32>,
    /// Xen: the largest number of grant frames.
    #[xml(attr = "maxGrantFrames")]
    pub max_grant_frames: Option<u32>,
    /// Xen: the largest number of event channels.
    #[xml(attr = "maxEventChannels")]
    pub max_event_channels: Option<u32>,
    /// PCI: the device that does it.
    #[xml(child = "model")]
    pub device_model: Option<ControllerModel>,
    /// PCI: its place among its like.
    #[xml(child)]
    pub target: Option<ControllerTarget>,
    /// Options.
    #[xml(child)]
    pub driver: Option<ControllerDriver>,
    /// PCI: the size of the hole for 64-bit addresses, in KiB unless a unit is said.
    #[xml(child)]
    pub pcihole64: Option<ScaledKib>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// USB: the first port of a companion.
    #[xml(child)]
    pub master: Option<UsbMaster>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of a PCI controller.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ControllerModel {
    /// `pcie-root-port`, `ioh3420`, `pxb`, …
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a PCI controller.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ControllerTarget {
    /// The number of the chassis, of a bridge.
    #[xml(attr = "chassisNr")]
    pub chassis_nr: Option<u32>,
    /// The number of the chassis.
    #[xml(attr)]
    pub chassis: Option<u32>,
    /// The number of the port.
    #[xml(attr)]
    pub port: Option<Hex8>,
    /// The number of the bus.
    #[xml(attr = "busNr")]
    pub bus_nr: Option<u32>,
    /// POWER: the number of the host bridge.
    #[xml(attr)]
    pub index: Option<u32>,
    /// Whether devices can be plugged.
    #[xml(attr)]
    pub hotplug: Option<OnOff>,
    /// Memory kept for devices plugged later, in KiB.
    #[xml(attr = "memReserve")]
    pub mem_reserve: Option<u64>,
    /// The NUMA node.
    #[xml(leaf)]
    pub node: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a controller.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ControllerDriver {
    /// How many queues there are.
    #[xml(attr)]
    pub queues: Option<u32>,
    /// SCSI: commands in flight for a unit.
    #[xml(attr)]
    pub cmd_per_lun: Option<u32>,
    /// SCSI: the longest request, in sectors.
    #[xml(attr)]
    pub max_sectors: Option<u32>,
    /// Whether requests are handled outside the virtual CPU.
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    /// The I/O thread, from 1.
    #[xml(attr)]
    pub iothread: Option<u32>,
    /// Whether addresses go through an IOMMU.
    #[xml(attr)]
    pub iommu: Option<OnOff>,
    /// Whether address translations are cached by the device.
    #[xml(attr)]
    pub ats: Option<OnOff>,
    /// Whether packed rings are used.
    #[xml(attr)]
    pub packed: Option<OnOff>,
    /// Whether each queue has a page of its own.
    #[xml(attr)]
    pub page_per_vq: Option<OnOff>,
    /// The I/O threads, when there are several.
    #[xml(child)]
    pub iothreads: Option<DiskIoThreads>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<master>`: the first port of a companion USB controller.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct UsbMaster {
    /// The port, from 0.
    #[xml(attr)]
    pub startport: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
