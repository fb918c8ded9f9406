//! Where devices sit: what an address has to say, and that no two devices sit in one place.

use super::at::{At, Checked};
use super::each::Device;
use super::once::first_repeat;
use crate::model::domain::devices::{Address, AddressType};

/// A place only one device can have.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Pci(u32, u32, u32, u8),
    Zpci(u32),
    ZpciFunction(u64),
    Ccw(u8, u8, u32),
    VirtioSerial(u32, u32, String),
    Reg(u64),
    Slot(u64),
}

pub(super) fn check(devices: &[Device<'_>]) -> Checked {
    let mut taken = Vec::with_capacity(devices.len());
    let mut takers = Vec::with_capacity(devices.len());
    for device in devices {
        let Some(address) = device.address else { continue };
        let at = device.at.on(&address.rest);
        let kind = at.need("/address/@type", "the attribute 'type'", address.kind.as_ref())?;
        check_ranges(at, kind, address)?;
        for place in places(device.element, kind, address).into_iter().flatten() {
            taken.push(place);
            takers.push((device, address));
        }
    }
    let repeat = first_repeat(taken);
    let repeat = repeat.and_then(|(first, again)| Some((takers.get(first)?, takers.get(again)?)));
    match repeat {
        None => Ok(()),
        Some(((first, _), (again, address))) => {
            let sentence = format!("{} has the same address", first.at.path());
            Err(again.at.on(&address.rest).wrong("/address", sentence))
        }
    }
}

fn check_ranges(at: At<'_>, kind: &AddressType, address: &Address) -> Checked {
    match kind {
        AddressType::Pci => check_pci(at, "/address", address),
        AddressType::Ccw => check_ccw(at, address),
        AddressType::Usb => check_usb(at, address),
        _ => Ok(()),
    }
}

/// The ranges of the parts of a PCI address.
pub(super) fn check_pci(at: At<'_>, below: &str, address: &Address) -> Checked {
    let number = |part: Option<crate::model::value::AddressNumber>| part.unwrap_or_default().value();
    let parts = [
        ("domain", address.domain.unwrap_or_default().0, 0xffff),
        ("bus", number(address.bus), 0xff),
        ("slot", number(address.slot), 0x1f),
        ("function", u32::from(address.function.unwrap_or_default().0), 7),
    ];
    for (name, value, bound) in parts {
        if value > bound {
            return Err(at.wrong(
                &format!("{below}/@{name}"),
                format!("{value:#x} is more than {bound:#x}, the greatest {name} of a PCI address"),
            ));
        }
    }
    let uid = address.zpci.as_ref().and_then(|zpci| zpci.uid);
    let fid = address.zpci.as_ref().and_then(|zpci| zpci.fid);
    if uid.is_some_and(|uid| !(1..=0xffff).contains(&uid.0)) {
        return Err(at.wrong(
            &format!("{below}/zpci/@uid"),
            "the id is not from 0x0001 to 0xffff",
        ));
    }
    if fid.is_some_and(|fid| fid.0 > u64::from(u32::MAX)) {
        return Err(at.wrong(&format!("{below}/zpci/@fid"), "the id has more than 32 bits"));
    }
    Ok(())
}

fn check_ccw(at: At<'_>, address: &Address) -> Checked {
    let said = [
        address.cssid.is_some(),
        address.ssid.is_some(),
        address.devno.is_some(),
    ];
    if said.contains(&true) && said.contains(&false) {
        return Err(at.wrong(
            "/address",
            "a CCW address has a cssid, an ssid and a devno, or none of them",
        ));
    }
    let parts = [
        ("cssid", u32::from(address.cssid.unwrap_or_default().0), 0xfe),
        ("ssid", u32::from(address.ssid.unwrap_or_default().0), 3),
        ("devno", address.devno.unwrap_or_default().0, 0xffff),
    ];
    for (name, value, bound) in parts {
        if value > bound {
            let sentence = format!("{value:#x} is more than {bound:#x}, the greatest {name}");
            return Err(at.wrong(&format!("/address/@{name}"), sentence));
        }
    }
    Ok(())
}

/// A USB port is a number, or up to four with dots between them: hub by hub.
fn check_usb(at: At<'_>, address: &Address) -> Checked {
    let Some(port) = &address.port else { return Ok(()) };
    let steps: Vec<&str> = port.split('.').collect();
    let is_number = |step: &&str| !step.is_empty() && step.parse::<u32>().is_ok();
    if steps.len() > 4 || !steps.iter().all(is_number) {
        return Err(at.wrong(
            "/address/@port",
            format!("'{port}' is no USB port such as 1 or 1.2: up to four numbers"),
        ));
    }
    Ok(())
}

/// The places the device takes.
fn places(element: &str, kind: &AddressType, address: &Address) -> [Option<Place>; 3] {
    match kind {
        AddressType::Pci => {
            let domain = address.domain.unwrap_or_default().0;
            let bus = address.bus.unwrap_or_default().value();
            let slot = address.slot.unwrap_or_default().value();
            let function = address.function.unwrap_or_default().0;
            let is_set = (domain, bus, slot, function) != (0, 0, 0, 0);
            let uid = address.zpci.as_ref().and_then(|zpci| zpci.uid);
            let fid = address.zpci.as_ref().and_then(|zpci| zpci.fid);
            [
                is_set.then_some(Place::Pci(domain, bus, slot, function)),
                uid.map(|uid| Place::Zpci(uid.0)),
                fid.map(|fid| Place::ZpciFunction(fid.0)),
            ]
        }
        AddressType::Ccw => {
            let place = address.devno.map(|devno| {
                let cssid = address.cssid.unwrap_or_default().0;
                Place::Ccw(cssid, address.ssid.unwrap_or_default().0, devno.0)
            });
            [place, None, None]
        }
        AddressType::VirtioSerial if matches!(element, "channel" | "console") => {
            let bus = address.bus.unwrap_or_default().value();
            let controller = address.controller.unwrap_or_default();
            let port = address.port.clone().filter(|port| port != "0");
            [
                port.map(|port| Place::VirtioSerial(controller, bus, port)),
                None,
                None,
            ]
        }
        AddressType::SpaprVio if element != "console" => {
            [address.reg.map(|reg| Place::Reg(reg.0)), None, None]
        }
        AddressType::Dimm => [
            address.slot.map(|slot| Place::Slot(u64::from(slot.value()))),
            None,
            None,
        ],
        _ => [None, None, None],
    }
}
