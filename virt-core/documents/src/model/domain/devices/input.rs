//! Keyboards, mice and tablets.

use super::address::{Address, Alias, DeviceAcpi};
use super::virtio::VirtioDriver;
use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What kind of input device it is.
    pub enum InputType {
        Mouse = "mouse",
        Tablet = "tablet",
        Keyboard = "keyboard",
        /// A device of the host, through virtio.
        Passthrough = "passthrough",
        /// A device of the host.
        Evdev = "evdev",
    }

    /// The bus the guest finds it on.
    pub enum InputBus {
        Ps2 = "ps2",
        Usb = "usb",
        Virtio = "virtio",
        Xen = "xen",
        Parallels = "parallels",
        None = "none",
    }
}

/// `<input>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "input")]
#[non_exhaustive]
pub struct Input {
    /// What kind it is.
    #[xml(attr = "type")]
    pub kind: Option<InputType>,
    /// The bus.
    #[xml(attr)]
    pub bus: Option<InputBus>,
    /// `virtio`, `virtio-transitional`, `virtio-non-transitional`.
    #[xml(attr)]
    pub model: Option<String>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// The device of the host.
    #[xml(child)]
    pub source: Option<InputSource>,
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

/// `<source>` of an input device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InputSource {
    /// passthrough: the path.
    #[xml(attr)]
    pub evdev: Option<String>,
    /// evdev: the path.
    #[xml(attr)]
    pub dev: Option<String>,
    /// `all`: grab all input devices together.
    #[xml(attr)]
    pub grab: Option<String>,
    /// The keys that grab and release.
    #[xml(attr = "grabToggle")]
    pub grab_toggle: Option<String>,
    /// Whether keys repeat.
    #[xml(attr)]
    pub repeat: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
