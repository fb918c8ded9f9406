//! Disks: order, bus, format and place on the bus.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Address, AddressType, CacheMode, ControllerType, Disk, DiskBus, DiskDevice, DiskType, ImageFormat,
};

use super::super::disk_name;
use super::super::refusal;
use super::super::supported::disk as supported;

/// Gives every disk a device and a bus, and puts the disks of each bus in the order of their names.
pub(super) fn prepare(config: &mut DomainConfig) -> Result<()> {
    for (index, disk) in config.devices_mut().disks.iter_mut().enumerate() {
        let path = refusal::device("disk", index);
        disk.kind.get_or_insert(DiskType::File);
        let device = disk.device.get_or_insert(DiskDevice::Disk).clone();
        let Some(target) = &mut disk.target else {
            return Err(refusal::invalid(
                path,
                "a disk needs a <target> with its name in dev=\"…\"",
            ));
        };
        let name = target.dev.clone().unwrap_or_default();
        if disk_name::index(&name).is_none() {
            return Err(refusal::invalid(
                format!("{path}/target/@dev"),
                format!("{name:?} is no name of a disk, such as \"vda\""),
            ));
        }
        let bus = target
            .bus
            .get_or_insert_with(|| default_bus(&name, &device))
            .clone();
        supported::check_device(&device, &bus, &path)?;
    }
    unique(config)?;
    sort(config);
    Ok(())
}

fn default_bus(name: &str, device: &DiskDevice) -> DiskBus {
    if device == &DiskDevice::Floppy || name.starts_with("fd") {
        DiskBus::Fdc
    } else if name.starts_with("hd") {
        DiskBus::Ide
    } else if name.starts_with("sd") {
        DiskBus::Scsi
    } else if name.starts_with("xvd") {
        DiskBus::Xen
    } else {
        DiskBus::Virtio
    }
}

fn unique(config: &mut DomainConfig) -> Result<()> {
    let mut seen = Vec::new();
    for (index, disk) in config.devices_mut().disks.iter().enumerate() {
        let name = disk.target.as_ref().and_then(|target| target.dev.clone());
        if seen.contains(&name) {
            let name = name.unwrap_or_default();
            return Err(refusal::invalid(
                format!("{}/target/@dev", refusal::device("disk", index)),
                format!("{name:?} is used twice"),
            ));
        }
        seen.push(name);
    }
    Ok(())
}

fn sort(config: &mut DomainConfig) {
    let list = &mut config.devices_mut().disks;
    let given = std::mem::take(list);
    for disk in given {
        let (bus, number) = bus_and_number(&disk);
        let mut place = None;
        for (index, known) in list.iter().enumerate().rev() {
            let (known_bus, known_number) = bus_and_number(known);
            if known_bus != bus {
                continue;
            }
            if known_number > number {
                place = Some(index);
            } else if place.is_none() {
                place = Some(index + 1);
            }
        }
        list.insert(place.unwrap_or(list.len()), disk);
    }
}

/// The bus of a disk, and the number in its name.
pub(crate) fn bus_and_number(disk: &Disk) -> (Option<DiskBus>, Option<u32>) {
    let target = disk.target.as_ref();
    let name = target
        .and_then(|target| target.dev.as_deref())
        .unwrap_or_default();
    (
        target.and_then(|target| target.bus.clone()),
        disk_name::index(name),
    )
}

/// Fills in format and address.
pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    let scsi: Vec<(Option<u32>, bool)> = config
        .devices_mut()
        .controllers
        .iter()
        .filter(|known| known.kind == Some(ControllerType::Scsi))
        .map(|known| {
            (
                known.index,
                known.model.as_deref().is_none_or(|model| model == "lsilogic"),
            )
        })
        .collect();
    for (index, disk) in config.devices_mut().disks.iter_mut().enumerate() {
        let path = refusal::device("disk", index);
        let driver = disk.driver.get_or_insert_default();
        let name = driver.name.get_or_insert_with(|| "qemu".to_owned());
        if name != "qemu" {
            return Err(refusal::unsupported(
                format!("{path}/driver/@name"),
                format!("disk driver {name:?} is not supported; choose \"qemu\""),
            ));
        }
        driver.kind.get_or_insert(ImageFormat::Raw);
        if driver.cache == Some(CacheMode::Default) {
            driver.cache = None;
        }
        if let Some(source) = &mut disk.source {
            source.index = None;
        }
        if let Some(target) = &mut disk.target
            && target.tray.as_deref() == Some("closed")
        {
            target.tray = None;
        }
        if disk.device == Some(DiskDevice::Cdrom) {
            disk.readonly = true;
        }
        forget_empty_source(disk);
        supported::check(disk, &path)?;
        address(disk, &scsi, &path)?;
    }
    drive_addresses_differ(config)
}

fn forget_empty_source(disk: &mut Disk) {
    if supported::file_of(disk).is_none()
        && let Some(source) = &disk.source
        && source.startup_policy.is_none()
    {
        disk.source = None;
    }
}

fn address(disk: &mut Disk, scsi: &[(Option<u32>, bool)], path: &str) -> Result<()> {
    let (bus, number) = bus_and_number(disk);
    let number = number.unwrap_or(0);
    let drive = |controller: u32, bus: u32, unit: u32| Address::drive(controller, bus, 0, u64::from(unit));
    let address = match bus {
        Some(DiskBus::Ide) => drive(number / 4, number % 4 / 2, number % 2),
        Some(DiskBus::Sata) => drive(number / 6, 0, number % 6),
        Some(DiskBus::Scsi) => drive(number / 7, 0, number % 7),
        _ => return Ok(()),
    };
    let Some(given) = &disk.address else {
        disk.address = Some(address);
        return Ok(());
    };
    let at = |attribute: &str| format!("{path}/address/{attribute}");
    if given.kind != Some(AddressType::Drive) {
        return Err(refusal::invalid(
            at("@type"),
            "disks of this bus have addresses of type \"drive\"",
        ));
    }
    let controller = given.controller.unwrap_or(0);
    let (line, target) = (given.bus.map_or(0, |bus| bus.value()), given.target.unwrap_or(0));
    let unit = given.unit.unwrap_or(0);
    let narrow = scsi
        .iter()
        .find(|known| known.0 == Some(controller))
        .is_none_or(|known| known.1);
    let fits = match bus {
        Some(DiskBus::Ide) => controller == 0 && line <= 1 && target == 0 && unit <= 1,
        Some(DiskBus::Sata) => line == 0 && target == 0 && unit <= 5,
        _ if narrow => line == 0 && target == 0 && unit <= 7,
        _ => line == 0 && target <= 255 && unit <= 16383,
    };
    if !fits {
        return Err(refusal::unsupported(
            at("@unit"),
            "QEMU has no such place on this controller",
        ));
    }
    disk.address = Some(Address::drive(controller, line, target, unit));
    Ok(())
}

fn drive_addresses_differ(config: &mut DomainConfig) -> Result<()> {
    let mut seen = Vec::new();
    for (index, disk) in config.devices_mut().disks.iter().enumerate() {
        let Some(address) = disk
            .address
            .as_ref()
            .filter(|address| address.kind == Some(AddressType::Drive))
        else {
            continue;
        };
        let place = (
            bus_and_number(disk).0,
            address.controller.unwrap_or(0),
            address.bus.map_or(0, |bus| bus.value()),
            address.target.unwrap_or(0),
            address.unit.unwrap_or(0),
        );
        if seen.contains(&place) {
            return Err(refusal::invalid(
                format!("{}/address", refusal::device("disk", index)),
                "two disks have the same place on the same bus; give one of them another target or address",
            ));
        }
        seen.push(place);
    }
    Ok(())
}
