//! USB ports: each has one device, behind hubs that exist.

use super::at::{At, Checked};
use super::each::Device;
use crate::model::domain::devices::{Address, AddressType, Controller, ControllerType, Devices};
use crate::sorted::SortedMap;

/// How many ports a hub has.
const HUB_PORTS: u32 = 8;

pub(super) fn check(devices: &Devices, all: &[Device<'_>]) -> Checked {
    let mut taken: SortedMap<(u32, Vec<u32>), At<'_>> = SortedMap::new();
    let is_usb = |address: &&Address| address.kind == Some(AddressType::Usb);
    for device in all {
        let Some(address) = device.address.filter(is_usb) else {
            continue;
        };
        let Some(port) = steps(address) else { continue };
        let at = device.at.on(&address.rest);
        let bus = address.bus.unwrap_or_default().value();
        check_hubs(devices, at, bus, &port)?;
        if let Some(first) = taken.insert((bus, port), device.at) {
            return Err(at.wrong("/address", format!("{} has the same USB port", first.path())));
        }
    }
    Ok(())
}

/// The port hub by hub; none for a port that is not said.
fn steps(address: &Address) -> Option<Vec<u32>> {
    let port = address.port.as_deref()?;
    let steps: Option<Vec<u32>> = port.split('.').map(|step| step.parse().ok()).collect();
    steps.filter(|steps| steps != &[0])
}

fn check_hubs(devices: &Devices, at: At<'_>, bus: u32, port: &[u32]) -> Checked {
    let all_placed = devices.hubs.iter().all(|hub| {
        hub.address
            .as_ref()
            .is_some_and(|address| steps(address).is_some())
    });
    let hub_at = |way: &[u32]| {
        devices
            .hubs
            .iter()
            .filter_map(|hub| hub.address.as_ref())
            .any(|address| {
                address.bus.unwrap_or_default().value() == bus && steps(address).as_deref() == Some(way)
            })
    };
    for (depth, step) in port.iter().enumerate() {
        let way = port.get(..depth).unwrap_or_default();
        if !way.is_empty() && all_placed && !hub_at(way) {
            let way: Vec<String> = way.iter().map(u32::to_string).collect();
            let sentence = format!(
                "there is no hub at the port {} of the USB bus {bus}",
                way.join(".")
            );
            return Err(at.wrong("/address/@port", sentence));
        }
        let ports = match way {
            [] => root_ports(&devices.controllers, bus),
            _ => Some(HUB_PORTS),
        };
        if let Some(ports) = ports
            && !(1..=ports).contains(step)
        {
            let sentence = format!("there is no port {step}; the ports go from 1 to {ports}");
            return Err(at.wrong("/address/@port", sentence));
        }
    }
    Ok(())
}

/// How many ports the controllers of a bus have, when their model says so.
fn root_ports(controllers: &[Controller], bus: u32) -> Option<u32> {
    let of_bus = |controller: &&Controller| {
        controller.kind == Some(ControllerType::Usb) && controller.index.unwrap_or_default() == bus
    };
    let mut ports = None;
    for controller in controllers.iter().filter(of_bus) {
        let own = match controller.model.as_deref()? {
            "piix3-uhci" | "piix4-uhci" | "vt82c686b-uhci" => 2,
            "pci-ohci" => 3,
            "ehci" => 6,
            model if model.starts_with("ich9-") => 6,
            "nec-xhci" | "qemu-xhci" => controller.ports.unwrap_or(4),
            _ => return None,
        };
        ports = Some(own.max(ports.unwrap_or_default()));
    }
    ports
}
