//! Disks: what they are and where they sit.

use crate::model::domain::devices::{Address, Devices, Disk, DiskBus, DiskDevice, DiskType};
use crate::model::domain::validate::{disk_bus, target_number};

pub(super) fn fill(devices: &mut Devices) {
    for disk in &mut devices.disks {
        disk.kind.get_or_insert(DiskType::File);
        let device = disk.device.get_or_insert(DiskDevice::Disk);
        if *device == DiskDevice::Cdrom {
            disk.readonly = true;
        }
        let bus = disk_bus(disk);
        if let Some(target) = &mut disk.target
            && target.bus.is_none()
        {
            target.bus = bus;
        }
        if disk.address.is_none() {
            disk.address = place(disk);
        }
    }
}

/// The place the name of the target gives.
fn place(disk: &Disk) -> Option<Address> {
    let target = disk.target.as_ref()?;
    let number = target_number(target.dev.as_deref()?)?;
    Some(match target.bus.as_ref()? {
        DiskBus::Ide => Address::drive(number / 4, number % 4 / 2, 0, u64::from(number % 2)),
        DiskBus::Sata => Address::drive(number / 6, 0, 0, u64::from(number % 6)),
        DiskBus::Fdc => Address::drive(number / 2, 0, 0, u64::from(number % 2)),
        // The eighth place is the controller's own.
        DiskBus::Scsi => Address::drive(number / 7, 0, 0, u64::from(number % 7)),
        _ => return None,
    })
}
