//! Controllers of disks.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Controller, ControllerType, DiskBus};

use super::super::places::{Bus, Place};
use super::super::problem::unsupported_key;
use super::super::scsi;
use super::source::Source;

/// Whether the controller of a place is there; those of IDE disks and floppies always are.
pub(super) fn is_there(source: &Source<'_>, place: Place) -> Result<bool> {
    match place.bus {
        Bus::Ide | Bus::Floppy => Ok(true),
        bus => {
            let device = format!("{}{}", bus.word(), place.controller);
            let is_there = source.is_present(&device)?;
            if is_there && bus == Bus::Scsi {
                model(source, place.controller)?;
            }
            Ok(is_there)
        }
    }
}

/// The model of a SCSI controller.
fn model(source: &Source<'_>, index: u32) -> Result<Option<&'static str>> {
    let key = format!("scsi{index}.virtualDev");
    let Some(word) = source.raw(&key) else {
        return Ok(None);
    };
    match scsi::model(word) {
        Some(model) => Ok(Some(model)),
        None => source.lenient(unsupported_key(
            &key,
            format!("{word:?} is none of buslogic, lsilogic, lsisas1068, pvscsi"),
        )),
    }
}

/// The controllers the disks need, and those before them, in libvirt's order.
pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let kinds = [
        (DiskBus::Scsi, ControllerType::Scsi),
        (DiskBus::Sata, ControllerType::Sata),
        (DiskBus::Nvme, ControllerType::Nvme),
        (DiskBus::Fdc, ControllerType::Fdc),
        (DiskBus::Ide, ControllerType::Ide),
    ];
    let devices = domain.devices_mut();
    for (bus, kind) in kinds {
        let of_bus = devices.disks.iter().filter(|disk| {
            let target = disk.target.as_ref();
            target.is_some_and(|target| target.bus.as_ref() == Some(&bus))
        });
        let controllers = of_bus.filter_map(|disk| disk.address.as_ref()?.controller);
        let Some(highest) = controllers.max() else {
            continue;
        };
        for index in 0..=highest {
            let mut controller = Controller::default();
            controller.kind = Some(kind.clone());
            controller.index = Some(index);
            if kind == ControllerType::Scsi && source.is_present(&format!("scsi{index}"))? {
                controller.model = model(source, index)?.map(ToOwned::to_owned);
            }
            devices.controllers.push(controller);
        }
    }
    Ok(())
}
