//! What a backup does with each disk.

use crate::model::domain::devices::{DiskSource, DiskType, Encryption, ImageFormat};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How much of a disk is copied.
    pub enum BackupDiskMode {
        /// All of it.
        Full = "full",
        /// What changed since a checkpoint.
        Incremental = "incremental",
    }

    /// How far the copy of a disk is.
    pub enum BackupDiskState {
        Running = "running",
        Complete = "complete",
        Failed = "failed",
        Cancelling = "cancelling",
        Cancelled = "cancelled",
    }
}

/// `<disks>` of a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupDisks {
    /// The disks.
    #[xml(child = "disk")]
    pub disks: Vec<BackupDisk>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupDisk {
    /// The target of the disk, as `vda`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether it is copied; it is unless said.
    #[xml(attr)]
    pub backup: Option<YesNo>,
    /// How far it is (the daemon's own).
    #[xml(attr)]
    pub state: Option<BackupDiskState>,
    /// What the target or scratch image is, `file` or `block`; a file unless said.
    #[xml(attr = "type")]
    pub kind: Option<DiskType>,
    /// How much is copied; as the backup has it unless said (libvirt 7.0.0).
    #[xml(attr)]
    pub backupmode: Option<BackupDiskMode>,
    /// Only what changed since that checkpoint; that of the backup unless said (libvirt 7.0.0).
    #[xml(attr)]
    pub incremental: Option<String>,
    /// Pull: what clients call the disk; its target unless said.
    #[xml(attr)]
    pub exportname: Option<String>,
    /// Pull: what clients call the bitmap of changed parts.
    #[xml(attr)]
    pub exportbitmap: Option<String>,
    /// The format of the target or scratch image.
    #[xml(child)]
    pub driver: Option<BackupDiskDriver>,
    /// Push: the image the copy goes to; a file name is made up unless said.
    #[xml(child)]
    pub target: Option<DiskSource>,
    /// Pull: the image changes of the guest go to meanwhile.
    #[xml(child)]
    pub scratch: Option<DiskSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a disk of a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupDiskDriver {
    /// The format; qcow2 of a scratch image.
    #[xml(attr = "type")]
    pub kind: Option<ImageFormat>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl BackupDisk {
    /// The disk is copied, its image made up.
    pub fn included(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            backup: Some(YesNo::Yes),
            ..Self::default()
        }
    }

    /// The disk is left out.
    pub fn excluded(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            backup: Some(YesNo::No),
            ..Self::default()
        }
    }

    /// The disk is pushed to that file; the path is absolute.
    pub fn to_file(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            kind: Some(DiskType::File),
            target: Some(file(path.into())),
            ..Self::included(name)
        }
    }

    /// The disk is pushed to that block device.
    pub fn to_block(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            kind: Some(DiskType::Block),
            target: Some(device(path.into())),
            ..Self::included(name)
        }
    }

    /// The disk is pulled; changes meanwhile go to that file. The path is absolute.
    pub fn with_scratch_file(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            kind: Some(DiskType::File),
            scratch: Some(file(path.into())),
            ..Self::included(name)
        }
    }

    /// The disk is pulled; changes meanwhile go to that block device.
    pub fn with_scratch_block(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            kind: Some(DiskType::Block),
            scratch: Some(device(path.into())),
            ..Self::included(name)
        }
    }

    /// The same with an image in that format.
    #[must_use]
    pub fn format(mut self, format: ImageFormat) -> Self {
        self.driver.get_or_insert_default().kind = Some(format);
        self
    }

    /// The same with only what changed since that checkpoint.
    #[must_use]
    pub fn since(mut self, checkpoint: impl Into<String>) -> Self {
        self.backupmode = Some(BackupDiskMode::Incremental);
        self.incremental = Some(checkpoint.into());
        self
    }

    /// The same with all of the disk, whatever the backup has.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.backupmode = Some(BackupDiskMode::Full);
        self.incremental = None;
        self
    }

    /// The same under that name for clients of a pull backup.
    #[must_use]
    pub fn exported_as(mut self, name: impl Into<String>) -> Self {
        self.exportname = Some(name.into());
        self
    }

    /// The same with its target or scratch image encrypted.
    #[must_use]
    pub fn encrypted(mut self, encryption: Encryption) -> Self {
        if let Some(image) = self.target.as_mut().or(self.scratch.as_mut()) {
            image.encryption = Some(Box::new(encryption));
        }
        self
    }

    /// Whether the disk is copied, as libvirt reads it.
    pub fn is_included(&self) -> bool {
        self.backup != Some(YesNo::No)
    }
}

fn file(path: String) -> DiskSource {
    DiskSource {
        file: Some(path),
        ..DiskSource::default()
    }
}

fn device(path: String) -> DiskSource {
    DiskSource {
        dev: Some(path),
        ..DiskSource::default()
    }
}
