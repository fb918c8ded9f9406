//! Places of disks on their controllers.

use super::at::{At, Checked};
use super::disks::bus;
use crate::model::domain::devices::{AddressType, Devices, Disk, DiskBus};
use crate::sorted::SortedMap;

/// Controller, bus, target and unit.
type Place = (u32, u32, u32, u64);

pub(super) fn check(devices: &Devices) -> Checked {
    let mut taken: SortedMap<(String, Place), At<'_>> = SortedMap::new();
    for (index, disk) in devices.disks.iter().enumerate() {
        let at = At::nth("/domain/devices/disk", index, &disk.rest);
        let Some(bus) = bus(disk) else { continue };
        let Some(place) = place(at, disk, &bus)? else {
            continue;
        };
        let at = disk.address.as_ref().map_or(at, |address| at.on(&address.rest));
        if let Some(first) = taken.insert((bus.as_str().to_owned(), place), at) {
            return Err(at.wrong(
                "/address",
                format!("{} has the same place on its controller", first.path()),
            ));
        }
    }
    for (index, device) in devices.hostdevs.iter().enumerate() {
        let address = device.address.as_ref();
        let Some(address) = address.filter(|address| address.kind == Some(AddressType::Drive)) else {
            continue;
        };
        let place = (
            address.controller.unwrap_or_default(),
            address.bus.unwrap_or_default().value(),
            address.target.unwrap_or_default(),
            address.unit.unwrap_or_default(),
        );
        let at = At::nth("/domain/devices/hostdev", index, &device.rest).on(&address.rest);
        if let Some(first) = taken.insert((DiskBus::Scsi.as_str().to_owned(), place), at) {
            return Err(at.wrong(
                "/address",
                format!("{} has the same place on its controller", first.path()),
            ));
        }
    }
    Ok(())
}

/// Where the disk sits: as its address says, or else its target, where that is the same for every driver.
fn place(at: At<'_>, disk: &Disk, bus: &DiskBus) -> Result<Option<Place>, crate::xml::XmlError> {
    let drives = matches!(bus, DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi | DiskBus::Fdc);
    if !drives && disk.address.is_some() {
        return Ok(None);
    }
    if let Some(address) = &disk.address {
        if address.kind != Some(AddressType::Drive) {
            let kind = address.kind.as_ref().map_or("?", AddressType::as_str);
            let is_none = address.kind == Some(AddressType::Unassigned);
            return match is_none {
                true => Ok(None),
                false => Err(at.on(&address.rest).wrong(
                    "/address/@type",
                    format!("an address of the type '{kind}' is no place for a disk on the bus '{bus}'"),
                )),
            };
        }
        return Ok(Some((
            address.controller.unwrap_or_default(),
            address.bus.unwrap_or_default().value(),
            address.target.unwrap_or_default(),
            address.unit.unwrap_or_default(),
        )));
    }
    let target = disk.target.as_ref().and_then(|target| target.dev.as_deref());
    let Some(target) = target else { return Ok(None) };
    if target.starts_with("nvme") {
        return Ok(None);
    }
    let Some(number) = target_number(target) else {
        let sentence =
            format!("'{target}' is no name of a disk that says its place, and there is no <address>");
        return Err(at.wrong("/target/@dev", sentence));
    };
    Ok(match bus {
        DiskBus::Ide => Some((number / 4, number % 4 / 2, 0, u64::from(number % 2))),
        DiskBus::Sata => Some((number / 6, 0, 0, u64::from(number % 6))),
        DiskBus::Fdc => Some((number / 2, 0, 0, u64::from(number % 2))),
        // From the eighth on, it depends on how many the driver puts on a controller.
        DiskBus::Scsi => (number < 7).then_some((0, 0, 0, u64::from(number))),
        _ => None,
    })
}

/// Which disk of its kind a target names, from 0: `sda`, `sdb`, … `sdz`, `sdaa`.
pub(in crate::model::domain) fn target_number(target: &str) -> Option<u32> {
    let prefixes = ["fd", "hd", "vd", "sd", "xvd", "ubd", "nvme"];
    let rest = prefixes.iter().find_map(|prefix| target.strip_prefix(prefix))?;
    let letters = rest.trim_end_matches(|character: char| character.is_ascii_digit());
    if letters.is_empty() || !letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let mut number = 0_u32;
    for byte in letters.bytes() {
        let digit = u32::from(byte - b'a') + 1;
        number = number.checked_mul(26)?.checked_add(digit)?;
        // libvirt counts in 31 bits.
        i32::try_from(number).ok()?;
    }
    number.checked_sub(1)
}
