//! Every device with what all devices have.

use super::at::At;
use crate::model::domain::devices::{Address, Alias, DeviceAcpi, DeviceBoot, Devices};

/// A device by what every device has.
pub(super) struct Device<'a> {
    /// Which it is.
    pub(super) at: At<'a>,
    /// The name of its element.
    pub(super) element: &'static str,
    pub(super) alias: Option<&'a Alias>,
    pub(super) address: Option<&'a Address>,
    pub(super) acpi: Option<&'a DeviceAcpi>,
    pub(super) boot: Option<&'a DeviceBoot>,
}

/// Adds the devices of some lists; `boot` marks those that can have a boot order.
macro_rules! add {
    ($found:ident, $devices:ident: $($list:ident = $element:literal $(with $boot:ident)?),+ $(,)?) => { $(
        for (index, device) in $devices.$list.iter().enumerate() {
            $found.push(Device {
                at: At::nth(concat!("/domain/devices/", $element), index, &device.rest),
                element: $element,
                alias: device.alias.as_ref(),
                address: device.address.as_ref(),
                acpi: device.acpi.as_ref(),
                boot: None $(.or(device.$boot.as_ref()))?,
            });
        }
    )+ };
}

/// For how many devices room is made at once.
const USUAL_DEVICES: usize = 16;

/// Every device that has an alias or an address.
pub(super) fn devices(devices: &Devices) -> Vec<Device<'_>> {
    let mut found = Vec::with_capacity(USUAL_DEVICES);
    add!(found, devices:
        disks = "disk" with boot,
        controllers = "controller",
        filesystems = "filesystem" with boot,
        interfaces = "interface" with boot,
        smartcards = "smartcard",
        serials = "serial",
        parallels = "parallel",
        consoles = "console",
        channels = "channel",
        inputs = "input",
        tpms = "tpm",
        sounds = "sound",
        videos = "video",
        hostdevs = "hostdev" with boot,
        redirdevs = "redirdev" with boot,
        hubs = "hub",
        watchdogs = "watchdog",
        rngs = "rng",
        panics = "panic",
        shmems = "shmem",
        memories = "memory",
        iommus = "iommu",
        cryptos = "crypto",
    );
    add!(found, devices: memballoon = "memballoon", nvram = "nvram", vsock = "vsock", pstore = "pstore");
    found
}
