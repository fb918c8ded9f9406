//! What all virtio devices have in common.

use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which generations of virtio a device speaks.
    pub enum VirtioModel {
        /// Both, as the bus allows.
        Virtio = "virtio",
        /// Both.
        VirtioTransitional = "virtio-transitional",
        /// 1.0 and newer only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

/// `<driver>` of a device without options but those of virtio.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VirtioDriver {
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
