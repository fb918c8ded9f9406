//! Disks, CD-ROMs and floppies.

use super::address::{Address, Alias, DeviceAcpi, DeviceBoot};
use super::backing::{BackingStore, Mirror};
use super::encryption::Encryption;
use super::source::{DiskSource, MetadataCache, SourceAuth};
use super::throttling::{IoTune, ThrottleFilters};
use crate::model::domain::private::PrivateData;
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What the source of a disk is.
    pub enum DiskType {
        /// A file of the host.
        File = "file",
        /// A block device of the host.
        Block = "block",
        /// A directory, presented as a FAT file system.
        Dir = "dir",
        /// Something on the network.
        Network = "network",
        /// A volume of a pool.
        Volume = "volume",
        /// An NVMe namespace of the host.
        Nvme = "nvme",
        /// Another process.
        Vhostuser = "vhostuser",
        /// A vDPA device of the host.
        Vhostvdpa = "vhostvdpa",
    }

    /// What the guest sees.
    pub enum DiskDevice {
        Disk = "disk",
        Cdrom = "cdrom",
        Floppy = "floppy",
        /// A SCSI unit handed through.
        Lun = "lun",
    }

    /// The bus the guest finds a disk on.
    pub enum DiskBus {
        Virtio = "virtio",
        Ide = "ide",
        Sata = "sata",
        Scsi = "scsi",
        Usb = "usb",
        /// The floppy controller.
        Fdc = "fdc",
        /// An SD card.
        Sd = "sd",
        Xen = "xen",
        Uml = "uml",
        Nvme = "nvme",
    }

    /// The format of an image.
    pub enum ImageFormat {
        Raw = "raw",
        Qcow2 = "qcow2",
        Qcow = "qcow",
        Qed = "qed",
        Vmdk = "vmdk",
        Vdi = "vdi",
        Vhd = "vhd",
        Vpc = "vpc",
        Cloop = "cloop",
        Bochs = "bochs",
        Dmg = "dmg",
        Iso = "iso",
        Dir = "dir",
        Fat = "fat",
        Cow = "cow",
        Ploop = "ploop",
        Luks = "luks",
        /// Raw, as Xen called it.
        Aio = "aio",
    }

    /// How the host caches.
    pub enum CacheMode {
        Default = "default",
        /// Not at all.
        None = "none",
        Writethrough = "writethrough",
        Writeback = "writeback",
        Directsync = "directsync",
        /// Flushes are ignored.
        Unsafe = "unsafe",
    }

    /// How the hypervisor does I/O.
    pub enum IoMode {
        Threads = "threads",
        Native = "native",
        IoUring = "io_uring",
    }

    /// What happens to discard requests.
    pub enum DiscardMode {
        Unmap = "unmap",
        Ignore = "ignore",
    }

    /// What happens to writes of zeroes.
    pub enum DetectZeroes {
        Off = "off",
        On = "on",
        Unmap = "unmap",
    }

    /// What happens after an I/O error.
    pub enum ErrorPolicy {
        /// The guest is paused.
        Stop = "stop",
        /// The guest is told.
        Report = "report",
        Ignore = "ignore",
        /// Paused when space ran out, else told.
        Enospace = "enospace",
    }
}

/// `<disk>`: a disk, CD-ROM, floppy or SCSI unit.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "disk")]
#[non_exhaustive]
pub struct Disk {
    /// What the source is; `file` unless said.
    #[xml(attr = "type")]
    pub kind: Option<DiskType>,
    /// What the guest sees; `disk` unless said.
    #[xml(attr)]
    pub device: Option<DiskDevice>,
    /// The model: `virtio`, `virtio-transitional`, `virtio-non-transitional`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Whether raw I/O is allowed.
    #[xml(attr)]
    pub rawio: Option<YesNo>,
    /// Whether SCSI commands are filtered: `filtered`, `unfiltered`.
    #[xml(attr)]
    pub sgio: Option<String>,
    /// What snapshots do with it: `no`, `internal`, `external`, `manual`.
    #[xml(attr)]
    pub snapshot: Option<String>,
    /// How the image is opened.
    #[xml(child)]
    pub driver: Option<DiskDriver>,
    /// Who we are to the server (older place).
    #[xml(child)]
    pub auth: Option<Box<SourceAuth>>,
    /// The source; none for an empty drive.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// What the image is based on.
    #[xml(child = "backingStore")]
    pub backing_store: Option<Box<BackingStore>>,
    /// The Xen domain that serves it.
    #[xml(child)]
    pub backenddomain: Option<Box<BackendDomain>>,
    /// The geometry the guest sees.
    #[xml(child)]
    pub geometry: Option<Box<DiskGeometry>>,
    /// Sizes of blocks.
    #[xml(child)]
    pub blockio: Option<Box<BlockIo>>,
    /// Where a copy job writes to.
    #[xml(child)]
    pub mirror: Option<Box<Mirror>>,
    /// Name and bus in the guest.
    #[xml(child)]
    pub target: Option<DiskTarget>,
    /// Groups that share limits.
    #[xml(child)]
    pub throttlefilters: Option<Box<ThrottleFilters>>,
    /// Limits.
    #[xml(child)]
    pub iotune: Option<Box<IoTune>>,
    /// The guest cannot write.
    #[xml(flag)]
    pub readonly: bool,
    /// Other guests may use it too.
    #[xml(flag)]
    pub shareable: bool,
    /// Changes are thrown away when the guest stops.
    #[xml(child)]
    pub transient: Option<Box<Transient>>,
    /// The serial number the guest sees.
    #[xml(leaf)]
    pub serial: Option<String>,
    /// The world wide name, 16 hexadecimal digits.
    #[xml(leaf)]
    pub wwn: Option<String>,
    /// The vendor the guest sees, 8 characters.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// The product the guest sees, 16 characters; 40 on IDE and SATA.
    #[xml(leaf)]
    pub product: Option<String>,
    /// How the image is encrypted (older place).
    #[xml(child)]
    pub encryption: Option<Box<Encryption>>,
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
    /// Status documents: the driver's own.
    #[xml(child = "privateData")]
    pub private_data: Option<Box<PrivateData>>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a disk: how the image is opened.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskDriver {
    /// The driver of the hypervisor: `qemu`, `tap`, `phy`, `file`.
    #[xml(attr)]
    pub name: Option<String>,
    /// The format of the image.
    #[xml(attr = "type")]
    pub kind: Option<ImageFormat>,
    /// How the host caches.
    #[xml(attr)]
    pub cache: Option<CacheMode>,
    /// What happens after an error.
    #[xml(attr)]
    pub error_policy: Option<ErrorPolicy>,
    /// What happens after an error of a read.
    #[xml(attr)]
    pub rerror_policy: Option<ErrorPolicy>,
    /// How the hypervisor does I/O.
    #[xml(attr)]
    pub io: Option<IoMode>,
    /// Whether requests are handled outside the virtual CPU.
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    /// Whether interrupts are spared.
    #[xml(attr)]
    pub event_idx: Option<OnOff>,
    /// Whether what is read from a base is written to the image.
    #[xml(attr)]
    pub copy_on_read: Option<OnOff>,
    /// What happens to discard requests.
    #[xml(attr)]
    pub discard: Option<DiscardMode>,
    /// The I/O thread, from 1.
    #[xml(attr)]
    pub iothread: Option<u32>,
    /// What happens to writes of zeroes.
    #[xml(attr)]
    pub detect_zeroes: Option<DetectZeroes>,
    /// Whether discarded clusters stay allocated.
    #[xml(attr)]
    pub discard_no_unref: Option<OnOff>,
    /// How many queues there are.
    #[xml(attr)]
    pub queues: Option<u32>,
    /// How long a queue is.
    #[xml(attr)]
    pub queue_size: Option<u32>,
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
    /// The I/O threads, when there are several.
    #[xml(child)]
    pub iothreads: Option<Box<DiskIoThreads>>,
    /// The cache of qcow2 metadata.
    #[xml(child)]
    pub metadata_cache: Option<Box<MetadataCache>>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iothreads>` of a driver.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskIoThreads {
    /// The I/O threads.
    #[xml(child = "iothread")]
    pub threads: Vec<DiskIoThread>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iothread>` of a driver.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskIoThread {
    /// The I/O thread, from 1.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The queues it serves.
    #[xml(child = "queue")]
    pub queues: Vec<DiskIoThreadQueue>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<queue>` of an I/O thread.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskIoThreadQueue {
    /// The queue, from 0.
    #[xml(attr)]
    pub id: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of a disk: name and bus in the guest.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskTarget {
    /// The name, unique in the domain: `vda`, `sdb`, `hdc`. A hint, not what the guest calls it.
    #[xml(attr)]
    pub dev: Option<String>,
    /// The bus.
    #[xml(attr)]
    pub bus: Option<DiskBus>,
    /// Whether the tray is `open` or `closed`.
    #[xml(attr)]
    pub tray: Option<String>,
    /// Whether the guest sees it as removable.
    #[xml(attr)]
    pub removable: Option<OnOff>,
    /// Turns a minute; 1 for a solid state disk.
    #[xml(attr)]
    pub rotation_rate: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<transient>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Transient {
    /// Whether several guests share the base.
    #[xml(attr = "shareBacking")]
    pub share_backing: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<geometry>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DiskGeometry {
    /// Cylinders.
    #[xml(attr)]
    pub cyls: Option<u32>,
    /// Heads.
    #[xml(attr)]
    pub heads: Option<u32>,
    /// Sectors.
    #[xml(attr)]
    pub secs: Option<u32>,
    /// Translation: `auto`, `none`, `lba`.
    #[xml(attr)]
    pub trans: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<blockio>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlockIo {
    /// Bytes of a block the guest sees.
    #[xml(attr)]
    pub logical_block_size: Option<u32>,
    /// Bytes of a block underneath.
    #[xml(attr)]
    pub physical_block_size: Option<u32>,
    /// Bytes that are discarded together.
    #[xml(attr)]
    pub discard_granularity: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<backenddomain>`: the Xen domain that serves a device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackendDomain {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
