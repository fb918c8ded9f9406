//! What a new volume is to be, by its document: pure.

use virt_core::model::volume::VolumeFormat;
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::VolumeCreateOptions;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::browse::ImageKind;
use super::names;
use crate::vim::VirtualDiskType;

/// What a new volume is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wished {
    pub(super) path: String,
    pub(super) kind: WishedKind,
    /// How large, in bytes, where that is said.
    pub(super) capacity: Option<u64>,
    /// How a disk takes its room, where that is said.
    pub(super) room: Option<Room>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WishedKind {
    Disk,
    Optical,
    Floppy,
}

impl WishedKind {
    pub(super) fn is_like(self, image: &ImageKind) -> bool {
        matches!(
            (self, image),
            (Self::Disk, ImageKind::Disk(_))
                | (Self::Optical, ImageKind::Optical)
                | (Self::Floppy, ImageKind::Floppy)
        )
    }
}

/// How a disk takes its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// As it is written.
    Thin,
    /// All at once, zeroed when it is written first.
    Preallocated,
}

impl Room {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Thin => "thin",
            Self::Preallocated => "preallocated",
        }
    }

    pub(super) fn kind(self) -> VirtualDiskType {
        VirtualDiskType::from(self.as_str())
    }
}

fn wrong(element: &'static str, message: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, message).with_subject(Subject::Element(element.to_owned()))
}

/// Reads a volume's document; what a datastore has no way for is refused by its name.
pub(super) fn wished(config: &VolumeConfig, options: &VolumeCreateOptions) -> Result<Wished> {
    if options.prealloc_metadata {
        return Err(Error::unsupported(
            "metadata is allocated beforehand in qcow2 only, which ESX has not",
        ));
    }
    if options.reflink {
        return Err(Error::unsupported(
            "a copy in a datastore does not share blocks with its origin",
        ));
    }
    names::check(&config.name).map_err(|error| wrong("/volume/name", error.message().to_owned()))?;
    let kind = kind_of(config)?;
    refuse_what_has_no_way(config)?;
    let bytes = |size: Option<ByteSize>| size.map(ByteSize::as_bytes);
    let capacity = bytes(config.capacity.as_ref().and_then(|size| size.size));
    let allocation = bytes(config.allocation.as_ref().and_then(|size| size.size));
    Ok(Wished {
        path: config.name.clone(),
        kind,
        capacity,
        room: if kind == WishedKind::Disk {
            room_of(capacity, allocation)?
        } else {
            None
        },
    })
}

fn kind_of(config: &VolumeConfig) -> Result<WishedKind> {
    let (_, file) = names::split(&config.name);
    let by_name = if names::ends_with(file, names::DISK) {
        if names::ends_with(file, "-flat.vmdk") {
            let message = format!("{file:?} would be taken for the content of another disk");
            return Err(wrong("/volume/name", message));
        }
        WishedKind::Disk
    } else if names::ends_with(file, names::OPTICAL) {
        WishedKind::Optical
    } else if names::FLOPPIES.iter().any(|end| names::ends_with(file, end)) {
        WishedKind::Floppy
    } else {
        let message = format!(
            "a server knows what {file:?} is by its end: .vmdk of a disk, .iso of an optical medium, .flp or .img of a floppy"
        );
        return Err(wrong("/volume/name", message));
    };
    let format = config.target.as_ref().and_then(|target| target.format.as_ref());
    let format = format.and_then(|format| format.kind.clone());
    let fits = match (&format, by_name) {
        (None, _)
        | (Some(VolumeFormat::Vmdk), WishedKind::Disk)
        | (Some(VolumeFormat::Iso | VolumeFormat::Raw), WishedKind::Optical)
        | (Some(VolumeFormat::Raw), WishedKind::Floppy) => true,
        (Some(other), _) => other.as_str().is_empty(),
    };
    match format {
        Some(format) if !fits => {
            let message = format!(
                "{file:?} cannot have the format {}: disks of ESX are vmdk, optical media iso, floppies raw",
                format.as_str()
            );
            Err(wrong("/volume/target/format/@type", message))
        }
        _ => Ok(by_name),
    }
}

fn room_of(capacity: Option<u64>, allocation: Option<u64>) -> Result<Option<Room>> {
    match (capacity, allocation) {
        (_, None) => Ok(None),
        (_, Some(0)) => Ok(Some(Room::Thin)),
        (Some(capacity), Some(allocation)) if allocation >= capacity => Ok(Some(Room::Preallocated)),
        (None, Some(_)) => Err(wrong(
            "/volume/allocation",
            "without a capacity an allocation is 0 (thin), or not said".to_owned(),
        )),
        (Some(_), Some(_)) => Err(Error::unsupported(
            "a disk of ESX takes its room as it is written (allocation 0) or all at once (the capacity), and not a part of it",
        )
        .with_subject(Subject::Element("/volume/allocation".to_owned()))),
    }
}

fn refuse_what_has_no_way(config: &VolumeConfig) -> Result<()> {
    let no = |element: &str, message: &'static str| {
        Err(Error::unsupported(message).with_subject(Subject::Element(element.to_owned())))
    };
    if config
        .backing_store
        .as_ref()
        .is_some_and(|backing| backing.path.as_ref().is_some_and(|path| !path.is_empty()))
    {
        return no(
            "/volume/backingStore",
            "a disk that is based on another is made by a snapshot or a linked clone",
        );
    }
    let Some(target) = &config.target else {
        return Ok(());
    };
    if target.encryption.is_some() {
        return no(
            "/volume/target/encryption",
            "ESX encrypts disks by the policy of their storage, and not by LUKS",
        );
    }
    if target.permissions.is_some() {
        return no(
            "/volume/target/permissions",
            "files of a datastore have no owner and no mode to choose",
        );
    }
    if target.compat.is_some() || target.features.is_some() || target.cluster_size.is_some() || target.nocow {
        return no(
            "/volume/target",
            "compat, features, clusterSize and nocow are of other formats than ESX has",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Wished> {
        let config = VolumeConfig::from_xml(&format!("<volume>{text}</volume>")).unwrap();
        wished(&config, &VolumeCreateOptions::default())
    }

    #[test]
    fn what_it_is_to_be_follows_from_its_name_and_sizes() {
        let disk =
            of("<name>a/b.vmdk</name><capacity unit='MiB'>1</capacity><allocation>0</allocation>").unwrap();
        assert_eq!(
            (disk.kind, disk.capacity, disk.room),
            (WishedKind::Disk, Some(1 << 20), Some(Room::Thin))
        );
        let all = of("<name>b.VMDK</name><capacity>8</capacity><allocation>8</allocation>").unwrap();
        assert_eq!(all.room, Some(Room::Preallocated));
        let unsaid =
            of("<name>b.vmdk</name><capacity>8</capacity><target><format type='vmdk'/></target>").unwrap();
        assert_eq!(unsaid.room, None);
        let medium =
            of("<name>a.iso</name><capacity>0</capacity><target><format type='iso'/></target>").unwrap();
        assert_eq!(medium.kind, WishedKind::Optical);
        assert_eq!(of("<name>a.flp</name>").unwrap().kind, WishedKind::Floppy);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (text, kind) in [
            ("<name>../b.vmdk</name>", ErrorKind::InvalidConfig),
            ("<name>b.qcow2</name>", ErrorKind::InvalidConfig),
            ("<name>b-flat.vmdk</name>", ErrorKind::InvalidConfig),
            (
                "<name>b.vmdk</name><target><format type='raw'/></target>",
                ErrorKind::InvalidConfig,
            ),
            (
                "<name>b.vmdk</name><capacity>8</capacity><allocation>4</allocation>",
                ErrorKind::Unsupported,
            ),
            (
                "<name>b.vmdk</name><target><permissions><mode>0600</mode></permissions></target>",
                ErrorKind::Unsupported,
            ),
            (
                "<name>b.vmdk</name><backingStore><path>/x</path></backingStore>",
                ErrorKind::Unsupported,
            ),
        ] {
            assert_eq!(of(text).unwrap_err().kind(), kind, "{text}");
        }
        let config = VolumeConfig::from_xml("<volume><name>b.vmdk</name></volume>").unwrap();
        let reflink = VolumeCreateOptions::default().reflink();
        assert_eq!(
            wished(&config, &reflink).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    }
}
