//! Disks: block nodes and the devices on them.

use virt_core::Result;
use virt_core::model::domain::devices::{
    CacheMode, ControllerType, DetectZeroes, DiscardMode, Disk, DiskBus, DiskDevice, DiskDriver, DiskType,
    ErrorPolicy, ImageFormat, IoMode,
};
use virt_core::model::value::OnOff;

use super::boot;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::{Properties, Value};
use super::virtio::{self, VirtioOptions};
use crate::plan::{Resources, file_of, is_lsi, refusal};

/// The block nodes of a disk, lowest first, and the name of the one the device uses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskNodes {
    /// Arguments of `blockdev-add` or `-blockdev`.
    pub nodes: Vec<Properties>,
    /// The name of the topmost node.
    pub top: String,
}

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, disk) in context.devices.disks.iter().enumerate() {
        let nodes = disk_nodes(disk, context.resources, &refusal::device("disk", index))?;
        for node in nodes.iter().flat_map(|nodes| &nodes.nodes) {
            args.blockdev(node);
        }
        args.device(&device(context, index, disk, nodes.as_ref())?);
    }
    Ok(())
}

/// The block nodes of a disk of a live configuration; `None` for an empty drive. `path` names the element in errors.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) when the source was given no number.
pub fn disk_nodes(disk: &Disk, resources: &Resources, path: &str) -> Result<Option<DiskNodes>> {
    let Some(file) = file_of(disk) else {
        return Ok(None);
    };
    let number = disk.source.as_ref().and_then(|source| source.index);
    let number = number.ok_or_else(|| {
        refusal::invalid(
            format!("{path}/source/@index"),
            "this is not the configuration of a run",
        )
    })?;
    let driver = disk.driver.clone().unwrap_or_default();
    let format = driver.kind.clone().unwrap_or(ImageFormat::Raw);
    let cache = cache(disk, &driver);
    let storage = format!("libvirt-{number}-storage");
    let node = Properties::new()
        .with("driver", protocol(disk, file, resources))
        .with("filename", file)
        .with_some("aio", driver.io.as_ref().map(IoMode::as_str))
        .with("node-name", storage.as_str());
    if format == ImageFormat::Raw {
        let node = discard(node.with("read-only", disk.readonly), &driver).with_some("cache", cache);
        return Ok(Some(DiskNodes {
            nodes: vec![node],
            top: storage,
        }));
    }
    let node = node
        .with("auto-read-only", true)
        .with("discard", "unmap")
        .with_some("cache", cache.clone());
    let top = format!("libvirt-{number}-format");
    let layer = Properties::new()
        .with("node-name", top.as_str())
        .with("read-only", disk.readonly);
    let mut layer = discard(layer, &driver)
        .with_some("cache", cache)
        .with("driver", format.as_str())
        .with("file", storage);
    if disk.backing_store.is_some() {
        layer.push("backing", Value::Null);
    }
    Ok(Some(DiskNodes {
        nodes: vec![node, layer],
        top,
    }))
}

fn protocol(disk: &Disk, file: &str, resources: &Resources) -> &'static str {
    if disk.kind != Some(DiskType::Block) {
        "file"
    } else if disk.device == Some(DiskDevice::Cdrom)
        && resources.cdrom_drives.iter().any(|drive| drive == file)
    {
        "host_cdrom"
    } else {
        "host_device"
    }
}

fn discard(node: Properties, driver: &DiskDriver) -> Properties {
    let zeroes = match (&driver.detect_zeroes, &driver.discard) {
        (Some(DetectZeroes::Unmap), Some(DiscardMode::Unmap)) => Some("unmap"),
        (Some(DetectZeroes::Unmap | DetectZeroes::On), _) => Some("on"),
        (Some(DetectZeroes::Off), _) => Some("off"),
        _ => None,
    };
    node.with_some("discard", driver.discard.as_ref().map(DiscardMode::as_str))
        .with_some("detect-zeroes", zeroes)
}

/// The cache mode; a disk that is shared is not cached.
fn cache_mode(disk: &Disk, driver: &DiskDriver) -> Option<CacheMode> {
    match driver.cache.clone() {
        None | Some(CacheMode::Default) => disk.shareable.then_some(CacheMode::None),
        mode => mode,
    }
}

fn cache(disk: &Disk, driver: &DiskDriver) -> Option<Properties> {
    let mode = cache_mode(disk, driver)?;
    let direct = matches!(mode, CacheMode::None | CacheMode::Directsync);
    Some(
        Properties::new()
            .with("direct", direct)
            .with("no-flush", mode == CacheMode::Unsafe),
    )
}

fn device(context: &Context<'_>, index: usize, disk: &Disk, nodes: Option<&DiskNodes>) -> Result<Properties> {
    let path = refusal::device("disk", index);
    let id = id_of(disk.alias.as_ref(), &path)?;
    let driver = disk.driver.clone().unwrap_or_default();
    let device = on_bus(context, disk, &driver, id, &path)?
        .with_some("share-rw", disk.shareable.then_some(true))
        .with_some("drive", nodes.map(|nodes| nodes.top.as_str()))
        .with("id", id)
        .with_some("bootindex", boot::disk_index(context, index))
        .with_some("wwn", wwn(disk, &path)?)
        .with_some(
            "rotation_rate",
            disk.target.as_ref().and_then(|target| target.rotation_rate),
        )
        .with_some("write-cache", write_cache(disk, &driver))
        .with_some("serial", disk.serial.as_deref());
    Ok(with_policies(device, &driver))
}

fn on_bus(
    context: &Context<'_>,
    disk: &Disk,
    driver: &DiskDriver,
    id: &str,
    path: &str,
) -> Result<Properties> {
    let bus = disk.target.as_ref().and_then(|target| target.bus.as_ref());
    let address = disk.address.as_ref();
    let controller = address.and_then(|address| address.controller).unwrap_or(0);
    let line = address
        .and_then(|address| address.bus)
        .map_or(0, |bus| bus.value());
    let unit = address.and_then(|address| address.unit).unwrap_or(0);
    let kind = if disk.device == Some(DiskDevice::Cdrom) {
        "cd"
    } else {
        "hd"
    };
    let host = |kind: ControllerType| {
        let missing = || {
            refusal::invalid(
                format!("{path}/address/@controller"),
                format!("there is no {kind} controller {controller}"),
            )
        };
        context.controller(&kind, controller).ok_or_else(missing)
    };
    Ok(match bus {
        Some(DiskBus::Ide) => Properties::device(format!("ide-{kind}"))
            .with("bus", format!("ide.{line}"))
            .with("unit", unit),
        Some(DiskBus::Sata) => Properties::device(format!("ide-{kind}"))
            .with("bus", format!("{}.{unit}", host(ControllerType::Sata)?)),
        Some(DiskBus::Scsi) => {
            let device = Properties::device(format!("scsi-{kind}"))
                .with("bus", format!("{}.0", host(ControllerType::Scsi)?));
            let device = if is_lsi(context.devices, controller) {
                device.with("scsi-id", unit)
            } else {
                let target = address.and_then(|address| address.target).unwrap_or(0);
                device
                    .with("channel", line)
                    .with("scsi-id", target)
                    .with("lun", unit)
            };
            device.with("device_id", format!("drive-{id}"))
        }
        _ => Properties::device(virtio::pci_driver("blk", disk.model.as_deref()))
            .with_all(VirtioOptions::from(Some(driver)).properties())
            .with_some("ioeventfd", driver.ioeventfd.map(OnOff::is_set))
            .with_some("event_idx", driver.event_idx.map(OnOff::is_set))
            .with_some("num-queues", driver.queues)
            .with_some("queue-size", driver.queue_size)
            .with_all(context.place(address, path)?),
    })
}

fn wwn(disk: &Disk, path: &str) -> Result<Option<u64>> {
    let Some(wwn) = disk.wwn.as_deref() else {
        return Ok(None);
    };
    let digits = wwn.strip_prefix("0x").unwrap_or(wwn);
    let number = u64::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 16);
    number.map(Some).ok_or_else(|| {
        refusal::invalid(
            format!("{path}/wwn"),
            format!("{wwn:?} is not 16 hexadecimal digits"),
        )
    })
}

/// Whether the device says it has a write cache: by the cache mode, if one is chosen.
fn write_cache(disk: &Disk, driver: &DiskDriver) -> Option<&'static str> {
    if disk.device == Some(DiskDevice::Cdrom) {
        return None;
    }
    let through = matches!(
        cache_mode(disk, driver)?,
        CacheMode::Writethrough | CacheMode::Directsync
    );
    Some(if through { "off" } else { "on" })
}

fn with_policies(device: Properties, driver: &DiskDriver) -> Properties {
    let name = |policy: &ErrorPolicy| {
        match policy {
            ErrorPolicy::Enospace => "enospc",
            other => other.as_str(),
        }
        .to_owned()
    };
    let write = driver.error_policy.as_ref().map(name);
    let read = match (&driver.rerror_policy, &driver.error_policy) {
        (Some(policy), _) => Some(name(policy)),
        (None, Some(ErrorPolicy::Enospace)) | (None, None) => None,
        (None, Some(policy)) => Some(name(policy)),
    };
    device.with_some("werror", write).with_some("rerror", read)
}
