//! Where a device sits, and what it is called; for all devices alike.

use crate::model::value::{AddressNumber, Hex8, Hex32, Hex64, HexWord, OnOff, PciAddress};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which kind of address it is.
    pub enum AddressType {
        Pci = "pci",
        /// On a disk controller.
        Drive = "drive",
        /// On a virtio-serial controller.
        VirtioSerial = "virtio-serial",
        /// On a smart card controller.
        Ccid = "ccid",
        Usb = "usb",
        /// On POWER's virtual I/O bus.
        SpaprVio = "spapr-vio",
        /// On IBM Z's channel subsystem.
        Ccw = "ccw",
        /// Memory mapped, without a bus.
        VirtioMmio = "virtio-mmio",
        Isa = "isa",
        /// In a memory slot.
        Dimm = "dimm",
        /// None yet; the guest does not see the device.
        Unassigned = "unassigned",
        /// On IBM Z's older virtio bus.
        VirtioS390 = "virtio-s390",
        /// A mediated device of the host.
        Mdev = "mdev",
    }
}

/// `<address>`: where a device sits. Which fields count depends on the kind.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Address {
    /// Which kind it is.
    #[xml(attr = "type")]
    pub kind: Option<AddressType>,
    /// PCI: the domain, 0 to 0xffff.
    #[xml(attr)]
    pub domain: Option<Hex32>,
    /// Drive, virtio-serial, ccid: the controller.
    #[xml(attr)]
    pub controller: Option<u32>,
    /// PCI: the bus, 0 to 0xff. Drive, virtio-serial, USB: the bus, written in decimal.
    #[xml(attr)]
    pub bus: Option<AddressNumber>,
    /// PCI: the slot, 0 to 0x1f. ccid, dimm: the slot, written in decimal.
    #[xml(attr)]
    pub slot: Option<AddressNumber>,
    /// PCI: the function, 0 to 7.
    #[xml(attr)]
    pub function: Option<Hex8>,
    /// PCI: whether other functions of the slot are used.
    #[xml(attr)]
    pub multifunction: Option<OnOff>,
    /// Drive: the target.
    #[xml(attr)]
    pub target: Option<u32>,
    /// Drive: the unit.
    #[xml(attr)]
    pub unit: Option<u64>,
    /// virtio-serial: the port. USB: the ports from hub to hub, as `1.2`.
    #[xml(attr)]
    pub port: Option<String>,
    /// spapr-vio: the register.
    #[xml(attr)]
    pub reg: Option<HexWord>,
    /// ccw: the subsystem, 0 to 0xfe.
    #[xml(attr)]
    pub cssid: Option<Hex8>,
    /// ccw: the subchannel set, 0 to 3.
    #[xml(attr)]
    pub ssid: Option<Hex8>,
    /// ccw: the device, 0 to 0xffff.
    #[xml(attr)]
    pub devno: Option<Hex32>,
    /// isa: the I/O port.
    #[xml(attr)]
    pub iobase: Option<Hex64>,
    /// isa: the interrupt.
    #[xml(attr)]
    pub irq: Option<Hex64>,
    /// dimm: the physical address.
    #[xml(attr)]
    pub base: Option<Hex64>,
    /// mdev: the UUID of the device.
    #[xml(attr)]
    pub uuid: Option<String>,
    /// PCI on IBM Z: the address there.
    #[xml(child)]
    pub zpci: Option<Box<ZpciAddress>>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<zpci>`: the address of a PCI device on IBM Z.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ZpciAddress {
    /// The number of the user, 0x0001 to 0xffff.
    #[xml(attr)]
    pub uid: Option<Hex32>,
    /// The number of the function.
    #[xml(attr)]
    pub fid: Option<HexWord>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<alias>`: the name of a device, as the hypervisor knows it. Names that users give begin with `ua-`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Alias {
    /// The name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<acpi>` of a device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DeviceAcpi {
    /// The index the guest sees through ACPI, 1 to 16383.
    #[xml(attr)]
    pub index: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<boot>` of a device: its place in the boot order.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DeviceBoot {
    /// The place, from 1.
    #[xml(attr)]
    pub order: Option<u32>,
    /// IBM Z: what the loader is told.
    #[xml(attr)]
    pub loadparm: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Address {
    /// An address of that kind, nothing said.
    pub fn of(kind: AddressType) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// A place on a disk controller.
    pub fn drive(controller: u32, bus: u32, target: u32, unit: u64) -> Self {
        Self {
            controller: Some(controller),
            bus: Some(AddressNumber::decimal(bus)),
            target: Some(target),
            unit: Some(unit),
            ..Self::of(AddressType::Drive)
        }
    }

    /// A port of a virtio-serial controller.
    pub fn virtio_serial(controller: u32, bus: u32, port: u32) -> Self {
        Self {
            controller: Some(controller),
            bus: Some(AddressNumber::decimal(bus)),
            port: Some(port.to_string()),
            ..Self::of(AddressType::VirtioSerial)
        }
    }

    /// A port of a USB bus, as `1` or `1.2`.
    pub fn usb(bus: u32, port: impl Into<String>) -> Self {
        Self {
            bus: Some(AddressNumber::decimal(bus)),
            port: Some(port.into()),
            ..Self::of(AddressType::Usb)
        }
    }

    /// The PCI address, when this is one and all that is said is in range. Domain, bus, slot and function are 0
    /// unless said.
    pub fn pci(&self) -> Option<PciAddress> {
        if self.kind != Some(AddressType::Pci) {
            return None;
        }
        let domain = u16::try_from(self.domain.unwrap_or_default().0).ok()?;
        let bus = u8::try_from(self.bus.unwrap_or_default().value()).ok()?;
        let slot = u8::try_from(self.slot.unwrap_or_default().value()).ok()?;
        PciAddress::new(domain, bus, slot, self.function.unwrap_or_default().0)
    }
}

impl From<PciAddress> for Address {
    fn from(place: PciAddress) -> Self {
        Self {
            domain: Some(Hex32(u32::from(place.domain()))),
            bus: Some(AddressNumber::hexadecimal(u32::from(place.bus()))),
            slot: Some(AddressNumber::hexadecimal(u32::from(place.slot()))),
            function: Some(Hex8(place.function())),
            ..Self::of(AddressType::Pci)
        }
    }
}
