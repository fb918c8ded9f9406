//! USB: controllers, and devices handed through.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Controller, ControllerType, HostAddress, HostDeviceSource};
use virt_core::model::value::AddressNumber;

use super::fields::{fields, last};
use super::hostdevs::handed_through;
use super::source::Source;

/// Numbers are hexadecimal, as libvirt reads and writes them.
fn number(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

/// What is not understood libvirt passes over.
pub(super) fn read_devices(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    for text in source.texts("usbdev") {
        let fields = fields(&text);
        let said = |key: &str| last(&fields, key).and_then(number);
        let (Some(bus), Some(device)) = (said("hostbus"), said("hostaddr")) else {
            continue;
        };
        let mut address = HostAddress::default();
        address.bus = Some(AddressNumber::decimal(bus));
        address.device = Some(AddressNumber::decimal(device));
        let mut place = HostDeviceSource::default();
        place.address = Some(address);
        domain.devices_mut().hostdevs.push(handed_through("usb", place));
    }
    Ok(())
}

/// How many ports a controller has unless said.
const PORTS: u32 = 8;

pub(super) fn read_controllers(source: &Source<'_>, domain: &mut DomainConfig) {
    for text in source.texts("usbctrl") {
        let fields = fields(&text);
        let is_known = last(&fields, "type").is_none_or(|kind| kind.starts_with("qusb"));
        let parsed = |key: &str, usual: u32| match last(&fields, key) {
            Some(text) => number(text),
            None => Some(usual),
        };
        let (Some(version), Some(ports)) = (parsed("version", 2), parsed("ports", PORTS)) else {
            continue;
        };
        if !is_known || fields.iter().any(|(_, value)| value.is_none()) {
            continue;
        }
        let mut controller = Controller::default();
        controller.kind = Some(ControllerType::Usb);
        let model = if version == 1 { "qusb1" } else { "qusb2" };
        controller.model = Some(model.to_owned());
        controller.ports = Some(ports);
        domain.devices_mut().controllers.push(controller);
    }
}
