//! What all virtio devices share.

/// QEMU's driver name of a virtio device on PCI, by libvirt's spelling of the model.
pub(super) fn pci_driver(device: &str, model: Option<&str>) -> String {
    let suffix = match model {
        Some("virtio-transitional") => "-transitional",
        Some("virtio-non-transitional") => "-non-transitional",
        _ => "",
    };
    format!("virtio-{device}-pci{suffix}")
}
