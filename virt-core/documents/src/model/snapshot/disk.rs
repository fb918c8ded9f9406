//! What a snapshot does with each disk.

use super::root::SnapshotLocation;
use crate::model::domain::devices::{DiskSource, DiskType, ImageFormat, MetadataCache};
use crate::xml::{Rest, XmlElement};

/// `<disks>` and `<revertDisks>` of a snapshot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SnapshotDisks {
    /// The disks.
    #[xml(child = "disk")]
    pub disks: Vec<SnapshotDisk>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of a snapshot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SnapshotDisk {
    /// The disk: its target, as `vda`, or the path of its source.
    #[xml(attr)]
    pub name: Option<String>,
    /// Where its state goes; external when there is a source or format, else as the domain or the driver has it.
    #[xml(attr)]
    pub snapshot: Option<SnapshotLocation>,
    /// External: what the new source is; `file` unless said (libvirt 1.1.4).
    #[xml(attr = "type")]
    pub kind: Option<DiskType>,
    /// External: the format of the new image; one that can have a base.
    #[xml(child)]
    pub driver: Option<SnapshotDiskDriver>,
    /// External: the new image; a file name is made up unless said.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// Its image is being deleted (libvirt 9.0.0; the daemon's own).
    #[xml(flag = "snapshotDeleteInProgress")]
    pub delete_in_progress: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a disk of a snapshot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SnapshotDiskDriver {
    /// The format of the new image: qcow2, or another that can have a base.
    #[xml(attr = "type")]
    pub kind: Option<ImageFormat>,
    /// The cache of qcow2 metadata (libvirt 7.0.0).
    #[xml(child)]
    pub metadata_cache: Option<MetadataCache>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl SnapshotDisk {
    /// The disk is left out.
    pub fn excluded(name: impl Into<String>) -> Self {
        Self::at(name, SnapshotLocation::No)
    }

    /// The state goes into the image of the disk.
    pub fn internal(name: impl Into<String>) -> Self {
        Self::at(name, SnapshotLocation::Internal)
    }

    /// The guest goes on in a new image, whose name is made up.
    pub fn external(name: impl Into<String>) -> Self {
        Self::at(name, SnapshotLocation::External)
    }

    /// Somebody else takes care of the disk.
    pub fn manual(name: impl Into<String>) -> Self {
        Self::at(name, SnapshotLocation::Manual)
    }

    /// The same with the new image in that file; the path is absolute.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>) -> Self {
        self.kind = Some(DiskType::File);
        self.source = Some(DiskSource {
            file: Some(path.into()),
            ..DiskSource::default()
        });
        self
    }

    /// The same with the new image on that block device.
    #[must_use]
    pub fn block(mut self, path: impl Into<String>) -> Self {
        self.kind = Some(DiskType::Block);
        self.source = Some(DiskSource {
            dev: Some(path.into()),
            ..DiskSource::default()
        });
        self
    }

    /// The same with the new image in that format; qcow2 unless said.
    #[must_use]
    pub fn format(mut self, format: ImageFormat) -> Self {
        self.driver.get_or_insert_default().kind = Some(format);
        self
    }

    /// The path, device or name of the new image, by its type.
    pub fn path(&self) -> Option<&str> {
        let source = self.source.as_ref()?;
        let path = match self.kind {
            None | Some(DiskType::File) => &source.file,
            Some(DiskType::Block) => &source.dev,
            Some(DiskType::Network) => &source.name,
            _ => &source.path,
        };
        path.as_deref().filter(|path| !path.is_empty())
    }

    /// The format of the new image, when one is said.
    pub fn image_format(&self) -> Option<&ImageFormat> {
        self.driver.as_ref()?.kind.as_ref()
    }

    fn at(name: impl Into<String>, location: SnapshotLocation) -> Self {
        Self {
            name: Some(name.into()),
            snapshot: Some(location),
            ..Self::default()
        }
    }
}

impl From<Vec<SnapshotDisk>> for SnapshotDisks {
    fn from(disks: Vec<SnapshotDisk>) -> Self {
        Self {
            disks,
            ..Self::default()
        }
    }
}
