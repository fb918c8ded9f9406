//! What a place on a bus holds.

use virt_core::model::domain::devices::{
    CacheMode, Disk, DiskDevice, DiskDriver, DiskSource, DiskType, StartupPolicy, Transient,
};
use virt_core::{ErrorKind, Result};

use super::super::places::{Bus, Place};
use super::super::problem::{unsupported_key, wrong_key};
use super::source::Source;

/// A disk without its place.
pub(super) struct Medium {
    pub(super) disk: Disk,
}

/// How a file names an empty drive.
const EMPTY: &str = "emptyBackingString";
/// How a file names the drive of the host that is found at start.
const AUTO_DETECT: &str = "auto detect";
/// Where ESX has the CD-ROM drives of the host.
const HOST_DRIVES: &str = "/vmfs/devices/cdrom/";

/// The keys of a place that decide what it holds.
struct Keys<'s, 'v> {
    source: &'s Source<'v>,
    place: Place,
    device_type: Option<String>,
    file_name: Option<String>,
}

/// What a place holds that is there. A drive of a remote client's is none for libvirt; a complete reading has it as a drive
/// without a medium, which one can be put into.
pub(super) fn read_medium(source: &Source<'_>, place: Place) -> Result<Option<Medium>> {
    let device = place.device();
    source.flag(&format!("{device}.startConnected"))?;
    let is_of_client = source.flag(&format!("{device}.clientDevice"))? == Some(true);
    if is_of_client && !source.is_complete() {
        return Ok(None);
    }
    let keys = Keys {
        source,
        place,
        device_type: source.text(&format!("{device}.deviceType")),
        file_name: source.text(&format!("{device}.fileName")),
    };
    if is_of_client {
        let is_drive = place.bus != Bus::Floppy && keys.is_optical();
        return Ok(is_drive.then(|| Medium {
            disk: keys.without_medium(),
        }));
    }
    let disk = match place.bus {
        Bus::Floppy => keys.floppy()?,
        _ if keys.is_optical() => keys.optical()?,
        _ => keys.hard_disk()?,
    };
    Ok(Some(Medium { disk }))
}

impl Keys<'_, '_> {
    fn is_type(&self, word: &str) -> bool {
        let kind = self.device_type.as_deref();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(word))
    }

    fn file_ends(&self, suffix: &str) -> bool {
        self.file_name
            .as_deref()
            .is_some_and(|name| ends_with(name, suffix))
    }

    fn is_host_drive(&self) -> bool {
        let name = self.file_name.as_deref();
        self.place.bus == Bus::Scsi
            && self.is_type("scsi-passthru")
            && name.is_some_and(|name| name.starts_with(HOST_DRIVES))
    }

    /// Whether it is a CD-ROM drive, by its type or by what is in it.
    fn is_optical(&self) -> bool {
        let kinds = ["atapi-cdrom", "cdrom-raw", "cdrom-image"];
        if self.file_ends(".vmdk") {
            return false;
        }
        self.file_ends(".iso")
            || matches!(self.file_name.as_deref(), None | Some(EMPTY))
            || kinds.iter().any(|kind| self.is_type(kind))
            || self.is_host_drive()
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.place.device())
    }

    fn hard_disk(&self) -> Result<Disk> {
        let name = self.file_name.as_deref().filter(|name| ends_with(name, ".vmdk"));
        let Some(name) = name else {
            return Err(self.not_handled());
        };
        let own = match self.place.bus {
            Bus::Scsi => Some("scsi-hardDisk"),
            Bus::Ide => Some("ata-hardDisk"),
            _ => None,
        };
        if let (Some(own), Some(kind)) = (own, &self.device_type)
            && !self.is_type(own)
            && !self.is_type("disk")
        {
            let text = format!("{kind:?} is neither {own} nor disk, and the image is of one");
            return Err(wrong_key(&self.key("deviceType"), text));
        }
        let mut disk = with_file(DiskDevice::Disk, Some(self.path(name)?));
        if self.source.flag(&self.key("writeThrough"))? == Some(true) {
            let mut driver = DiskDriver::default();
            driver.cache = Some(CacheMode::Writethrough);
            disk.driver = Some(driver);
        }
        let mode = self.source.raw(&self.key("mode"));
        if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("independent-nonpersistent")) {
            disk.transient = Some(Box::new(Transient::default()));
        }
        let sharing = self.source.raw(&self.key("sharing"));
        disk.shareable = self.source.is_complete()
            && sharing.is_some_and(|sharing| sharing.eq_ignore_ascii_case("multi-writer"));
        Ok(disk)
    }

    fn optical(&self) -> Result<Disk> {
        let mut disk = if self.file_ends(".iso") {
            if self.device_type.is_some() && !self.is_type("cdrom-image") {
                return Err(self.not_an_image());
            }
            with_file(DiskDevice::Cdrom, self.image()?)
        } else if self.is_type("atapi-cdrom") {
            self.host_drive(DiskDevice::Cdrom)
        } else if self.is_type("cdrom-raw") || self.is_host_drive() {
            self.host_drive(DiskDevice::Lun)
        } else if self.is_type("cdrom-image") {
            match self.file_name.as_deref() {
                Some(name) if name.eq_ignore_ascii_case(AUTO_DETECT) => {
                    let mut disk = with_file(DiskDevice::Cdrom, None);
                    disk.source = Some(found_at_start());
                    disk
                }
                _ => with_file(DiskDevice::Cdrom, self.image()?),
            }
        } else if self.file_name.as_deref() == Some(EMPTY) {
            if self.device_type.is_some() {
                return Err(self.not_an_image());
            }
            with_file(DiskDevice::Cdrom, None)
        } else {
            return Err(self.not_handled());
        };
        disk.readonly = true;
        Ok(disk)
    }

    fn without_medium(&self) -> Disk {
        let mut disk = with_file(DiskDevice::Cdrom, None);
        disk.readonly = true;
        disk
    }

    fn floppy(&self) -> Result<Disk> {
        let kind = self.source.raw(&self.key("fileType")).unwrap_or_default();
        if kind.eq_ignore_ascii_case("device") {
            return Ok(with_device(DiskDevice::Floppy, self.file_name.clone()));
        }
        if kind.eq_ignore_ascii_case("file") {
            let path = self.file_name.as_deref().map(|name| self.path(name));
            return Ok(with_file(DiskDevice::Floppy, path.transpose()?));
        }
        Err(self.not_handled())
    }

    /// The drive of the host with that name, or the one that is found at start.
    fn host_drive(&self, device: DiskDevice) -> Disk {
        let name = self.file_name.as_deref();
        match name.filter(|name| name.eq_ignore_ascii_case(AUTO_DETECT)) {
            Some(_) => {
                let mut disk = with_device(device, None);
                disk.source = Some(found_at_start());
                disk
            }
            None => with_device(device, self.file_name.clone()),
        }
    }

    /// The path of the image in a CD-ROM drive; none where there is no image, or it is gone.
    fn image(&self) -> Result<Option<String>> {
        let name = self
            .file_name
            .as_deref()
            .filter(|name| !name.is_empty() && *name != EMPTY);
        match name.map(|name| self.path(name)) {
            None => Ok(None),
            Some(Ok(path)) => Ok(Some(path)),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }

    fn path(&self, name: &str) -> Result<String> {
        self.source.options.files.path(name)
    }

    fn not_an_image(&self) -> virt_core::Error {
        let kind = self.device_type.as_deref().unwrap_or_default();
        let text = format!("{kind:?} is not cdrom-image, and an image is in it");
        wrong_key(&self.key("deviceType"), text)
    }

    fn not_handled(&self) -> virt_core::Error {
        let name = self.file_name.as_deref().unwrap_or_default();
        let kind = self.device_type.as_deref().unwrap_or("unknown");
        unsupported_key(
            &self.key("fileName"),
            format!("{name:?} is nothing a domain can have, in a device whose type is {kind}"),
        )
    }
}

fn with_file(device: DiskDevice, path: Option<String>) -> Disk {
    let mut disk = Disk::default();
    disk.kind = Some(DiskType::File);
    disk.device = Some(device);
    disk.source = path.map(|path| {
        let mut source = DiskSource::default();
        source.file = Some(path);
        source
    });
    disk
}

fn with_device(device: DiskDevice, path: Option<String>) -> Disk {
    let mut disk = Disk::default();
    disk.kind = Some(DiskType::Block);
    disk.device = Some(device);
    disk.source = path.map(|path| {
        let mut source = DiskSource::default();
        source.dev = Some(path);
        source
    });
    disk
}

fn found_at_start() -> DiskSource {
    let mut source = DiskSource::default();
    source.startup_policy = Some(StartupPolicy::Optional);
    source
}

fn ends_with(name: &str, suffix: &str) -> bool {
    let start = name.len().checked_sub(suffix.len());
    let end = start.and_then(|start| name.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}
