//! Devices that no machine of VMware's has, refused by name.

use virt_core::Result;
use virt_core::model::domain::devices::{ControllerType, Devices, MemBalloonModel};

use super::super::problem::unsupported;

pub(super) fn check(devices: &Devices) -> Result<()> {
    let none = "a VMX file does not say it: leave it out, or keep a setting of VMware's in <metadata>";
    let balloon = devices
        .memballoon
        .as_ref()
        .and_then(|balloon| balloon.model.as_ref());
    let has_input = devices.inputs.iter().any(|input| {
        let bus = input.bus.as_ref().map(|bus| bus.to_string());
        !matches!(bus.as_deref(), None | Some("ps2"))
    });
    let kinds = [
        (devices.emulator.is_some(), "emulator"),
        (!devices.leases.is_empty(), "lease"),
        (!devices.smartcards.is_empty(), "smartcard"),
        (!devices.channels.is_empty(), "channel"),
        (has_input, "input"),
        (!devices.tpms.is_empty(), "tpm"),
        (!devices.audios.is_empty(), "audio"),
        (!devices.hostdevs.is_empty(), "hostdev"),
        (!devices.redirdevs.is_empty(), "redirdev"),
        (devices.redirfilter.is_some(), "redirfilter"),
        (!devices.hubs.is_empty(), "hub"),
        (!devices.watchdogs.is_empty(), "watchdog"),
        (
            balloon.is_some_and(|model| *model != MemBalloonModel::None),
            "memballoon",
        ),
        (!devices.rngs.is_empty(), "rng"),
        (devices.nvram.is_some(), "nvram"),
        (!devices.panics.is_empty(), "panic"),
        (!devices.shmems.is_empty(), "shmem"),
        (!devices.memories.is_empty(), "memory"),
        (!devices.iommus.is_empty(), "iommu"),
        (devices.vsock.is_some(), "vsock"),
        (!devices.cryptos.is_empty(), "crypto"),
        (devices.pstore.is_some(), "pstore"),
    ];
    if let Some((_, name)) = kinds.into_iter().find(|(is_there, _)| *is_there) {
        return Err(unsupported(format!("/domain/devices/{name}"), none));
    }
    if let Some(other) = devices.others().next() {
        return Err(unsupported(
            format!("/domain/devices/{}", other.name),
            "it is not known",
        ));
    }
    let known = |kind: &ControllerType| {
        matches!(
            kind,
            ControllerType::Scsi
                | ControllerType::Sata
                | ControllerType::Nvme
                | ControllerType::Ide
                | ControllerType::Fdc
                | ControllerType::Usb
                | ControllerType::Pci
                | ControllerType::Isa
        )
    };
    let mut kinds = devices
        .controllers
        .iter()
        .filter_map(|controller| controller.kind.as_ref());
    match kinds.find(|kind| !known(kind)) {
        Some(kind) => {
            let text = format!("controllers are scsi, sata, nvme, ide, fdc, usb and pci, not {kind}");
            Err(unsupported("/domain/devices/controller/@type", text))
        }
        None => Ok(()),
    }
}
