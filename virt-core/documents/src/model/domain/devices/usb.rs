//! USB: redirected devices, their filter, hubs.

use super::address::{Address, Alias, DeviceAcpi, DeviceBoot};
use super::chardev::{ChardevLog, ChardevProtocol, ChardevSource, ChardevType};
use crate::model::value::{Hex32, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<vendor>` and `<product>` of a USB device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct UsbId {
    /// The number.
    #[xml(attr)]
    pub id: Option<Hex32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<redirdev>`: a USB device redirected from a viewer.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "redirdev")]
#[non_exhaustive]
pub struct RedirectedDevice {
    /// `usb`.
    #[xml(attr)]
    pub bus: Option<String>,
    /// Where its other end is.
    #[xml(attr = "type")]
    pub kind: Option<ChardevType>,
    /// The other end.
    #[xml(child = "source")]
    pub sources: Vec<ChardevSource>,
    /// What is spoken over TCP.
    #[xml(child)]
    pub protocol: Option<ChardevProtocol>,
    /// Where all is logged.
    #[xml(child)]
    pub log: Option<ChardevLog>,
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

/// `<redirfilter>`: which USB devices may be redirected.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RedirectFilter {
    /// The rules; the first that fits holds.
    #[xml(child = "usbdev")]
    pub rules: Vec<RedirectRule>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<usbdev>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RedirectRule {
    /// The class in hexadecimal; -1 for any.
    #[xml(attr)]
    pub class: Option<String>,
    /// The vendor in hexadecimal; -1 for any.
    #[xml(attr)]
    pub vendor: Option<String>,
    /// The product in hexadecimal; -1 for any.
    #[xml(attr)]
    pub product: Option<String>,
    /// The version; -1 for any.
    #[xml(attr)]
    pub version: Option<String>,
    /// Whether it may.
    #[xml(attr)]
    pub allow: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<hub>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "hub")]
#[non_exhaustive]
pub struct Hub {
    /// `usb`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
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
