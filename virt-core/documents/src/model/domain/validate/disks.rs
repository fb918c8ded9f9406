//! Disks: what they are called, what they sit on, and which options go with that.

use crate::model::value::is_world_wide_name;
use std::borrow::Cow;

use super::at::{At, Checked};
use super::once::first_repeat;
use super::{disk_source, memory, security};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{
    AddressType, Devices, Disk, DiskBus, DiskDevice, DiskDriver, DiskTarget, DiskType, StartupPolicy,
};

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    let mut targets = Vec::with_capacity(devices.disks.len());
    for (index, disk) in devices.disks.iter().enumerate() {
        let at = At::nth("/domain/devices/disk", index, &disk.rest);
        targets.push(check_target(at, disk)?);
        check_bus(at, disk)?;
        check_words(at, disk)?;
        check_identity(at, disk)?;
        check_options(config, at, disk)?;
        disk_source::check(at, disk)?;
        if disk.kind == Some(DiskType::Vhostuser) {
            memory::check_shared(config, at, "/@type")?;
        }
    }
    check_targets(devices, targets)
}

/// No two disks have one target.
fn check_targets(devices: &Devices, targets: Vec<&str>) -> Checked {
    // By length first: vda to vdz and vdaa on are in order then, which is quickly seen.
    let targets = targets.into_iter().map(|target| (target.len(), target));
    let Some((first, again)) = first_repeat(targets.collect()) else {
        return Ok(());
    };
    let Some(disk) = devices.disks.get(again) else {
        return Ok(());
    };
    let target = disk.target.as_ref().and_then(|target| target.dev.as_deref());
    let sentence = format!(
        "the target '{}' is that of disk[{}] too",
        target.unwrap_or_default(),
        first + 1
    );
    Err(At::nth("/domain/devices/disk", again, &disk.rest).wrong("/target/@dev", sentence))
}

/// What the disk is; `disk` unless said.
pub(super) fn device(disk: &Disk) -> Cow<'_, DiskDevice> {
    disk.device
        .as_ref()
        .map_or(Cow::Owned(DiskDevice::Disk), Cow::Borrowed)
}

/// The bus the disk sits on: as said, or else as its target's name says.
pub(in crate::model::domain) fn bus(disk: &Disk) -> Option<DiskBus> {
    let target = disk.target.as_ref()?;
    if let Some(bus) = &target.bus {
        return Some(bus.clone());
    }
    if disk.device == Some(DiskDevice::Floppy) {
        return Some(DiskBus::Fdc);
    }
    let known = [
        ("hd", DiskBus::Ide),
        ("sd", DiskBus::Scsi),
        ("vd", DiskBus::Virtio),
        ("xvd", DiskBus::Xen),
        ("ubd", DiskBus::Uml),
    ];
    let name = target.dev.as_deref()?;
    known
        .into_iter()
        .find_map(|(prefix, bus)| name.starts_with(prefix).then_some(bus))
}

fn check_target<'d>(at: At<'_>, disk: &'d Disk) -> Result<&'d str, crate::xml::XmlError> {
    let target = disk.target.as_ref().and_then(|target| target.dev.as_ref());
    let name = match target {
        Some(name) if !name.is_empty() => name,
        _ => return Err(at.missing("/target/@dev", "the target of the disk")),
    };
    let device = device(disk);
    let is_floppy = *device == DiskDevice::Floppy;
    if is_floppy && !name.starts_with("fd") {
        return Err(at.wrong(
            "/target/@dev",
            format!("'{name}' is no name of a floppy disk, such as 'fda'"),
        ));
    }
    let prefixes = ["hd", "sd", "vd", "xvd", "ubd", "nvme"];
    let is_disk = *device == DiskDevice::Disk;
    if is_disk && !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(at.wrong(
            "/target/@dev",
            format!("'{name}' is no name of a disk, such as 'vda'"),
        ));
    }
    Ok(name)
}

fn check_bus(at: At<'_>, disk: &Disk) -> Checked {
    let Some(bus) = bus(disk) else { return Ok(()) };
    let is_floppy = *device(disk) == DiskDevice::Floppy;
    at.refuse_if(
        is_floppy != (bus == DiskBus::Fdc),
        "/target/@bus",
        "the bus fdc is for floppy disks, and they are for it",
    )?;
    let Some(address) = &disk.address else {
        return Ok(());
    };
    let fits = match bus {
        DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi | DiskBus::Fdc => {
            matches!(address.kind, Some(AddressType::Drive | AddressType::Unassigned))
        }
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let kind = address.kind.as_ref().map_or("", AddressType::as_str);
    let sentence = format!("an address of the type '{kind}' is no place for a disk on the bus '{bus}'");
    Err(at.on(&address.rest).wrong("/address/@type", sentence))
}

fn check_words(at: At<'_>, disk: &Disk) -> Checked {
    at.one_of(
        "/@model",
        disk.model.as_ref(),
        &["virtio", "virtio-transitional", "virtio-non-transitional"],
    )?;
    at.one_of("/@sgio", disk.sgio.as_ref(), &["filtered", "unfiltered"])?;
    let snapshots = ["default", "no", "internal", "external", "manual"];
    at.one_of("/@snapshot", disk.snapshot.as_ref(), &snapshots)?;
    if let Some(geometry) = &disk.geometry {
        let at = at.on(&geometry.rest);
        at.one_of(
            "/geometry/@trans",
            geometry.trans.as_ref(),
            &["default", "none", "auto", "lba"],
        )?;
    }
    match &disk.target {
        Some(target) => {
            at.on(&target.rest)
                .one_of("/target/@tray", target.tray.as_ref(), &["open", "closed"])
        }
        None => Ok(()),
    }
}

fn check_identity(at: At<'_>, disk: &Disk) -> Checked {
    let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    for (below, text, bound) in [("/vendor", &disk.vendor, 8), ("/product", &disk.product, 16)] {
        let Some(text) = text else { continue };
        let name = below.trim_matches('/');
        at.refuse_when(
            text.len() > bound,
            below,
            format_args!("the {name} '{text}' has more than {bound} characters"),
        )?;
        at.refuse_when(
            !printable(text),
            below,
            format_args!("the {name} has characters that can't be printed"),
        )?;
        at.refuse_when(
            bus(disk).is_some_and(|bus| bus != DiskBus::Scsi),
            below,
            format_args!("only disks on the bus scsi have a {name}"),
        )?;
    }
    match &disk.wwn {
        Some(wwn) => at.refuse_when(
            !is_world_wide_name(wwn),
            "/wwn",
            format_args!("'{wwn}' is no name of 16 hexadecimal digits"),
        ),
        None => Ok(()),
    }
}

fn check_options(config: &DomainConfig, at: At<'_>, disk: &Disk) -> Checked {
    let device = device(disk);
    let is_lun = *device == DiskDevice::Lun;
    at.refuse_if(
        !is_lun && (disk.rawio.is_some() || disk.sgio.is_some()),
        "/@device",
        "rawio and sgio are for the device 'lun'",
    )?;
    let kind = disk.kind.as_ref();
    let is_iscsi = kind == Some(&DiskType::Network)
        && disk
            .source
            .as_ref()
            .is_some_and(|source| source.protocol.as_deref() == Some("iscsi"));
    let passes = is_iscsi || matches!(kind, Some(DiskType::Block | DiskType::Volume));
    at.refuse_if(
        is_lun && !passes,
        "/@type",
        "a lun is a block device, a volume or an iSCSI target",
    )?;
    if let Some(policy) = disk
        .source
        .as_ref()
        .and_then(|source| source.startup_policy.as_ref())
    {
        let is_network = kind == Some(&DiskType::Network);
        at.refuse_if(
            is_network,
            "/source/@startupPolicy",
            "a disk on the network has no startup policy",
        )?;
        let removable = matches!(*device, DiskDevice::Cdrom | DiskDevice::Floppy);
        at.refuse_if(
            *policy == StartupPolicy::Requisite && !removable,
            "/source/@startupPolicy",
            "'requisite' is for CD-ROMs and floppy disks",
        )?;
    }
    if let Some(target) = &disk.target {
        check_target_options(at.on(&target.rest), disk, target)?;
    }
    if let Some(driver) = &disk.driver {
        check_driver(at.on(&driver.rest), disk, driver)?;
    }
    check_emptiness(config, at, disk)
}

fn check_target_options(at: At<'_>, disk: &Disk, target: &DiskTarget) -> Checked {
    let bus = bus(disk);
    let removable = matches!(*device(disk), DiskDevice::Cdrom | DiskDevice::Floppy);
    at.refuse_if(
        target.tray.is_some() && !removable,
        "/target/@tray",
        "only CD-ROMs and floppy disks have a tray",
    )?;
    at.refuse_if(
        target.removable.is_some() && !matches!(bus, Some(DiskBus::Usb | DiskBus::Scsi)),
        "/target/@removable",
        "'removable' is for the buses usb and scsi",
    )?;
    at.refuse_if(
        target.rotation_rate.is_some_and(|rate| rate != 0)
            && !matches!(bus, Some(DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi)),
        "/target/@rotation_rate",
        "a rotation rate is for the buses ide, sata and scsi",
    )
}

fn check_driver(at: At<'_>, disk: &Disk, driver: &DiskDriver) -> Checked {
    if let Some(iothreads) = &driver.iothreads {
        at.refuse_if(
            driver.iothread.is_some(),
            "/driver/iothreads",
            "there is an attribute 'iothread' too",
        )?;
        for (number, thread) in iothreads.threads.iter().enumerate() {
            let at = at.part("/driver/iothreads/iothread", number, &thread.rest);
            at.need("/@id", "the attribute 'id'", thread.id.as_ref())?;
        }
    }
    at.refuse_if(
        driver.iothread == Some(0),
        "/driver/@iothread",
        "the I/O thread is 0; they begin at 1",
    )?;
    if bus(disk).is_none_or(|bus| bus == DiskBus::Virtio) {
        return Ok(());
    }
    let only_virtio = [
        ("queues", driver.queues.is_some()),
        ("event_idx", driver.event_idx.is_some()),
        ("ioeventfd", driver.ioeventfd.is_some()),
        ("iommu", driver.iommu.is_some()),
        ("ats", driver.ats.is_some()),
        ("packed", driver.packed.is_some()),
        ("page_per_vq", driver.page_per_vq.is_some()),
    ];
    for (name, is_said) in only_virtio {
        if is_said {
            let sentence = format!("'{name}' is for the bus virtio");
            return Err(at.wrong(&format!("/driver/@{name}"), sentence));
        }
    }
    at.refuse_if(disk.model.is_some(), "/@model", "a model is for the bus virtio")
}

fn check_emptiness(config: &DomainConfig, at: At<'_>, disk: &Disk) -> Checked {
    let removable = matches!(*device(disk), DiskDevice::Cdrom | DiskDevice::Floppy);
    match &disk.source {
        None if !removable => Err(at.missing("/source", "the source of the disk")),
        None if config.is_run_by_qemu() && bus(disk) == Some(DiskBus::Usb) => {
            Err(at.missing("/source", "the source of the disk, needed on the bus usb,"))
        }
        Some(source) => security::check_device(at.on(&source.rest), "/source", &source.seclabels),
        None => Ok(()),
    }
}
