//! Graphics adapters.

use super::address::{Address, Alias, DeviceAcpi};
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which adapter the guest sees.
    pub enum VideoModelType {
        Vga = "vga",
        Cirrus = "cirrus",
        Vmvga = "vmvga",
        Xen = "xen",
        Vbox = "vbox",
        Virtio = "virtio",
        Gop = "gop",
        /// None at all.
        None = "none",
        Bochs = "bochs",
        Ramfb = "ramfb",
        Qxl = "qxl",
        Default = "default",
    }
}

/// `<video>`: a graphics adapter.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "video")]
#[non_exhaustive]
pub struct Video {
    /// Who emulates it.
    #[xml(child)]
    pub driver: Option<VideoDriver>,
    /// What the guest sees.
    #[xml(child)]
    pub model: Option<VideoModel>,
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

/// `<driver>` of an adapter.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VideoDriver {
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
    /// Who emulates it: `qemu`, `vhostuser`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Old video modes: `io`, `on`, `off`.
    #[xml(attr)]
    pub vgaconf: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of an adapter.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VideoModel {
    /// Which adapter.
    #[xml(attr = "type")]
    pub kind: Option<VideoModelType>,
    /// QXL: the first memory, in KiB.
    #[xml(attr)]
    pub ram: Option<u32>,
    /// Video memory, in KiB.
    #[xml(attr)]
    pub vram: Option<u32>,
    /// QXL: memory above 4 GiB, in KiB.
    #[xml(attr)]
    pub vram64: Option<u32>,
    /// QXL: memory of the VGA mode, in KiB.
    #[xml(attr)]
    pub vgamem: Option<u32>,
    /// How many screens there are.
    #[xml(attr)]
    pub heads: Option<u32>,
    /// Whether it is the first one.
    #[xml(attr)]
    pub primary: Option<YesNo>,
    /// virtio: whether memory is shared with the host.
    #[xml(attr)]
    pub blob: Option<OnOff>,
    /// Whether the guest sees a description of the screen.
    #[xml(attr)]
    pub edid: Option<OnOff>,
    /// Acceleration.
    #[xml(child)]
    pub acceleration: Option<VideoAcceleration>,
    /// The resolution it begins with.
    #[xml(child)]
    pub resolution: Option<VideoResolution>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<acceleration>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VideoAcceleration {
    /// Of 2D.
    #[xml(attr)]
    pub accel2d: Option<YesNo>,
    /// Of 3D.
    #[xml(attr)]
    pub accel3d: Option<YesNo>,
    /// The device of the host.
    #[xml(attr)]
    pub rendernode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<resolution>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VideoResolution {
    /// Width in pixels.
    #[xml(attr)]
    pub x: Option<u32>,
    /// Height in pixels.
    #[xml(attr)]
    pub y: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
