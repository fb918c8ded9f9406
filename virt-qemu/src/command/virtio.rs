//! What all virtio devices share.

use virt_core::model::domain::devices::{ControllerDriver, DiskDriver, InterfaceDriver, VirtioDriver};
use virt_core::model::value::OnOff;

use super::properties::Properties;

/// QEMU's driver name of a virtio device on PCI, by libvirt's spelling of the model.
pub(super) fn pci_driver(device: &str, model: Option<&str>) -> String {
    let suffix = match model {
        Some("virtio-transitional") => "-transitional",
        Some("virtio-non-transitional") => "-non-transitional",
        _ => "",
    };
    format!("virtio-{device}-pci{suffix}")
}

/// The settings of `<driver>` every virtio device has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct VirtioOptions {
    iommu: Option<OnOff>,
    ats: Option<OnOff>,
    packed: Option<OnOff>,
    page_per_vq: Option<OnOff>,
}

impl VirtioOptions {
    /// As properties, in their place right after the driver.
    pub(super) fn properties(self) -> Properties {
        Properties::new()
            .with_some("iommu_platform", self.iommu.map(OnOff::is_set))
            .with_some("ats", self.ats.map(OnOff::is_set))
            .with_some("packed", self.packed.map(OnOff::is_set))
            .with_some("page-per-vq", self.page_per_vq.map(OnOff::is_set))
    }
}

macro_rules! from_driver {
    ($($driver:ty),+) => { $(
        impl From<Option<&$driver>> for VirtioOptions {
            fn from(driver: Option<&$driver>) -> Self {
                driver.map_or_else(Self::default, |driver| Self {
                    iommu: driver.iommu,
                    ats: driver.ats,
                    packed: driver.packed,
                    page_per_vq: driver.page_per_vq,
                })
            }
        }
    )+ };
}
from_driver!(ControllerDriver, DiskDriver, InterfaceDriver, VirtioDriver);
