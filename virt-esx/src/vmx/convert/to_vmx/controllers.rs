//! Controllers of disks, and the bridges of newer hardware.

use std::collections::BTreeMap;

use virt_core::model::domain::devices::{Controller, ControllerType, Devices, Disk};
use virt_core::{Error, Result};

use super::super::lines::Lines;
use super::super::places::Bus;
use super::super::problem::{invalid, unsupported};
use super::super::scsi;
use super::Context;
use super::disks::{is_on, place_of};

/// Writes the controllers that are there, and says whether one of them is SCSI.
pub(super) fn write(devices: &Devices, context: &Context<'_>, out: &mut Lines) -> Result<bool> {
    let models = scsi_models(devices, context)?;
    for (index, model) in &models {
        out.add_flag(format!("scsi{index}.present"), true);
        if let Some(model) = model {
            let refuse = || {
                let text =
                    format!("SCSI controllers are buslogic, lsilogic, lsisas1068 and vmpvscsi, not {model}");
                unsupported("/domain/devices/controller/@model", text)
            };
            let word = scsi::word(model).ok_or_else(refuse)?;
            out.add(format!("scsi{index}.virtualDev"), word);
        }
    }
    for bus in [Bus::Sata, Bus::Nvme] {
        let mut found = [false; 4];
        for disk in devices.disks.iter().filter(|disk| is_on(disk, bus)) {
            let place = place_of(disk, context.hardware)?;
            let index = usize::try_from(place.controller).ok();
            if let Some(found) = index.and_then(|index| found.get_mut(index)) {
                *found = true;
            }
        }
        for (index, _) in found.iter().enumerate().filter(|(_, found)| **found) {
            out.add_flag(format!("{}{index}.present", bus.word()), true);
        }
    }
    Ok(!models.is_empty())
}

/// The SCSI controllers with disks, or with a model, and their models.
fn scsi_models(devices: &Devices, context: &Context<'_>) -> Result<BTreeMap<u32, Option<String>>> {
    let mut models: BTreeMap<u32, Option<String>> = BTreeMap::new();
    let mut disks: BTreeMap<u32, Vec<&Disk>> = BTreeMap::new();
    for disk in devices.disks.iter().filter(|disk| is_on(disk, Bus::Scsi)) {
        let place = place_of(disk, context.hardware)?;
        models.insert(place.controller, None);
        disks.entry(place.controller).or_default().push(disk);
    }
    let mut next = 0;
    let controllers = devices.controllers.iter();
    for controller in controllers.filter(|one| one.kind == Some(ControllerType::Scsi)) {
        let index = controller.index.unwrap_or(next);
        next = index.saturating_add(1);
        if index > 3 {
            let text = format!("a machine has SCSI controllers 0 to 3, not {index}");
            return Err(unsupported("/domain/devices/controller/@index", text));
        }
        check(controller)?;
        if controller.model.is_some() || models.contains_key(&index) {
            models.insert(index, controller.model.clone());
        }
    }
    for (index, model) in &mut models {
        let disks = disks.get(index).map(Vec::as_slice).unwrap_or_default();
        for disk in disks {
            take_legacy_model(disk, *index, model)?;
        }
        if model.as_deref() == Some("auto") {
            *model = detected(disks, *index, context)?;
        }
    }
    Ok(models)
}

fn check(controller: &Controller) -> Result<()> {
    let options = [
        (controller.driver.is_some(), "driver"),
        (controller.device_model.is_some(), "model"),
    ];
    match options.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, name)) => Err(unsupported(
            format!("/domain/devices/controller/{name}"),
            "VMware's controllers have no such option",
        )),
        None => Ok(()),
    }
}

/// Disks once named the model of their controller as their driver.
fn take_legacy_model(disk: &Disk, index: u32, model: &mut Option<String>) -> Result<()> {
    let driver = disk.driver.as_ref().and_then(|driver| driver.name.as_deref());
    let Some(driver) = driver.map(str::to_ascii_lowercase) else {
        return Ok(());
    };
    match model {
        None => *model = Some(driver),
        Some(model) if *model == driver => {}
        Some(model) => return Err(inconsistent(index, model, &driver)),
    }
    Ok(())
}

/// The model all images on a controller were made for.
fn detected(disks: &[&Disk], index: u32, context: &Context<'_>) -> Result<Option<String>> {
    let mut model: Option<String> = None;
    for disk in disks {
        let path = disk.source.as_ref().and_then(|source| source.file.as_deref());
        let Some(path) = path else { continue };
        let place = "/domain/devices/controller/@model";
        let refuse = || invalid(place, format!("it is auto, and not known of {path}: say which"));
        let found = context.files.scsi_model(path)?.ok_or_else(refuse)?;
        match &model {
            Some(model) if *model != found => return Err(inconsistent(index, model, &found)),
            _ => model = Some(found),
        }
    }
    Ok(model)
}

fn inconsistent(index: u32, one: &str, other: &str) -> Error {
    let text = format!("SCSI controller {index} is {one} for one disk and {other} for another");
    invalid("/domain/devices/controller/@model", text)
}

pub(super) fn write_bridges(context: &Context<'_>, has_scsi: bool, out: &mut Lines) {
    if context.hardware < 7 {
        return;
    }
    if has_scsi {
        out.add_flag("pciBridge0.present", true);
        for number in 4..8 {
            out.add_flag(format!("pciBridge{number}.present"), true);
            out.add(format!("pciBridge{number}.virtualDev"), "pcieRootPort");
            out.add(format!("pciBridge{number}.functions"), "8");
        }
    }
    out.add_flag("vmci0.present", true);
}
