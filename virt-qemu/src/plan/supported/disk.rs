//! Which disks are supported.

use virt_core::Result;
use virt_core::model::domain::devices::{
    BackingStore, CacheMode, Disk, DiskBus, DiskDevice, DiskType, ErrorPolicy, ImageFormat, IoMode,
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
    flags(disk, path)?;
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

/// Settings that belong to some buses or formats only.
fn flags(disk: &Disk, path: &str) -> Result<()> {
    let target = disk.target.as_ref();
    let bus = target.and_then(|target| target.bus.as_ref());
    let virtio = bus == Some(&DiskBus::Virtio);
    let raw = disk
        .driver
        .as_ref()
        .and_then(|driver| driver.kind.as_ref())
        .is_none_or(|kind| *kind == ImageFormat::Raw);
    let is_disk = disk.device == Some(DiskDevice::Disk);
    let known_model = matches!(
        disk.model.as_deref(),
        None | Some("virtio" | "virtio-transitional" | "virtio-non-transitional")
    );
    if disk.model.is_some() && !(virtio && known_model) {
        return Err(refusal::unsupported(
            format!("{path}/@model"),
            "a model is only chosen for the bus \"virtio\"",
        ));
    }
    if target.is_some_and(|target| target.tray.is_some()) {
        return Err(refusal::unsupported(
            format!("{path}/target/@tray"),
            "a guest starts with its trays closed; leave it out",
        ));
    }
    if target.is_some_and(|target| target.rotation_rate.is_some()) && (virtio || !is_disk) {
        return Err(refusal::invalid(
            format!("{path}/target/@rotation_rate"),
            "only IDE, SATA and SCSI disks rotate",
        ));
    }
    if let Some(wwn) = &disk.wwn {
        let digits = wwn.strip_prefix("0x").unwrap_or(wwn);
        if virtio || digits.len() != 16 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refusal::invalid(
                format!("{path}/wwn"),
                "a name of 16 hexadecimal digits, for IDE, SATA and SCSI disks",
            ));
        }
    }
    if disk.shareable && !raw {
        return Err(refusal::invalid(
            format!("{path}/shareable"),
            "only a raw image can be shared by several writers",
        ));
    }
    if disk.readonly && is_disk && matches!(bus, Some(DiskBus::Ide | DiskBus::Sata)) {
        return Err(refusal::unsupported(
            format!("{path}/readonly"),
            "IDE and SATA disks cannot be read-only; choose \"virtio\"",
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
    let policies = [
        ("error_policy", &driver.error_policy),
        ("rerror_policy", &driver.rerror_policy),
    ];
    for (attribute, policy) in policies {
        let fits = match policy {
            None | Some(ErrorPolicy::Stop | ErrorPolicy::Report | ErrorPolicy::Ignore) => true,
            Some(ErrorPolicy::Enospace) => attribute == "error_policy",
            Some(_) => false,
        };
        if !fits {
            return Err(refusal::invalid(
                format!("{path}/driver/@{attribute}"),
                "choose \"stop\", \"report\" or \"ignore\"",
            ));
        }
    }
    let direct = matches!(driver.cache, Some(CacheMode::None | CacheMode::Directsync));
    if driver.io == Some(IoMode::Native) && !direct {
        return Err(refusal::invalid(
            format!("{path}/driver/@io"),
            "io=\"native\" needs cache=\"none\" or \"directsync\"",
        ));
    }
    let virtio = disk.target.as_ref().and_then(|target| target.bus.as_ref()) == Some(&DiskBus::Virtio);
    let virtio_options = [driver.iommu, driver.ats, driver.packed, driver.page_per_vq];
    let only_virtio = driver.queues.is_some()
        || driver.queue_size.is_some()
        || driver.ioeventfd.is_some()
        || driver.event_idx.is_some()
        || virtio_options.iter().any(Option::is_some);
    if only_virtio && !virtio {
        return Err(refusal::invalid(
            format!("{path}/driver"),
            "queues, ioeventfd, event_idx, iommu, ats, packed and page_per_vq are only for the bus \"virtio\"",
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
