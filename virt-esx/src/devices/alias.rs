//! The aliases of devices: what a machine that runs calls them.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Alias, ControllerType};

use super::slot::Slot;
use crate::vmx::convert::{Bus, DEFAULT_HARDWARE, kept, place_of};

/// Gives each device the name that it has in the VMX file: `scsi0-1` for `scsi0:1`.
pub(crate) fn set_aliases(config: &mut DomainConfig) {
    let kept = kept(config).ok().flatten().unwrap_or_default();
    let hardware = kept.hardware_version.unwrap_or(DEFAULT_HARDWARE);
    let Some(devices) = &mut config.devices else {
        return;
    };
    for disk in &mut devices.disks {
        let place = place_of(disk, hardware).ok();
        disk.alias = place.map(|place| alias(Slot::At(place)));
    }
    for controller in &mut devices.controllers {
        let index = controller.index.unwrap_or_default();
        let slot = match controller.kind {
            Some(ControllerType::Scsi) => Slot::Controller(Bus::Scsi, index),
            Some(ControllerType::Nvme) => Slot::Controller(Bus::Nvme, index),
            // A document counts six places to one, and a machine thirty: the first of them stands for all.
            Some(ControllerType::Sata) if index % 5 == 0 => Slot::Controller(Bus::Sata, index / 5),
            Some(ControllerType::Usb) => Slot::Usb,
            _ => continue,
        };
        controller.alias = Some(alias(slot));
    }
    for interface in &mut devices.interfaces {
        let mac = interface.mac.as_ref().and_then(|mac| mac.address);
        let mut known = kept.interfaces.iter().filter(|(_, own)| Some(*own) == mac);
        interface.alias = known.next().map(|(number, _)| alias(Slot::Card(*number)));
    }
    for (index, serial) in (0..).zip(&mut devices.serials) {
        let port = serial.target.as_ref().and_then(|target| target.port.as_deref());
        let number = port.and_then(|port| port.parse().ok()).unwrap_or(index);
        serial.alias = Some(alias(Slot::Serial(number)));
    }
    for (index, parallel) in (0..).zip(&mut devices.parallels) {
        let port = parallel.target.as_ref().and_then(|target| target.port.as_deref());
        let number = port.and_then(|port| port.parse().ok()).unwrap_or(index);
        parallel.alias = Some(alias(Slot::Parallel(number)));
    }
    if let Some(sound) = devices.sounds.first_mut() {
        sound.alias = Some(alias(Slot::Sound));
    }
    if let Some(video) = devices.videos.first_mut() {
        video.alias = Some(alias(Slot::Video));
    }
}

fn alias(slot: Slot) -> Alias {
    let mut alias = Alias::default();
    alias.name = Some(slot.alias());
    alias
}
