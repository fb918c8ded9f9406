//! The places a machine's chipset takes.

use virt_core::Result;
use virt_core::model::domain::devices::{Address, Controller, ControllerType};
use virt_core::model::value::OnOff;
use virt_core::model::{DomainConfig, PciAddress};

use super::super::super::machine::MachineFamily;
use super::super::super::refusal;
use super::bus::Connect;
use super::set::{Place, PlaceSet};

/// Places what the chipset contains, and takes the places nothing else can have.
pub(super) fn place(config: &mut DomainConfig, set: &mut PlaceSet, family: MachineFamily) -> Result<()> {
    match family {
        MachineFamily::Pc => piix3(config, set),
        MachineFamily::Q35 => ich9(config, set),
    }
}

/// Whether an address belongs to a part of the chipset, whose slot is taken as a whole.
pub(super) fn is_part(config: &DomainConfig, family: MachineFamily, name: &str, index: usize) -> bool {
    let controllers = config
        .devices
        .as_ref()
        .map(|devices| devices.controllers.as_slice())
        .unwrap_or_default();
    family == MachineFamily::Pc
        && name == "controller"
        && controllers.get(index).and_then(piix3_function).is_some()
}

/// The IDE controller, and the USB controller unless another model is chosen, are functions of the PIIX3 in slot 1.
fn piix3_function(controller: &Controller) -> Option<u8> {
    match (&controller.kind, controller.index, controller.model.as_deref()) {
        (Some(ControllerType::Ide), Some(0), _) => Some(1),
        (Some(ControllerType::Usb), Some(0), Some("piix3-uhci")) => Some(2),
        _ => None,
    }
}

fn piix3(config: &mut DomainConfig, set: &mut PlaceSet) -> Result<()> {
    for (index, controller) in config.devices_mut().controllers.iter_mut().enumerate() {
        if let Some(function) = piix3_function(controller) {
            fix(controller, Place::new(0, 1, function), index)?;
        }
    }
    for function in 0..8 {
        set.reserve(Place::new(0, 1, function), Connect::NONE)?;
    }
    Ok(())
}

fn ich9(config: &mut DomainConfig, set: &mut PlaceSet) -> Result<()> {
    for (index, controller) in config.devices_mut().controllers.iter_mut().enumerate() {
        let model = controller.model.as_deref().unwrap_or_default();
        match (&controller.kind, controller.index) {
            (Some(ControllerType::Sata), Some(0)) => fix(controller, Place::new(0, 0x1f, 2), index)?,
            (Some(ControllerType::Usb), _) if model == "ich9-uhci1" => {
                prefer(controller, set, &[0x1d, 0x1a])?
            }
            (Some(ControllerType::Pci), _) if model == "dmi-to-pci-bridge" => {
                prefer(controller, set, &[0x1e])?
            }
            _ => {}
        }
    }
    for function in [0, 3] {
        set.reserve(Place::new(0, 0x1f, function), Connect::NONE)?;
    }
    Ok(())
}

/// Gives a controller the one place it can have.
fn fix(controller: &mut Controller, place: Place, index: usize) -> Result<()> {
    let Some(fixed) = PciAddress::new(0, 0, place.slot, place.function) else {
        return Ok(());
    };
    match controller.address.as_ref().and_then(Address::pci) {
        Some(given) if given != fixed => Err(refusal::invalid(
            format!("{}/address", refusal::device("controller", index)),
            format!("this controller of the chipset is at {fixed} and nowhere else"),
        )),
        Some(_) => Ok(()),
        None => {
            controller.address = Some(fixed.into());
            Ok(())
        }
    }
}

/// Gives a controller the place it has on real boards, if it is free.
fn prefer(controller: &mut Controller, set: &mut PlaceSet, slots: &[u8]) -> Result<()> {
    if controller.address.as_ref().and_then(Address::pci).is_some() {
        return Ok(());
    }
    let free = slots
        .iter()
        .find(|slot| !set.slot_in_use(Place::new(0, **slot, 0)));
    if let Some(place) = free.and_then(|slot| PciAddress::new(0, 0, *slot, 0)) {
        set.reserve(Place::new(0, place.slot(), 0), Connect::NONE)?;
        let mut address = Address::from(place);
        if controller.kind == Some(ControllerType::Usb) {
            address.multifunction = Some(OnOff::On);
        }
        controller.address = Some(address);
    }
    Ok(())
}
