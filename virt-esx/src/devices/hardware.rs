//! The devices that a machine has, by where they sit.

use super::group::Group;
use super::made;
use super::slot::Slot;
use crate::vim::{
    AnyVirtualDevice, VirtualCdrom, VirtualController, VirtualDisk, VirtualEthernetCard, VirtualFloppy,
    VirtualIDEController, VirtualMachineVideoCard, VirtualNVMEController, VirtualPCIController,
    VirtualParallelPort, VirtualSATAController, VirtualSCSIController, VirtualSCSIPassthrough,
    VirtualSIOController, VirtualSerialPort, VirtualSoundCard, VirtualUSBController,
    VirtualUSBXHCIController,
};
use crate::vmx::convert::{Bus, Place};

/// The keys that the devices of every machine have.
const PCI: i32 = 100;
const SUPER_IO: i32 = 400;
const IDE: i32 = 200;
const VIDEO: i32 = 500;
/// Where the keys of kinds of devices begin, which are numbered in a file.
const CARDS: i32 = 4_000;
const FLOPPIES: i32 = 8_000;
const SERIALS: i32 = 9_000;
const PARALLELS: i32 = 10_000;
/// How many keys are a kind's.
const OF_A_KIND: i32 = 100;

/// The devices of a machine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hardware {
    devices: Vec<(Option<Slot>, AnyVirtualDevice)>,
}

impl Hardware {
    /// Those that a server has told.
    pub(crate) fn new(devices: Vec<AnyVirtualDevice>) -> Self {
        let slots: Vec<Option<Slot>> = devices.iter().map(|device| slot_of(device, &devices)).collect();
        Self {
            devices: slots.into_iter().zip(devices).collect(),
        }
    }

    /// Those that a new machine has, whatever is said.
    pub(crate) fn of_a_new_machine() -> Self {
        let controller = |key: i32, number: i32| {
            made(|controller: &mut VirtualController| {
                controller.key = key;
                controller.bus_number = number;
            })
        };
        let ide = |number: i32| VirtualIDEController {
            base: controller(IDE + number, number),
        };
        let video = made(|video: &mut VirtualMachineVideoCard| {
            video.key = VIDEO;
            video.controller_key = Some(PCI);
            video.unit_number = Some(0);
        });
        let pci = VirtualPCIController {
            base: controller(PCI, 0),
        };
        let super_io = VirtualSIOController {
            base: controller(SUPER_IO, 0),
        };
        Self::new(vec![
            ide(0).into(),
            ide(1).into(),
            pci.into(),
            super_io.into(),
            video.into(),
        ])
    }

    /// The devices that a file has a name for.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (Slot, &AnyVirtualDevice)> {
        self.devices
            .iter()
            .filter_map(|(slot, device)| Some(((*slot)?, device)))
    }

    /// What sits there.
    pub(crate) fn at(&self, slot: Slot) -> Option<&AnyVirtualDevice> {
        self.slots()
            .find(|(own, _)| *own == slot)
            .map(|(_, device)| device)
    }

    /// The device that these lines describe. A card is known by its address, whatever number it has.
    pub(super) fn find(&self, slot: Slot, group: &Group) -> Option<&AnyVirtualDevice> {
        if let (Slot::Card(_), Some(address)) = (slot, super::cards::address(group)) {
            let has_it = |device: &&AnyVirtualDevice| {
                let card = device.part::<VirtualEthernetCard>();
                let own = card.and_then(|card| card.mac_address.as_deref());
                own.is_some_and(|own| own.eq_ignore_ascii_case(address))
            };
            let known = self.devices.iter().map(|(_, device)| device).find(has_it);
            if known.is_some() {
                return known;
            }
        }
        self.at(slot)
    }

    /// The key of the controller that devices of this place are on; none where it has none yet.
    pub(super) fn controller_of(&self, slot: Slot) -> Option<i32> {
        let key = |found: Option<&AnyVirtualDevice>, usual: i32| Some(found.map_or(usual, |found| found.key));
        match slot {
            Slot::At(place) => match place.bus {
                Bus::Floppy => key(self.first::<VirtualSIOController>(), SUPER_IO),
                Bus::Ide => {
                    let number = i32::try_from(place.controller).unwrap_or_default();
                    let controller = self.at(Slot::Controller(Bus::Ide, place.controller));
                    key(controller, IDE + number)
                }
                bus => self
                    .at(Slot::Controller(bus, place.controller))
                    .map(|found| found.key),
            },
            Slot::Serial(_) | Slot::Parallel(_) => key(self.first::<VirtualSIOController>(), SUPER_IO),
            Slot::Controller(..) | Slot::Card(_) | Slot::Video | Slot::Sound | Slot::Usb | Slot::UsbXhci => {
                key(self.first::<VirtualPCIController>(), PCI)
            }
        }
    }

    fn first<T: crate::vim::Object>(&self) -> Option<&AnyVirtualDevice> {
        let mut devices = self.devices.iter().map(|(_, device)| device);
        devices.find(|device| device.part::<T>().is_some())
    }

    /// What is on a controller.
    pub(super) fn on(&self, controller: i32) -> impl Iterator<Item = (Slot, &AnyVirtualDevice)> {
        self.slots()
            .filter(move |(_, device)| device.controller_key == Some(controller))
    }
}

fn number(number: i32) -> Option<u32> {
    u32::try_from(number).ok()
}

fn slot_of(device: &AnyVirtualDevice, all: &[AnyVirtualDevice]) -> Option<Slot> {
    if let Some(controller) = device.part::<VirtualController>() {
        return controller_slot(device, number(controller.bus_number)?);
    }
    if device.part::<VirtualFloppy>().is_some() {
        let unit = numbered::<VirtualFloppy>(device, all, FLOPPIES)?;
        let place = Place {
            bus: Bus::Floppy,
            controller: 0,
            unit,
        };
        return Some(Slot::At(place));
    }
    let is_on_a_bus = device.part::<VirtualDisk>().is_some()
        || device.part::<VirtualCdrom>().is_some()
        || device.part::<VirtualSCSIPassthrough>().is_some();
    if is_on_a_bus {
        return place_of(device, all);
    }
    if device.part::<VirtualEthernetCard>().is_some() {
        return numbered::<VirtualEthernetCard>(device, all, CARDS).map(Slot::Card);
    }
    if device.part::<VirtualSerialPort>().is_some() {
        return numbered::<VirtualSerialPort>(device, all, SERIALS).map(Slot::Serial);
    }
    if device.part::<VirtualParallelPort>().is_some() {
        return numbered::<VirtualParallelPort>(device, all, PARALLELS).map(Slot::Parallel);
    }
    if device.part::<VirtualSoundCard>().is_some() {
        return Some(Slot::Sound);
    }
    device.part::<VirtualMachineVideoCard>().map(|_| Slot::Video)
}

fn controller_slot(device: &AnyVirtualDevice, bus_number: u32) -> Option<Slot> {
    let on = |bus| Some(Slot::Controller(bus, bus_number));
    if device.part::<VirtualSCSIController>().is_some() {
        on(Bus::Scsi)
    } else if device.part::<VirtualSATAController>().is_some() {
        on(Bus::Sata)
    } else if device.part::<VirtualNVMEController>().is_some() {
        on(Bus::Nvme)
    } else if device.part::<VirtualIDEController>().is_some() {
        on(Bus::Ide)
    } else if device.part::<VirtualUSBController>().is_some() {
        Some(Slot::Usb)
    } else {
        device.part::<VirtualUSBXHCIController>().map(|_| Slot::UsbXhci)
    }
}

fn place_of(device: &AnyVirtualDevice, all: &[AnyVirtualDevice]) -> Option<Slot> {
    let key = device.controller_key?;
    let controller = all.iter().find(|one| one.key == key)?;
    let own = controller.part::<VirtualController>()?;
    match controller_slot(controller, number(own.bus_number)?)? {
        Slot::Controller(bus, controller) => Some(Slot::At(Place {
            bus,
            controller,
            unit: number(device.unit_number.unwrap_or_default())?,
        })),
        _ => None,
    }
}

/// The number of a device among its like: by its key, where all of them have keys of their kind, else by their order.
fn numbered<T: crate::vim::Object>(
    device: &AnyVirtualDevice,
    all: &[AnyVirtualDevice],
    base: i32,
) -> Option<u32> {
    let like = || all.iter().filter(|one| one.part::<T>().is_some());
    let kind = base..base + OF_A_KIND;
    if like().all(|one| kind.contains(&one.key)) {
        return number(device.key - base);
    }
    let index = like().position(|one| one.key == device.key)?;
    u32::try_from(index).ok()
}
