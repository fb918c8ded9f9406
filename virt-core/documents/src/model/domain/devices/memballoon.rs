//! The memory balloon.

use super::address::{Address, Alias, DeviceAcpi};
use super::virtio::VirtioDriver;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which balloon the guest sees.
    pub enum MemBalloonModel {
        Virtio = "virtio",
        VirtioTransitional = "virtio-transitional",
        VirtioNonTransitional = "virtio-non-transitional",
        Xen = "xen",
        /// None.
        None = "none",
    }
}

/// `<memballoon>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "memballoon")]
#[non_exhaustive]
pub struct MemBalloon {
    /// Which one.
    #[xml(attr)]
    pub model: Option<MemBalloonModel>,
    /// Whether it gives memory back before the guest runs out.
    #[xml(attr)]
    pub autodeflate: Option<OnOff>,
    /// Whether the guest reports free pages.
    #[xml(attr = "freePageReporting")]
    pub free_page_reporting: Option<OnOff>,
    /// Statistics.
    #[xml(child)]
    pub stats: Option<MemBalloonStats>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<stats>` of the balloon.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemBalloonStats {
    /// Seconds between statistics.
    #[xml(attr)]
    pub period: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
