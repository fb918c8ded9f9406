//! Disks.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{DiscardMode, Disk, DiskDevice, DiskSource, DiskType, ImageFormat};

use super::super::made::Made;
use super::super::problem::{invalid, unsupported};

/// Disks, each with its place in the document.
pub(in super::super) fn disks(domain: &DomainConfig) -> impl Iterator<Item = (String, &Disk)> {
    let disks = domain.devices.iter().flat_map(|devices| &devices.disks);
    let place = |(number, disk)| (format!("/domain/devices/disk[{}]", number + 1), disk);
    disks.enumerate().map(place)
}

/// What a guest calls it.
pub(in super::super) fn name<'d>(place: &str, disk: &'d Disk) -> Result<&'d str> {
    let name = disk.target.as_ref().and_then(|target| target.dev.as_deref());
    let name = name.filter(|name| !name.is_empty() && !name.contains([',', ':']));
    name.ok_or_else(|| invalid(format!("{place}/target/@dev"), "say what the guest calls it"))
}

/// The file or device it is; none for an empty drive.
pub(in super::super) fn path<'d>(place: &str, disk: &'d Disk) -> Result<Option<&'d str>> {
    let Some(source) = &disk.source else {
        return Ok(None);
    };
    Ok(match &disk.kind {
        None | Some(DiskType::File) => source.file.as_deref(),
        Some(DiskType::Block) => source.dev.as_deref(),
        Some(DiskType::Dir) => source.dir.as_deref(),
        Some(kind) => {
            let text = format!("Xen has disks of type file, block and network, not {kind}");
            return Err(unsupported(format!("{place}/@type"), text));
        }
    })
}

/// Which driver serves it, if that is said.
pub(in super::super) fn driver(disk: &Disk) -> Option<&str> {
    disk.driver.as_ref().and_then(|driver| driver.name.as_deref())
}

pub(in super::super) fn format(disk: &Disk) -> &ImageFormat {
    let format = disk.driver.as_ref().and_then(|driver| driver.kind.as_ref());
    format.unwrap_or(&ImageFormat::Raw)
}

pub(in super::super) fn check(place: &str, disk: &Disk) -> Result<()> {
    if disk.transient.is_some() {
        let text = "Xen keeps what is written to a disk";
        return Err(unsupported(format!("{place}/transient"), text));
    }
    if !matches!(disk.device, None | Some(DiskDevice::Disk | DiskDevice::Cdrom)) {
        let text = "Xen has disks and CD-ROMs; floppies it has none of";
        return Err(unsupported(format!("{place}/@device"), text));
    }
    Ok(())
}

pub(super) fn write_xl(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let disks = disks(domain).map(|(place, disk)| xl_disk(&place, disk));
    out.add_list("disk", disks.collect::<Result<_>>()?);
    Ok(())
}

fn xl_disk(place: &str, disk: &Disk) -> Result<String> {
    check(place, disk)?;
    let format = match format(disk) {
        ImageFormat::Raw => "raw",
        // So libvirt calls it; xl takes vhd.
        ImageFormat::Vhd => "xvhd",
        ImageFormat::Qcow => "qcow",
        ImageFormat::Qcow2 => "qcow2",
        ImageFormat::Qed => "qed",
        other => {
            let text = format!("xl has images of raw, qcow, qcow2, qed and vhd, not {other}");
            return Err(unsupported(format!("{place}/driver/@type"), text));
        }
    };
    let access = match (disk.readonly, disk.shareable) {
        (true, _) => "ro",
        (false, true) => "!",
        (false, false) => "rw",
    };
    let mut text = format!("format={format},vdev={},access={access}", name(place, disk)?);
    if let Some(driver) = driver(disk) {
        let backend = match driver {
            "qemu" | "file" => "qdisk",
            "tap" | "tap2" => "tap",
            "phy" => "phy",
            other => {
                let text = format!("xl has the drivers qemu, phy and tap, not {other}");
                return Err(unsupported(format!("{place}/driver/@name"), text));
            }
        };
        text.push_str(",backendtype=");
        text.push_str(backend);
    }
    if disk.device == Some(DiskDevice::Cdrom) {
        text.push_str(",devtype=cdrom");
    }
    if let Some(name) = disk
        .backenddomain
        .as_ref()
        .and_then(|domain| domain.name.as_deref())
    {
        if name.contains(',') {
            let text = format!("{name:?} has a comma, which ends a part of disk");
            return Err(unsupported(format!("{place}/backenddomain/@name"), text));
        }
        text.push_str(",backend=");
        text.push_str(name);
    }
    match disk.driver.as_ref().and_then(|driver| driver.discard.as_ref()) {
        Some(DiscardMode::Unmap) => text.push_str(",discard"),
        Some(_) => text.push_str(",no-discard"),
        None => {}
    }
    // It takes the rest of the string, and so comes last.
    if let Some(target) = target(place, disk)? {
        text.push_str(",target=");
        text.push_str(&target);
    }
    Ok(text)
}

fn target(place: &str, disk: &Disk) -> Result<Option<String>> {
    match (&disk.kind, &disk.source) {
        (Some(DiskType::Network), Some(source)) => {
            if disk.auth.is_some() || source.auth.is_some() {
                let text = "a file has no place for secrets: give the image to a guest that runs";
                return Err(unsupported(format!("{place}/auth"), text));
            }
            rbd(place, source, None).map(Some)
        }
        _ => Ok(path(place, disk)?.map(ToOwned::to_owned)),
    }
}

/// Whether it is a name of an image in QEMU's string, in which `:` and `\` say something else.
pub(in super::super) fn is_image_name(name: &str) -> bool {
    !name.is_empty() && !name.contains([':', '\\'])
}

/// An image of Ceph in QEMU's string.
pub(in super::super) fn rbd(place: &str, source: &DiskSource, user: Option<&str>) -> Result<String> {
    if source.protocol.as_deref() != Some("rbd") {
        let text = "Xen has network disks of protocol rbd";
        return Err(unsupported(format!("{place}/source/@protocol"), text));
    }
    let name = source.name.as_deref().unwrap_or_default();
    if !is_image_name(name) {
        let text = format!("{name:?} is no POOL/IMAGE, which has neither `:` nor `\\`");
        return Err(unsupported(format!("{place}/source/@name"), text));
    }
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
    let mut text = format!("rbd:{name}");
    match user {
        Some(user) => {
            text.push_str(":id=");
            text.push_str(&escaped(user));
        }
        None => text.push_str(":auth_supported=none"),
    }
    if !source.hosts.is_empty() {
        let host = |host: &virt_core::model::domain::devices::SourceHost| {
            let name = host.name.as_deref().unwrap_or_default();
            // What has a `:` is an address of IPv6.
            let name = match name.contains(':') {
                true => format!("[{}]", escaped(name)),
                false => name.to_owned(),
            };
            match &host.port {
                Some(port) => format!("{name}\\:{port}"),
                None => name,
            }
        };
        let hosts: Vec<String> = source.hosts.iter().map(host).collect();
        text.push_str(":mon_host=");
        text.push_str(&hosts.join("\\;"));
    }
    if let Some(file) = source.config.as_ref().and_then(|config| config.file.as_deref()) {
        text.push_str(":conf=");
        text.push_str(&escaped(file));
    }
    Ok(text)
}

pub(super) fn write_xm(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let disks = disks(domain).map(|(place, disk)| xm_disk(&place, disk));
    out.add_list("disk", disks.collect::<Result<_>>()?);
    Ok(())
}

fn xm_disk(place: &str, disk: &Disk) -> Result<String> {
    check(place, disk)?;
    let mut text = String::new();
    if let Some(path) = path(place, disk)? {
        if path.contains(',') {
            let text = format!("{path:?} has a comma, which xm's disks end a path with");
            return Err(unsupported(format!("{place}/source"), text));
        }
        let format = format(disk);
        match driver(disk) {
            Some(driver @ ("tap" | "tap2")) => {
                let word = match format {
                    ImageFormat::Raw => "aio",
                    format => format.as_str(),
                };
                text = format!("{driver}:{word}:");
            }
            driver => {
                if *format != ImageFormat::Raw {
                    let text = format!("only the drivers tap and tap2 have images of {format}");
                    return Err(unsupported(format!("{place}/driver/@type"), text));
                }
                if let Some(driver) = driver {
                    text = format!("{driver}:");
                }
            }
        }
        text.push_str(path);
    }
    text.push(',');
    text.push_str(name(place, disk)?);
    if disk.device == Some(DiskDevice::Cdrom) {
        text.push_str(":cdrom");
    }
    text.push_str(match (disk.readonly, disk.shareable) {
        (true, _) => ",r",
        (false, true) => ",!",
        (false, false) => ",w",
    });
    Ok(text)
}
