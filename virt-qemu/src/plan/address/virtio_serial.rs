//! Ports of virtio-serial controllers.

use std::collections::BTreeSet;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Address, AddressType, ChardevTarget, ControllerType};

use super::super::refusal;

/// Port 0 is for the first console; what has no choice of ports takes 31.
const DEFAULT_PORTS: u32 = 31;

pub(super) fn assign(config: &mut DomainConfig) -> Result<()> {
    let devices = config.devices_mut();
    let mut controllers: Vec<(u32, u32)> = devices
        .controllers
        .iter()
        .filter(|known| known.kind == Some(ControllerType::VirtioSerial))
        .map(|known| (known.index.unwrap_or(0), known.ports.unwrap_or(DEFAULT_PORTS)))
        .collect();
    controllers.sort_unstable();
    let mut used = BTreeSet::new();
    let channels = devices
        .channels
        .iter()
        .enumerate()
        .map(|(index, one)| ("channel", index, &one.target, &one.address));
    let consoles = devices
        .consoles
        .iter()
        .enumerate()
        .map(|(index, one)| ("console", index, &one.target, &one.address));
    for (name, index, target, address) in consoles.chain(channels) {
        if !is_virtio(target) {
            continue;
        }
        let Some((controller, Some(port))) = address.as_ref().and_then(place) else {
            continue;
        };
        let path = format!("{}/address", refusal::device(name, index));
        let fits = controllers
            .iter()
            .any(|(known, ports)| *known == controller && port <= *ports);
        if !fits {
            return Err(refusal::invalid(
                path,
                format!("virtio-serial controller {controller} has no port {port}"),
            ));
        }
        if !used.insert((controller, port)) {
            return Err(refusal::invalid(
                path,
                format!("port {port} of virtio-serial controller {controller} is used twice"),
            ));
        }
    }
    for (index, console) in devices.consoles.iter_mut().enumerate() {
        // A console without an address is left to QEMU, which finds it a port.
        let wants = console
            .address
            .as_ref()
            .and_then(place)
            .filter(|(_, port)| port.is_none());
        if let (true, Some((controller, _))) = (is_virtio(&console.target), wants) {
            let place =
                next(&controllers, &used, Some(controller), 0).ok_or_else(|| full("console", index))?;
            used.insert(place);
            console.address = Some(Address::virtio_serial(place.0, 0, place.1));
        }
    }
    for (index, channel) in devices.channels.iter_mut().enumerate() {
        let given = channel.address.as_ref().and_then(place);
        if !is_virtio(&channel.target) || matches!(given, Some((_, Some(_)))) {
            continue;
        }
        let place = next(&controllers, &used, given.map(|(controller, _)| controller), 1)
            .ok_or_else(|| full("channel", index))?;
        used.insert(place);
        channel.address = Some(Address::virtio_serial(place.0, 0, place.1));
    }
    Ok(())
}

fn full(name: &str, index: usize) -> virt_core::Error {
    refusal::invalid(
        refusal::device(name, index),
        "no virtio-serial port is free; add a controller of type \"virtio-serial\"",
    )
}

fn is_virtio(target: &Option<ChardevTarget>) -> bool {
    target.as_ref().and_then(|target| target.kind.as_deref()) == Some("virtio")
}

/// Controller, and port if one is named; port 0 of a channel counts as none.
fn place(address: &Address) -> Option<(u32, Option<u32>)> {
    if address.kind != Some(AddressType::VirtioSerial) {
        return None;
    }
    let port = address.port.as_deref().and_then(|port| port.parse().ok());
    Some((address.controller.unwrap_or(0), port))
}

fn next(
    controllers: &[(u32, u32)],
    used: &BTreeSet<(u32, u32)>,
    wanted: Option<u32>,
    first: u32,
) -> Option<(u32, u32)> {
    controllers
        .iter()
        .filter(|(controller, _)| wanted.is_none_or(|wanted| wanted == *controller))
        .flat_map(|(controller, ports)| (first..*ports).map(move |port| (*controller, port)))
        .find(|place| !used.contains(place))
}
