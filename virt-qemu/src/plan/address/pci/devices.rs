//! The devices that sit on PCI buses, in the order libvirt serves them, and what each needs.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Address, AddressType, Controller, ControllerType, DiskBus, Interface, MemBalloonModel, PanicModel,
    VirtioModel,
};

use super::super::super::machine::MachineFamily;
use super::bus::{BusModel, Connect};

/// A device that sits on a PCI bus.
#[derive(Debug)]
pub(crate) struct PciDevice<'a> {
    /// The element's name and its place in its list.
    pub(crate) name: &'static str,
    pub(crate) index: usize,
    pub(crate) needs: Connect,
    pub(crate) address: &'a mut Option<Address>,
    /// The only function it can have, and the group it shares a slot with.
    pub(crate) companion: Option<(u8, u32)>,
}

impl PciDevice<'_> {
    /// Whether an address is to be found for it.
    pub(crate) fn wants_address(&self) -> bool {
        match self.address.as_ref() {
            None => true,
            Some(address) => match (&address.kind, address.pci()) {
                (Some(AddressType::Pci), Some(place)) => {
                    place.domain() == 0 && place.bus() == 0 && place.slot() == 0
                }
                _ => false,
            },
        }
    }
}

/// What devices of a machine need.
#[derive(Debug, Clone, Copy)]
struct Needs {
    /// A device made for conventional PCI.
    pci: Connect,
    /// A device made for PCI Express.
    express: Connect,
}

impl Needs {
    fn of(family: MachineFamily) -> Self {
        let pci = Connect::PCI_DEVICE.and(Connect::HOTPLUG);
        let express = if family.has_pcie() {
            Connect::PCIE_DEVICE.and(Connect::HOTPLUG)
        } else {
            pci
        };
        Self { pci, express }
    }

    fn virtio(self, transitional: bool) -> Connect {
        if transitional { self.pci } else { self.express }
    }

    fn controller(self, controller: &Controller) -> Connect {
        let model = controller.model.as_deref().unwrap_or_default();
        match controller.kind {
            Some(ControllerType::Pci) => BusModel::parse(model).map_or(Connect::NONE, BusModel::needs),
            Some(ControllerType::Usb) => match model {
                "none" => Connect::NONE,
                "qemu-xhci" | "nec-xhci" => self.express,
                _ => self.pci,
            },
            Some(ControllerType::VirtioSerial) => self.virtio(model == "virtio-transitional"),
            Some(ControllerType::Scsi) => match model {
                "virtio-scsi" | "virtio-non-transitional" => self.express,
                _ => self.pci,
            },
            Some(ControllerType::Sata | ControllerType::Ide) => self.pci,
            _ => Connect::NONE,
        }
    }

    fn interface(self, interface: &Interface) -> Connect {
        match interface.model.as_ref().and_then(|model| model.kind.as_deref()) {
            Some("virtio" | "virtio-non-transitional" | "e1000e" | "vmxnet3") => self.express,
            _ => self.pci,
        }
    }
}

/// All devices on PCI buses: PCI controllers, interfaces, other controllers, disks, balloon, generators, watchdogs and
/// panic notifiers, in this order.
pub(crate) fn in_order(config: &mut DomainConfig, family: MachineFamily) -> Vec<PciDevice<'_>> {
    let needs = Needs::of(family);
    let devices = config.devices_mut();
    let mut found: Vec<PciDevice<'_>> = Vec::new();
    let (mut bridges, mut others) = (Vec::new(), Vec::new());
    for (index, controller) in devices.controllers.iter_mut().enumerate() {
        let connect = needs.controller(controller);
        let companion = companion(controller);
        let is_pci = controller.kind == Some(ControllerType::Pci);
        // The machine's own controllers are placed by the chipset, not in turn.
        let device = PciDevice {
            name: "controller",
            index,
            needs: connect,
            address: &mut controller.address,
            companion,
        };
        if is_pci {
            bridges.push(device)
        } else {
            others.push(device)
        }
    }
    found.append(&mut bridges);
    for (index, interface) in devices.interfaces.iter_mut().enumerate() {
        let connect = needs.interface(interface);
        found.push(PciDevice {
            name: "interface",
            index,
            needs: connect,
            address: &mut interface.address,
            companion: None,
        });
    }
    found.append(&mut others);
    for (index, disk) in devices.disks.iter_mut().enumerate() {
        if disk.target.as_ref().and_then(|target| target.bus.as_ref()) == Some(&DiskBus::Virtio) {
            let connect = needs.virtio(disk.model.as_deref() == Some("virtio-transitional"));
            found.push(PciDevice {
                name: "disk",
                index,
                needs: connect,
                address: &mut disk.address,
                companion: None,
            });
        }
    }
    if let Some(balloon) = &mut devices.memballoon
        && balloon.model != Some(MemBalloonModel::None)
    {
        let connect = needs.virtio(balloon.model == Some(MemBalloonModel::VirtioTransitional));
        found.push(PciDevice {
            name: "memballoon",
            index: 0,
            needs: connect,
            address: &mut balloon.address,
            companion: None,
        });
    }
    for (index, rng) in devices.rngs.iter_mut().enumerate() {
        let connect = needs.virtio(rng.model == Some(VirtioModel::VirtioTransitional));
        found.push(PciDevice {
            name: "rng",
            index,
            needs: connect,
            address: &mut rng.address,
            companion: None,
        });
    }
    for (index, watchdog) in devices.watchdogs.iter_mut().enumerate() {
        if watchdog.model.as_deref() == Some("i6300esb") {
            found.push(PciDevice {
                name: "watchdog",
                index,
                needs: needs.pci,
                address: &mut watchdog.address,
                companion: None,
            });
        }
    }
    for (index, panic) in devices.panics.iter_mut().enumerate() {
        if panic.model == Some(PanicModel::Pvpanic) {
            found.push(PciDevice {
                name: "panic",
                index,
                needs: needs.pci,
                address: &mut panic.address,
                companion: None,
            });
        }
    }
    found
}

/// The function an ICH9 USB part has in the slot it shares with the parts of the same index.
fn companion(controller: &Controller) -> Option<(u8, u32)> {
    if controller.kind != Some(ControllerType::Usb) {
        return None;
    }
    let function = match controller.model.as_deref()? {
        "ich9-ehci1" => 7,
        "ich9-uhci1" => 0,
        "ich9-uhci2" => 1,
        "ich9-uhci3" => 2,
        _ => return None,
    };
    Some((function, controller.index.unwrap_or(0)))
}
