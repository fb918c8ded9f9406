//! Assigning PCI addresses: once to see which buses are needed, once for good.

use std::collections::BTreeMap;

use virt_core::model::domain::devices::{Address, AddressType, Controller, ControllerType};
use virt_core::model::value::{Hex8, OnOff};
use virt_core::model::{DomainConfig, PciAddress};
use virt_core::{Result, Subject};

use super::super::super::abilities::Abilities;
use super::super::super::defaults::insert_controller;
use super::super::super::machine::MachineFamily;
use super::super::super::refusal;
use super::bus::{BusModel, Connect};
use super::chipset;
use super::devices::{PciDevice, in_order};
use super::set::{Place, PlaceSet};

/// Adds the PCI controllers the devices need and gives every device its place.
pub(in super::super) fn assign(
    config: &mut DomainConfig,
    abilities: &Abilities,
    family: MachineFamily,
) -> Result<()> {
    check_addresses(config, family)?;
    let bridge = abilities.has("pcie-pci-bridge");
    let given = buses(config, family)?;
    let mut trial = PlaceSet::new(&given, true, bridge);
    let mut copy = config.clone();
    pass(&mut copy, &mut trial, family, false)?;
    // A new PCI Express guest gets one port more than it needs, so that a device can be plugged in.
    if given.len() <= 1 && trial.len() > given.len() && family.has_pcie() {
        trial.reserve_next(Connect::PCIE_DEVICE.and(Connect::HOTPLUG), None)?;
    }
    let mut number = 0;
    while let Some(model) = trial.models().get(number).copied() {
        if add_bus(config, number, model) && !model.is_root() {
            trial.reserve_next(model.needs(), None)?;
        }
        number += 1;
    }
    let mut set = PlaceSet::new(&trial.models(), false, bridge);
    pass(config, &mut set, family, true)?;
    mark_multifunction(config, family);
    number_ports(config)
}

/// The buses the configuration has, up to its highest index; what is missing in between is what the machine would add.
fn buses(config: &mut DomainConfig, family: MachineFamily) -> Result<Vec<BusModel>> {
    let between = if family.has_pcie() {
        BusModel::PcieRootPort
    } else {
        BusModel::PciBridge
    };
    let mut models = Vec::new();
    for (position, controller) in config.devices_mut().controllers.iter().enumerate() {
        if controller.kind != Some(ControllerType::Pci) {
            continue;
        }
        let index = usize::try_from(controller.index.unwrap_or(0)).unwrap_or(usize::MAX);
        if index > 255 {
            let path = format!("{}/@index", refusal::device("controller", position));
            return Err(refusal::invalid(path, "PCI controllers are numbered 0 to 255"));
        }
        if models.len() <= index {
            models.resize(index + 1, between);
        }
        if let Some(model) = models.get_mut(index) {
            *model = BusModel::parse(controller.model.as_deref().unwrap_or_default())?;
        }
    }
    Ok(models)
}

fn add_bus(config: &mut DomainConfig, number: usize, model: BusModel) -> bool {
    let index = u32::try_from(number).ok();
    let same = |known: &Controller| known.kind == Some(ControllerType::Pci) && known.index == index;
    if config.devices_mut().controllers.iter().any(same) {
        return false;
    }
    let mut controller = Controller::default();
    controller.kind = Some(ControllerType::Pci);
    controller.index = index;
    controller.model = Some(model.name().to_owned());
    insert_controller(config, controller);
    true
}

/// Reserves what is given and finds places for the rest; writes them down only when it is for good.
fn pass(config: &mut DomainConfig, set: &mut PlaceSet, family: MachineFamily, for_good: bool) -> Result<()> {
    reserve_given(config, set, family)?;
    chipset::place(config, set, family)?;
    if !for_good && !family.has_pcie() && !set.is_full() {
        // A place for a bridge, should the buses fill up.
        set.reserve_next(Connect::PCI_DEVICE.and(Connect::HOTPLUG), None)?;
    }
    let parts: Vec<(&'static str, usize)> = in_order(config, family)
        .iter()
        .map(|device| (device.name, device.index))
        .collect();
    let parts: Vec<bool> = parts
        .into_iter()
        .map(|(name, index)| chipset::is_part(config, family, name, index))
        .collect();
    let mut companions = companion_slots(config, family);
    for (device, is_part) in in_order(config, family).into_iter().zip(parts) {
        if is_part || device.needs.is_none() || !device.wants_address() {
            continue;
        }
        place_device(device, set, &mut companions, for_good)?;
    }
    Ok(())
}

fn place_device(
    device: PciDevice<'_>,
    set: &mut PlaceSet,
    companions: &mut BTreeMap<u32, Place>,
    for_good: bool,
) -> Result<()> {
    let path = refusal::device(device.name, device.index);
    let name_it = |error: virt_core::Error| error.with_subject(Subject::Element(path.clone()));
    let place = match device.companion {
        Some((function, group)) => match companions.get(&group) {
            Some(first) => {
                let place = Place { function, ..*first };
                set.reserve(place, device.needs).map_err(name_it)?;
                place
            }
            None => set.reserve_next(device.needs, Some(function)).map_err(name_it)?,
        },
        None => set.reserve_next(device.needs, None).map_err(name_it)?,
    };
    if !for_good {
        return Ok(());
    }
    if let Some((_, group)) = device.companion {
        companions.entry(group).or_insert(place);
    }
    let found = u8::try_from(place.bus)
        .ok()
        .and_then(|bus| PciAddress::new(0, bus, place.slot, place.function));
    let Some(found) = found else {
        return Err(refusal::invalid(
            path,
            "there are more PCI buses than addresses can name",
        ));
    };
    let mut address = Address::from(found);
    if device.companion.is_some_and(|(function, _)| function == 0) {
        address.multifunction = Some(OnOff::On);
    }
    *device.address = Some(address);
    Ok(())
}

fn companion_slots(config: &mut DomainConfig, family: MachineFamily) -> BTreeMap<u32, Place> {
    let mut slots = BTreeMap::new();
    for device in in_order(config, family) {
        if let (Some((_, group)), Some(place)) =
            (device.companion, device.address.as_ref().and_then(Address::pci))
        {
            slots
                .entry(group)
                .or_insert(Place::new(usize::from(place.bus()), place.slot(), 0));
        }
    }
    slots
}

fn reserve_given(config: &mut DomainConfig, set: &mut PlaceSet, family: MachineFamily) -> Result<()> {
    let given: Vec<(&'static str, usize, Connect, PciAddress)> = in_order(config, family)
        .iter()
        .filter(|device| !device.wants_address())
        .filter_map(|device| {
            Some((
                device.name,
                device.index,
                device.needs,
                device.address.as_ref()?.pci()?,
            ))
        })
        .collect();
    for (name, index, needs, address) in given {
        if chipset::is_part(config, family, name, index) {
            continue;
        }
        let path = format!("{}/address", refusal::device(name, index));
        let place = Place::new(usize::from(address.bus()), address.slot(), address.function());
        set.reserve(place, needs)
            .map_err(|error| error.with_subject(Subject::Element(path)))?;
    }
    Ok(())
}

/// Addresses of other kinds, or in a PCI domain that does not exist, are refused.
fn check_addresses(config: &mut DomainConfig, family: MachineFamily) -> Result<()> {
    for device in in_order(config, family) {
        let Some(address) = device.address.as_ref() else {
            continue;
        };
        let path = format!("{}/address", refusal::device(device.name, device.index));
        match &address.kind {
            Some(AddressType::Pci) => {}
            Some(other) => {
                return Err(refusal::unsupported(
                    path,
                    format!("an address of type {other} is not supported for this device; choose \"pci\""),
                ));
            }
            None => return Err(refusal::invalid(path, "an address needs a type")),
        }
        match address.pci() {
            Some(place) if place.domain() == 0 => {
                let mut plain = Address::from(place);
                plain.multifunction = address.multifunction;
                *device.address = Some(plain);
            }
            Some(_) => return Err(refusal::invalid(path, "the only PCI domain is 0")),
            None => return Err(refusal::invalid(path, "bus, slot or function is out of range")),
        }
    }
    Ok(())
}

/// Function 0 of a slot says whether the slot has more functions.
fn mark_multifunction(config: &mut DomainConfig, family: MachineFamily) {
    let shared: Vec<(u8, u8)> = in_order(config, family)
        .iter()
        .filter_map(|device| device.address.as_ref()?.pci())
        .filter(|place| place.function() > 0)
        .map(|place| (place.bus(), place.slot()))
        .collect();
    for device in in_order(config, family) {
        let Some(address) = device.address.as_mut() else {
            continue;
        };
        let Some(place) = address.pci() else { continue };
        if place.function() == 0
            && address.multifunction.is_none()
            && shared.contains(&(place.bus(), place.slot()))
        {
            address.multifunction = Some(OnOff::On);
        }
    }
}

/// Chassis and port numbers of PCI controllers, which follow from index and address.
fn number_ports(config: &mut DomainConfig) -> Result<()> {
    for (position, controller) in config.devices_mut().controllers.iter_mut().enumerate() {
        if controller.kind != Some(ControllerType::Pci) {
            continue;
        }
        let model = BusModel::parse(controller.model.as_deref().unwrap_or_default())?;
        let (index, place) = (
            controller.index,
            controller.address.as_ref().and_then(Address::pci),
        );
        if let Some(name) = device_model(model) {
            controller
                .device_model
                .get_or_insert_default()
                .name
                .get_or_insert_with(|| name.to_owned());
        }
        let Some(place) = place else { continue };
        match model {
            BusModel::PciBridge => {
                controller.target.get_or_insert_default().chassis_nr = chassis(controller, index);
                if index.is_some_and(|index| index <= u32::from(place.bus())) {
                    let path = format!("{}/@index", refusal::device("controller", position));
                    return Err(refusal::invalid(
                        path,
                        "a PCI bridge has a higher index than the bus it sits on",
                    ));
                }
            }
            BusModel::PcieRootPort => {
                let target = controller.target.get_or_insert_default();
                target.chassis = target.chassis.or(index);
                target
                    .port
                    .get_or_insert(Hex8((place.slot() << 3) | place.function()));
            }
            BusModel::SwitchDownstreamPort => {
                let target = controller.target.get_or_insert_default();
                target.chassis = target.chassis.or(index);
                target.port.get_or_insert(Hex8(place.slot()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn chassis(controller: &Controller, index: Option<u32>) -> Option<u32> {
    controller
        .target
        .as_ref()
        .and_then(|target| target.chassis_nr)
        .or(index)
}

/// The device QEMU makes a controller of that model from.
fn device_model(model: BusModel) -> Option<&'static str> {
    Some(match model {
        BusModel::PciBridge => "pci-bridge",
        BusModel::DmiToPciBridge => "i82801b11-bridge",
        BusModel::PcieToPciBridge => "pcie-pci-bridge",
        BusModel::PcieRootPort => "pcie-root-port",
        BusModel::SwitchUpstreamPort => "x3130-upstream",
        BusModel::SwitchDownstreamPort => "xio3130-downstream",
        _ => return None,
    })
}
