//! Which disks are supported.

use virt_core::Result;
use virt_core::model::domain::devices::{
    BackingStore, CacheMode, Disk, DiskBus, DiskDevice, DiskType, ImageFormat, IoMode,
};

use super::super::refusal;

/// The path of the image or block device; `None` for an empty drive.
pub(crate) fn file_of(disk: &Disk) -> Option<&str> {
    let source = disk.source.as_ref()?;
    let path = match disk.kind {
        Some(DiskType::Block) => source.dev.as_deref(),
        _ => source.file.as_deref(),
    };
    path.filter(|path| !path.is_empty())
}

pub(crate) fn check_device(device: &DiskDevice, bus: &DiskBus, path: &str) -> Result<()> {
    match (device, bus) {
        (DiskDevice::Disk | DiskDevice::Cdrom, DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi) => Ok(()),
        (DiskDevice::Disk, DiskBus::Virtio) => Ok(()),
        (DiskDevice::Cdrom, DiskBus::Virtio) => Err(refusal::invalid(
            format!("{path}/target/@bus"),
            "a CD-ROM drive cannot be a virtio disk; choose \"sata\" or \"ide\"",
        )),
        (DiskDevice::Disk | DiskDevice::Cdrom, bus) => Err(refusal::unsupported(
            format!("{path}/target/@bus"),
            format!("disks on the bus {bus} are not supported yet; choose \"virtio\""),
        )),
        (device, _) => Err(refusal::unsupported(
            format!("{path}/@device"),
            format!("a disk of kind {device} is not supported yet; choose \"disk\" or \"cdrom\""),
        )),
    }
}

/// Where the image lies.
pub(crate) fn check_kind(disk: &Disk, path: &str) -> Result<()> {
    match &disk.kind {
        Some(DiskType::File | DiskType::Block) | None => Ok(()),
        Some(other) => Err(refusal::unsupported(
            format!("{path}/@type"),
            format!("disks of type {other} are not supported yet; choose \"file\" or \"block\""),
        )),
    }
}

pub(crate) fn check(disk: &Disk, path: &str) -> Result<()> {
    source(disk, path)?;
    driver(disk, path)?;
    let backing_ends = |backing: &BackingStore| {
        backing.kind.is_none() && backing.source.is_none() && backing.format.is_none()
    };
    if disk
        .backing_store
        .as_ref()
        .is_some_and(|backing| !backing_ends(backing))
    {
        return Err(refusal::unsupported(
            format!("{path}/backingStore"),
            "a chain given in full is not supported yet; leave it out, QEMU reads it from the image",
        ));
    }
    if let Some(serial) = &disk.serial
        && (serial.is_empty()
            || serial.contains(|character: char| !character.is_ascii_graphic() && character != ' '))
    {
        return Err(refusal::invalid(
            format!("{path}/serial"),
            "a serial number has printable ASCII characters",
        ));
    }
    Ok(())
}

fn source(disk: &Disk, path: &str) -> Result<()> {
    match file_of(disk) {
        Some(file) if !file.starts_with('/') => Err(refusal::invalid(
            format!("{path}/source"),
            format!("{file:?} is not an absolute path"),
        )),
        None if disk.device != Some(DiskDevice::Cdrom) => Err(refusal::invalid(
            format!("{path}/source"),
            "only a CD-ROM drive can be empty; say the file or device",
        )),
        _ => Ok(()),
    }
}

fn driver(disk: &Disk, path: &str) -> Result<()> {
    let Some(driver) = &disk.driver else { return Ok(()) };
    match &driver.kind {
        None
        | Some(
            ImageFormat::Raw
            | ImageFormat::Qcow2
            | ImageFormat::Vmdk
            | ImageFormat::Vdi
            | ImageFormat::Vpc
            | ImageFormat::Qed,
        ) => {}
        Some(other) => {
            return Err(refusal::unsupported(
                format!("{path}/driver/@type"),
                format!("image format {other} is not supported; choose \"raw\" or \"qcow2\""),
            ));
        }
    }
    if matches!(driver.cache, Some(CacheMode::Unknown(_))) || matches!(driver.io, Some(IoMode::Unknown(_))) {
        return Err(refusal::unsupported(
            format!("{path}/driver"),
            "this cache or io mode is not known",
        ));
    }
    let direct = matches!(driver.cache, Some(CacheMode::None | CacheMode::Directsync));
    if driver.io == Some(IoMode::Native) && !direct {
        return Err(refusal::invalid(
            format!("{path}/driver/@io"),
            "io=\"native\" needs cache=\"none\" or \"directsync\"",
        ));
    }
    let virtio = disk.target.as_ref().and_then(|target| target.bus.as_ref()) == Some(&DiskBus::Virtio);
    let only_virtio = driver.queues.is_some()
        || driver.queue_size.is_some()
        || driver.ioeventfd.is_some()
        || driver.event_idx.is_some();
    if only_virtio && !virtio {
        return Err(refusal::invalid(
            format!("{path}/driver"),
            "queues, ioeventfd and event_idx are only for the bus \"virtio\"",
        ));
    }
    if driver
        .queue_size
        .is_some_and(|size| !size.is_power_of_two() || size > 1024)
    {
        return Err(refusal::invalid(
            format!("{path}/driver/@queue_size"),
            "choose a power of two up to 1024",
        ));
    }
    if driver.queues == Some(0) {
        return Err(refusal::invalid(
            format!("{path}/driver/@queues"),
            "choose 1 or more",
        ));
    }
    Ok(())
}
