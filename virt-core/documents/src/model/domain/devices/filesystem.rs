//! Directories of the host the guest sees.

use super::address::{Address, Alias, DeviceAcpi, DeviceBoot};
use super::disk::ImageFormat;
use crate::model::domain::memory::ScaledText;
use crate::model::domain::resource::IdMap;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement};

/// `<filesystem>`: a directory of the host the guest sees.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "filesystem")]
#[non_exhaustive]
pub struct Filesystem {
    /// `mount`; `file`, `block`, `template`, `ram`, `bind` for containers.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// `passthrough`, `mapped`, `squash`.
    #[xml(attr)]
    pub accessmode: Option<String>,
    /// 9p: the mode of new files, in octal.
    #[xml(attr)]
    pub fmode: Option<String>,
    /// 9p: the mode of new directories, in octal.
    #[xml(attr)]
    pub dmode: Option<String>,
    /// 9p: `default`, `remap`, `forbid`, `warn`.
    #[xml(attr)]
    pub multidevs: Option<String>,
    /// `virtio`, `virtio-transitional`, `virtio-non-transitional`.
    #[xml(attr)]
    pub model: Option<String>,
    /// How it is served.
    #[xml(child)]
    pub driver: Option<FilesystemDriver>,
    /// virtiofs: the daemon.
    #[xml(child)]
    pub binary: Option<FilesystemBinary>,
    /// virtiofs: users and groups.
    #[xml(child)]
    pub idmap: Option<IdMap>,
    /// What is seen.
    #[xml(child)]
    pub source: Option<FilesystemSource>,
    /// Where it is seen.
    #[xml(child)]
    pub target: Option<FilesystemTarget>,
    /// The guest cannot write.
    #[xml(flag)]
    pub readonly: bool,
    /// The most it may hold.
    #[xml(child)]
    pub space_hard_limit: Option<ScaledText>,
    /// The most it may hold for long.
    #[xml(child)]
    pub space_soft_limit: Option<ScaledText>,
    /// Its place in the boot order.
    #[xml(child)]
    pub boot: Option<DeviceBoot>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a file system.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemDriver {
    /// `path`, `handle`, `loop`, `nbd`, `ploop`, `virtiofs`, `mtp`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// nbd: the format of the image.
    #[xml(attr)]
    pub format: Option<ImageFormat>,
    /// `immediate`: writes are not cached.
    #[xml(attr)]
    pub wrpolicy: Option<String>,
    /// virtiofs: how long the queue is.
    #[xml(attr)]
    pub queue: Option<u32>,
    /// Whether addresses go through an IOMMU.
    #[xml(attr)]
    pub iommu: Option<OnOff>,
    /// Whether address translations are cached by the device.
    #[xml(attr)]
    pub ats: Option<OnOff>,
    /// Whether packed rings are used.
    #[xml(attr)]
    pub packed: Option<OnOff>,
    /// Whether each queue has a page of its own.
    #[xml(attr)]
    pub page_per_vq: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<binary>` of virtiofs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemBinary {
    /// The path of the daemon.
    #[xml(attr)]
    pub path: Option<String>,
    /// Whether extended attributes are seen.
    #[xml(attr)]
    pub xattr: Option<OnOff>,
    /// `none`, `always`.
    #[xml(child)]
    pub cache: Option<FilesystemMode>,
    /// `namespace`, `chroot`.
    #[xml(child)]
    pub sandbox: Option<FilesystemMode>,
    /// Locks.
    #[xml(child)]
    pub lock: Option<FilesystemLock>,
    /// Threads.
    #[xml(child)]
    pub thread_pool: Option<FilesystemThreadPool>,
    /// Open files.
    #[xml(child)]
    pub openfiles: Option<FilesystemOpenFiles>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A mode of virtiofs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemMode {
    /// The mode.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<lock>` of virtiofs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemLock {
    /// POSIX locks.
    #[xml(attr)]
    pub posix: Option<OnOff>,
    /// BSD locks.
    #[xml(attr)]
    pub flock: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<thread_pool>` of virtiofs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemThreadPool {
    /// How many threads.
    #[xml(attr)]
    pub size: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<openfiles>` of virtiofs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemOpenFiles {
    /// How many files.
    #[xml(attr)]
    pub max: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of a file system.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemSource {
    /// A directory.
    #[xml(attr)]
    pub dir: Option<String>,
    /// A file.
    #[xml(attr)]
    pub file: Option<String>,
    /// A block device.
    #[xml(attr)]
    pub dev: Option<String>,
    /// A template.
    #[xml(attr)]
    pub name: Option<String>,
    /// A pool.
    #[xml(attr)]
    pub pool: Option<String>,
    /// A volume.
    #[xml(attr)]
    pub volume: Option<String>,
    /// ram: the size.
    #[xml(attr)]
    pub usage: Option<u64>,
    /// ram: the unit of the size.
    #[xml(attr)]
    pub units: Option<String>,
    /// virtiofs: a daemon that runs already.
    #[xml(attr)]
    pub socket: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a file system.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilesystemTarget {
    /// The mount point; for virtiofs and 9p a tag.
    #[xml(attr)]
    pub dir: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
