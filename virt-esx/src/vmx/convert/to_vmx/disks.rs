//! Disks and CD-ROM drives.

use virt_core::Result;
use virt_core::model::domain::devices::{
    CacheMode, Devices, Disk, DiskBus, DiskDevice, DiskType, StartupPolicy,
};

use super::super::lines::Lines;
use super::super::places::{Bus, Place};
use super::super::problem::{invalid, unsupported};
use super::{Context, disk_options, floppies};

pub(super) fn write(devices: &Devices, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    for disk in &devices.disks {
        disk_options::check(disk)?;
        let place = place_of(disk, context.hardware)?;
        if out.is_present(&place.device()) {
            let text = format!("two disks are at {}", place.device());
            return Err(invalid(element(disk, "target"), text));
        }
        match place.bus {
            Bus::Floppy => floppies::write(disk, place, context, out)?,
            _ => write_disk(disk, place, context, out)?,
        }
    }
    Ok(())
}

/// The bus of a disk, by what its name begins with where it is not said.
fn bus_of(disk: &Disk) -> Option<DiskBus> {
    let target = disk.target.as_ref()?;
    if target.bus.is_some() {
        return target.bus.clone();
    }
    let name = target.dev.as_deref().unwrap_or_default();
    let known = [
        ("sd", DiskBus::Scsi),
        ("hd", DiskBus::Ide),
        ("fd", DiskBus::Fdc),
        ("nvme", DiskBus::Nvme),
    ];
    let found = known.into_iter().find(|(start, _)| name.starts_with(start));
    found.map(|(_, bus)| bus)
}

pub(super) fn is_on(disk: &Disk, bus: Bus) -> bool {
    bus_of(disk).as_ref().and_then(Bus::of) == Some(bus)
}

/// Where a disk sits: by its address, or else by its name.
pub(crate) fn place_of(disk: &Disk, hardware: u32) -> Result<Place> {
    let bus = bus_of(disk).ok_or_else(|| invalid(element(disk, "target/@bus"), "it is missing"))?;
    let refuse = || {
        let text = format!("disks are on scsi, sata, nvme, ide and fdc, not on {bus}");
        unsupported(element(disk, "target/@bus"), text)
    };
    let bus = Bus::of(&bus).ok_or_else(refuse)?;
    let name = disk
        .target
        .as_ref()
        .and_then(|target| target.dev.as_deref())
        .unwrap_or_default();
    let (place, what) = match &disk.address {
        Some(address) => (Place::of_address(bus, address), "address"),
        None => (Place::of_target(bus, name), "target/@dev"),
    };
    let place = place.filter(|place| place.is_there(hardware));
    place.ok_or_else(|| {
        let text = format!(
            "there is no such place on {} of virtual hardware {hardware}",
            bus.word()
        );
        invalid(element(disk, what), text)
    })
}

/// The path of an element of a disk, for errors.
pub(super) fn element(disk: &Disk, what: &str) -> String {
    let name = disk.target.as_ref().and_then(|target| target.dev.as_deref());
    match name {
        Some(name) => format!("/domain/devices/disk[target/@dev='{name}']/{what}"),
        None => format!("/domain/devices/disk/{what}"),
    }
}

fn write_disk(disk: &Disk, place: Place, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    let kind = disk.kind.clone().unwrap_or(DiskType::File);
    if !matches!(kind, DiskType::File | DiskType::Block) {
        let text = format!("a disk is a file, or a device of the host, not {kind}");
        return Err(unsupported(element(disk, "@type"), text));
    }
    let source = disk.source.as_ref();
    let path = source.and_then(|source| match kind {
        DiskType::File => source.file.as_deref(),
        _ => source.dev.as_deref(),
    });
    let device = disk.device.clone().unwrap_or(DiskDevice::Disk);
    let key = |name: &str| format!("{}.{name}", place.device());
    let word = match (&device, &kind) {
        (DiskDevice::Disk, DiskType::File) if place.bus == Bus::Scsi => "scsi-hardDisk",
        (DiskDevice::Disk, DiskType::File) if place.bus == Bus::Nvme => "nvme-hardDisk",
        (DiskDevice::Disk, DiskType::File) => "ata-hardDisk",
        (DiskDevice::Cdrom, DiskType::File) => "cdrom-image",
        (DiskDevice::Cdrom, _) => "atapi-cdrom",
        (DiskDevice::Lun, _) if place.bus == Bus::Scsi && path.is_some_and(is_host_drive) => "scsi-passthru",
        (DiskDevice::Lun, _) => "cdrom-raw",
        _ => {
            let text = "a hard disk is a file; of the host's devices there are CD-ROM drives and floppies";
            return Err(unsupported(element(disk, "@type"), text));
        }
    };
    out.add_flag(key("present"), true);
    out.add(key("deviceType"), word);
    let is_found_at_start =
        path.is_none() && source.is_some_and(|source| source.startup_policy == Some(StartupPolicy::Optional));
    if is_found_at_start {
        out.add_flag(key("autodetect"), true);
        out.add(key("fileName"), "auto detect");
    } else if kind == DiskType::File {
        out.add_text(key("fileName"), &file_name(disk, &device, path, context)?);
    } else if let Some(path) = path {
        out.add_text(key("fileName"), path);
    }
    write_cache(disk, place, out)?;
    if disk.transient.is_some() {
        out.add(key("mode"), "independent-nonpersistent");
    }
    if disk.shareable {
        out.add(key("sharing"), "multi-writer");
    }
    Ok(())
}

fn is_host_drive(path: &str) -> bool {
    path.starts_with("/vmfs/devices/cdrom/")
}

fn file_name(disk: &Disk, device: &DiskDevice, path: Option<&str>, context: &Context<'_>) -> Result<String> {
    let Some(path) = path else {
        return match device {
            DiskDevice::Cdrom => Ok("emptyBackingString".to_owned()),
            _ => Err(invalid(element(disk, "source/@file"), "it is missing")),
        };
    };
    let is_image = path.to_ascii_lowercase().ends_with(".vmdk");
    match (device, is_image) {
        (DiskDevice::Disk, false) => Err(invalid(
            element(disk, "source/@file"),
            "the image of a hard disk ends with .vmdk",
        )),
        (DiskDevice::Cdrom | DiskDevice::Lun, true) => Err(invalid(
            element(disk, "source/@file"),
            "the image of a CD-ROM ends with .iso, and never with .vmdk",
        )),
        _ => context.files.name(path),
    }
}

fn write_cache(disk: &Disk, place: Place, out: &mut Lines) -> Result<()> {
    match disk.driver.as_ref().and_then(|driver| driver.cache.as_ref()) {
        None | Some(CacheMode::Default) => Ok(()),
        Some(CacheMode::Writethrough) => {
            out.add_flag(format!("{}.writeThrough", place.device()), true);
            Ok(())
        }
        Some(mode) => {
            let text = format!("caches are default and writethrough, not {mode}");
            Err(unsupported(element(disk, "driver/@cache"), text))
        }
    }
}
