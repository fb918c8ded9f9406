//! Controllers of disks.

use virt_core::Result;

use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, ParaVirtualSCSIController, VirtualAHCIController, VirtualBusLogicController,
    VirtualController, VirtualLsiLogicController, VirtualLsiLogicSASController, VirtualNVMEController,
    VirtualSCSIController, VirtualSCSISharing,
};
use crate::vmx::convert::{Bus, Lines, unsupported};

/// What is understood of one.
pub(super) const KEYS: &[&str] = &["present", "virtualdev", "sharedbus"];

pub(super) fn device(wanted: &Wanted<'_>, bus: Bus, number: u32) -> Result<AnyVirtualDevice> {
    let mut device = match bus {
        Bus::Scsi => scsi(wanted)?,
        Bus::Sata => VirtualAHCIController::default().into(),
        Bus::Nvme => VirtualNVMEController::default().into(),
        Bus::Ide | Bus::Floppy => {
            return Err(unsupported(
                wanted.slot.element(),
                "the controllers of IDE and floppies are always there",
            ));
        }
    };
    let mut device = match wanted.existing {
        // What is not said of it stays as it is.
        Some(existing) if existing.type_name() == device.type_name() => existing.clone(),
        _ => {
            if let Some(controller) = device.part_mut::<VirtualController>() {
                controller.bus_number = i32::try_from(number).unwrap_or_default();
            }
            device
        }
    };
    if let Some(controller) = device.part_mut::<VirtualSCSIController>() {
        let own = wanted
            .existing
            .filter(|_| wanted.leaves("sharedBus"))
            .and_then(|existing| existing.part::<VirtualSCSIController>());
        controller.shared_bus = match (wanted.group.get("sharedBus"), own) {
            (Some(word), _) if word.eq_ignore_ascii_case("virtual") => VirtualSCSISharing::VirtualSharing,
            (Some(word), _) if word.eq_ignore_ascii_case("physical") => VirtualSCSISharing::PhysicalSharing,
            (_, Some(own)) => own.shared_bus.clone(),
            (_, None) => VirtualSCSISharing::NoSharing,
        };
    }
    Ok(device)
}

fn scsi(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let Some(word) = wanted.group.text("virtualDev") else {
        // The one that is there, or the usual one.
        return Ok(match wanted.existing {
            Some(existing) => existing.clone(),
            None => VirtualLsiLogicController::default().into(),
        });
    };
    Ok(match word.to_ascii_lowercase().as_str() {
        "pvscsi" => ParaVirtualSCSIController::default().into(),
        "lsisas1068" => VirtualLsiLogicSASController::default().into(),
        "lsilogic" => VirtualLsiLogicController::default().into(),
        "buslogic" => VirtualBusLogicController::default().into(),
        other => {
            let text = format!("{other:?} is none of buslogic, lsilogic, lsisas1068, pvscsi");
            return Err(unsupported(wanted.slot.element(), text));
        }
    })
}

pub(super) fn describe(device: &AnyVirtualDevice, name: &str, out: &mut Lines) {
    out.add_flag(format!("{name}.present"), true);
    let word = match device {
        AnyVirtualDevice::ParaVirtualSCSIController(_) => "pvscsi",
        AnyVirtualDevice::VirtualLsiLogicSASController(_) => "lsisas1068",
        AnyVirtualDevice::VirtualLsiLogicController(_) => "lsilogic",
        AnyVirtualDevice::VirtualBusLogicController(_) => "buslogic",
        _ => return,
    };
    out.add(format!("{name}.virtualDev"), word);
    let sharing = device.part::<VirtualSCSIController>().map(|one| &one.shared_bus);
    match sharing {
        Some(VirtualSCSISharing::VirtualSharing) => out.add(format!("{name}.sharedBus"), "virtual"),
        Some(VirtualSCSISharing::PhysicalSharing) => out.add(format!("{name}.sharedBus"), "physical"),
        _ => {}
    }
}
