//! Controllers: their numbers, and those that devices need.

use std::collections::{HashMap, HashSet};

use crate::model::domain::devices::{
    Address, AddressType, Controller, ControllerType, Devices, Disk, DiskBus, Smartcard,
};
use crate::model::value::AddressNumber;

pub(super) fn fill(devices: &mut Devices) {
    number(&mut devices.controllers);
    let drives = [
        (ControllerType::Scsi, DiskBus::Scsi),
        (ControllerType::Fdc, DiskBus::Fdc),
        (ControllerType::Ide, DiskBus::Ide),
        (ControllerType::Sata, DiskBus::Sata),
    ];
    for (kind, bus) in drives {
        let highest = devices
            .disks
            .iter()
            .filter_map(|disk| controller(disk, &bus))
            .max();
        add(&mut devices.controllers, &kind, highest);
    }
    let channels = devices
        .channels
        .iter()
        .filter(|channel| target(channel.target.as_ref()) == Some("virtio"))
        .map(|channel| serial(channel.address.as_ref()));
    let consoles = devices
        .consoles
        .iter()
        .filter(|console| target(console.target.as_ref()) == Some("virtio"))
        .map(|console| serial(console.address.as_ref()));
    let highest = channels.chain(consoles).max();
    add(&mut devices.controllers, &ControllerType::VirtioSerial, highest);
    let highest = fill_smartcards(&mut devices.smartcards);
    add(&mut devices.controllers, &ControllerType::Ccid, highest);
    add_for_hostdevs(devices);
}

fn target(target: Option<&crate::model::domain::devices::ChardevTarget>) -> Option<&str> {
    target.and_then(|target| target.kind.as_deref())
}

fn serial(address: Option<&Address>) -> u32 {
    address.and_then(|address| address.controller).unwrap_or_default()
}

fn controller(disk: &Disk, bus: &DiskBus) -> Option<u32> {
    let target = disk.target.as_ref()?;
    if target.bus.as_ref() != Some(bus) {
        return None;
    }
    let address = disk.address.as_ref()?;
    (address.kind == Some(AddressType::Drive)).then(|| address.controller.unwrap_or_default())
}

/// Gives each controller without an index the first free one of its type.
fn number(controllers: &mut [Controller]) {
    let mut taken: HashMap<Option<ControllerType>, HashSet<u32>> = HashMap::new();
    for one in controllers.iter() {
        taken.entry(one.kind.clone()).or_default().extend(one.index);
    }
    // Indexes are only ever taken: what is not free once never is.
    let mut next: HashMap<Option<ControllerType>, u32> = HashMap::new();
    for one in controllers.iter_mut().filter(|one| one.index.is_none()) {
        let taken = taken.entry(one.kind.clone()).or_default();
        let next = next.entry(one.kind.clone()).or_default();
        one.index = (*next..u32::MAX).find(|index| !taken.contains(index));
        if let Some(index) = one.index {
            taken.insert(index);
            *next = index;
        }
    }
}

/// Adds what is missing of the controllers up to `highest`, each after those of its type with a lower index.
fn add(controllers: &mut Vec<Controller>, kind: &ControllerType, highest: Option<u32>) {
    let Some(highest) = highest.filter(|highest| *highest < 1024) else {
        return;
    };
    let same = |other: &Controller| other.kind.as_ref() == Some(kind);
    let known: HashSet<u32> = controllers
        .iter()
        .filter(|other| same(other))
        .filter_map(|other| other.index)
        .collect();
    for index in (0..=highest).filter(|index| !known.contains(index)) {
        let before = controllers
            .iter()
            .rposition(|other| same(other) && other.index < Some(index));
        let first = controllers.iter().position(same);
        let place = before.map_or(first.unwrap_or(controllers.len()), |before| before + 1);
        controllers.insert(
            place,
            Controller {
                kind: Some(kind.clone()),
                index: Some(index),
                ..Controller::default()
            },
        );
    }
}

/// Gives each smart card a slot of its own, and answers which controller they need.
fn fill_smartcards(cards: &mut [Smartcard]) -> Option<u32> {
    let mut next = 0_u32;
    let mut highest = None;
    for card in cards {
        let address = card.address.get_or_insert_with(|| Address {
            controller: Some(0),
            slot: Some(AddressNumber::decimal(next)),
            ..Address::of(AddressType::Ccid)
        });
        if address.kind != Some(AddressType::Ccid) {
            continue;
        }
        let slot = address.slot.map_or(next, AddressNumber::value);
        next = next.max(slot.saturating_add(1));
        highest = highest.max(address.controller);
    }
    highest
}

fn add_for_hostdevs(devices: &mut Devices) {
    let places = devices
        .hostdevs
        .iter()
        .filter(|device| device.kind.as_deref() == Some("scsi"));
    let highest = places
        .filter_map(|device| device.address.as_ref())
        .filter(|address| address.kind == Some(AddressType::Drive))
        .map(|address| address.controller.unwrap_or_default())
        .max();
    add(&mut devices.controllers, &ControllerType::Scsi, highest);
}
