//! Disks.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    BackendDomain, DiscardMode, Disk, DiskBus, DiskDevice, DiskDriver, DiskSource, DiskTarget, DiskType,
    ImageFormat,
};

use super::super::problem::{unsupported_key, wrong_key};
use super::super::words::Kind;
use super::disk_spec::DiskSpec;
use super::rbd;
use super::source::Source;

const KEY: &str = "disk";

/// xl's.
pub(super) fn read_xl(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    for text in source.texts(KEY) {
        match xl_disk(&text, kind) {
            Ok(mut disk) => {
                if source.is_complete() {
                    more(&text, &mut disk);
                    if !rbd::is_named(&disk) {
                        // It is kept as it is.
                        continue;
                    }
                }
                domain.devices_mut().disks.push(disk);
            }
            Err(error) => {
                source.lenient::<()>(error)?;
            }
        }
    }
    Ok(())
}

fn xl_disk(text: &str, kind: Kind) -> Result<Disk> {
    let spec = DiskSpec::parse(text).map_err(|what| wrong_key(KEY, format!("{text:?}: {what}")))?;
    let refuse = |what: String| unsupported_key(KEY, format!("{text:?}: {what}"));
    let mut disk = new(spec.vdev.unwrap_or_default(), kind);
    let mut driver = DiskDriver::default();
    driver.kind = Some(match spec.format {
        None | Some("raw" | "empty" | "aio") => ImageFormat::Raw,
        Some("qcow") => ImageFormat::Qcow,
        Some("qcow2") => ImageFormat::Qcow2,
        Some("qed") => ImageFormat::Qed,
        // libvirt writes the second.
        Some("vhd" | "xvhd") => ImageFormat::Vhd,
        Some(other) => {
            return Err(refuse(format!(
                "{other} is no format: say raw, qcow, qcow2, qed, vhd"
            )));
        }
    });
    let (name, disk_type) = match spec.backend_type {
        _ if spec.is_cdrom => ("qemu", DiskType::File),
        None | Some("qdisk") => ("qemu", DiskType::File),
        Some("tap") => ("tap", DiskType::File),
        Some("phy") => ("phy", DiskType::Block),
        Some(other) => return Err(refuse(format!("{other} is no back end: say qdisk, phy, tap"))),
    };
    driver.name = Some(name.to_owned());
    if spec.is_cdrom {
        disk.device = Some(DiskDevice::Cdrom);
        driver.kind = Some(ImageFormat::Raw);
    }
    disk.kind = Some(disk_type);
    disk.driver = Some(driver);
    match spec.target {
        Some(target) => match target.strip_prefix("rbd:") {
            Some(image) => rbd::read(image, &mut disk),
            None => set_source(&mut disk, target),
        },
        None if spec.is_cdrom => {}
        None => return Err(wrong_key(KEY, format!("{text:?}: it says no target"))),
    }
    disk.readonly = spec.is_cdrom || matches!(spec.access, Some("r" | "ro"));
    match spec.access {
        None | Some("r" | "ro" | "w" | "rw") => {}
        Some("w!" | "!" | "rw!") => disk.shareable = true,
        Some(other) => {
            let text = format!("{text:?}: {other} is no way of access: say rw, ro");
            return Err(wrong_key(KEY, text));
        }
    }
    Ok(disk)
}

/// What libvirt has elements for, and does not read.
fn more(text: &str, disk: &mut Disk) {
    let Ok(spec) = DiskSpec::parse(text) else { return };
    if let Some(name) = spec.backend {
        let mut domain = BackendDomain::default();
        domain.name = Some(name.to_owned());
        disk.backenddomain = Some(Box::new(domain));
    }
    if let (Some(is_on), Some(driver)) = (spec.discard, &mut disk.driver) {
        driver.discard = Some(if is_on {
            DiscardMode::Unmap
        } else {
            DiscardMode::Ignore
        });
    }
}

fn new(name: &str, kind: Kind) -> Disk {
    let mut target = DiskTarget::default();
    target.dev = Some(name.to_owned());
    target.bus = Some(if name.starts_with("xvd") || kind != Kind::Hvm {
        DiskBus::Xen
    } else if name.starts_with("sd") {
        DiskBus::Scsi
    } else {
        DiskBus::Ide
    });
    let mut disk = Disk::default();
    disk.device = Some(DiskDevice::Disk);
    disk.target = Some(target);
    disk
}

fn set_source(disk: &mut Disk, path: &str) {
    let mut source = DiskSource::default();
    match disk.kind {
        Some(DiskType::Block) => source.dev = Some(path.to_owned()),
        _ => source.file = Some(path.to_owned()),
    }
    disk.source = Some(source);
}

/// xm's: `SOURCE,NAME,MODE`.
pub(super) fn read_xm(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    // libvirt passes over what it does not understand.
    let disks = source.texts(KEY);
    let disks = disks.iter().filter_map(|text| xm_disk(text, kind));
    let is_named = |disk: &Disk| {
        let name = disk.target.as_ref().and_then(|target| target.dev.as_deref());
        name.is_some_and(|name| !name.is_empty()) || !source.is_complete()
    };
    domain.devices_mut().disks.extend(disks.filter(is_named));
    Ok(())
}

fn xm_disk(text: &str, kind: Kind) -> Option<Disk> {
    let (path, rest) = text.split_once(',')?;
    let rest = rest.strip_prefix("ioemu:").unwrap_or(rest);
    let (name, mode) = rest.split_once(',')?;
    let (name, what) = name.split_once(':').unwrap_or((name, "disk"));
    let mut disk = new(name, kind);
    let mut driver = DiskDriver::default();
    driver.kind = Some(ImageFormat::Raw);
    let mut path = Some(path).filter(|path| !path.is_empty());
    if let Some((name, rest)) = path.and_then(|path| path.split_once(':')) {
        driver.name = Some(name.to_owned());
        path = Some(rest);
        if matches!(name, "tap" | "tap2") {
            let (format, rest) = rest.split_once(':')?;
            driver.kind = Some(match ImageFormat::from(format) {
                ImageFormat::Aio => ImageFormat::Raw,
                ImageFormat::Unknown(_) => return None,
                format => format,
            });
            path = Some(rest);
        }
    }
    let name = driver.name.get_or_insert_with(|| "phy".to_owned());
    disk.kind = Some(if name == "phy" {
        DiskType::Block
    } else {
        DiskType::File
    });
    disk.driver = Some(driver);
    if let Some(path) = path {
        set_source(&mut disk, path);
    }
    if what == "cdrom" {
        disk.device = Some(DiskDevice::Cdrom);
    }
    match mode {
        "r" | "ro" => disk.readonly = true,
        "w!" | "!" => disk.shareable = true,
        _ => {}
    }
    Some(disk)
}
