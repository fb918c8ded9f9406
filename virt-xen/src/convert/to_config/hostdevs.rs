//! Devices handed through, controllers of USB, and Xen's own bus.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Controller, ControllerType, HostAddress, HostDevice};
use virt_core::model::value::YesNo;

use super::super::made::Made;
use super::super::problem::{invalid, unsupported};

/// Devices handed through of a kind, each with its place in the document.
pub(in super::super) fn devices<'d>(
    domain: &'d DomainConfig,
    kind: &'d str,
) -> impl Iterator<Item = (String, &'d HostDevice)> {
    let devices = domain.devices.iter().flat_map(|devices| &devices.hostdevs);
    let place = |(number, device)| (format!("/domain/devices/hostdev[{}]", number + 1), device);
    let places = devices.enumerate().map(place);
    places.filter(move |(_, device): &(String, &HostDevice)| device.kind.as_deref() == Some(kind))
}

/// Where on the host's PCI a device is: domain, bus, slot, function.
pub(in super::super) fn pci_address(place: &str, device: &HostDevice) -> Result<(u32, u32, u32, u8)> {
    let address = device.source.as_ref().and_then(|source| source.address.as_ref());
    let said = |address: &HostAddress| {
        let domain = address.domain.map_or(0, |domain| domain.0);
        let function = address.function.map_or(0, |function| function.0);
        Some((domain, address.bus?.value(), address.slot?.value(), function))
    };
    let missing = || invalid(format!("{place}/source/address"), "say the bus and slot");
    address.and_then(said).ok_or_else(missing)
}

/// Whether the guest may write all of a device's configuration, if that is said.
pub(in super::super) fn is_permissive(device: &HostDevice) -> Option<bool> {
    let filtering = device.source.as_ref().and_then(|source| source.write_filtering);
    filtering.map(|filtering| filtering == YesNo::No)
}

pub(super) fn write_pci(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let mut list = Vec::new();
    for (place, device) in devices(domain, "pci") {
        let (number, bus, slot, function) = pci_address(&place, device)?;
        let permissive = match is_permissive(device) {
            Some(true) => ",permissive=1",
            Some(false) => ",permissive=0",
            None => "",
        };
        let seize = if device.managed == Some(YesNo::Yes) {
            ",seize=1"
        } else {
            ""
        };
        list.push(format!(
            "{number:04x}:{bus:02x}:{slot:02x}.{function:x}{permissive}{seize}"
        ));
    }
    out.add_list("pci", list);
    Ok(())
}

/// Where on the host's USB a device is: bus and device.
pub(in super::super) fn usb_address(place: &str, device: &HostDevice) -> Result<(u32, u32)> {
    let address = device.source.as_ref().and_then(|source| source.address.as_ref());
    let said = |address: &HostAddress| Some((address.bus?.value(), address.device?.value()));
    let missing = || {
        let text = "say bus and device: which device has a vendor and product, only the host knows";
        invalid(format!("{place}/source/address"), text)
    };
    address.and_then(said).ok_or_else(missing)
}

/// Controllers of a kind, each with its place in the document.
pub(in super::super) fn controllers<'d>(
    domain: &'d DomainConfig,
    kind: &'d ControllerType,
) -> impl Iterator<Item = (String, &'d Controller)> {
    let controllers = domain.devices.iter().flat_map(|devices| &devices.controllers);
    let place = |(number, one)| (format!("/domain/devices/controller[{}]", number + 1), one);
    let places = controllers.enumerate().map(place);
    places.filter(move |(_, one): &(String, &Controller)| one.kind.as_ref() == Some(kind))
}

/// The version of USB a controller has; none where nothing is said.
pub(in super::super) fn usb_version(place: &str, controller: &Controller) -> Result<Option<u32>> {
    match controller.model.as_deref() {
        None | Some("default") => Ok(None),
        Some("qusb1") => Ok(Some(1)),
        Some("qusb2") => Ok(Some(2)),
        Some(model) => {
            let text = format!("Xen has controllers of USB of models qusb1 and qusb2, not {model}");
            Err(unsupported(format!("{place}/@model"), text))
        }
    }
}

pub(super) fn write_usb(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let mut list = Vec::new();
    for (place, device) in devices(domain, "usb") {
        let (bus, number) = usb_address(&place, device)?;
        list.push(format!("hostbus={bus:x},hostaddr={number:x}"));
    }
    out.add_list("usbdev", list);
    let mut list = Vec::new();
    for (place, controller) in controllers(domain, &ControllerType::Usb) {
        let version = usb_version(&place, controller)?;
        let version = version.map(|version| format!("type=qusb,version={version}"));
        let ports = controller.ports.map(|ports| format!("ports={ports:x}"));
        let parts: Vec<String> = version.into_iter().chain(ports).collect();
        list.push(match parts.is_empty() {
            true => "type=qusb,version=2".to_owned(),
            false => parts.join(","),
        });
    }
    out.add_list("usbctrl", list);
    Ok(())
}

/// The limits of Xen's bus.
pub(super) fn write_bus(domain: &DomainConfig, out: &mut Made) {
    for (_place, bus) in controllers(domain, &ControllerType::Xenbus) {
        if let Some(most) = bus.max_event_channels.filter(|most| *most > 0) {
            out.add("max_event_channels", most);
        }
        if let Some(most) = bus.max_grant_frames.filter(|most| *most > 0) {
            out.add("max_grant_frames", most);
        }
    }
}
