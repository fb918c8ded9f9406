//! Network interfaces.

use uuid::Uuid;
use virt_core::Result;
use virt_core::model::domain::devices::{Devices, Interface, InterfaceSource, InterfaceType, LinkState};

use super::super::kept::Kept;
use super::super::lines::Lines;
use super::super::problem::{invalid, unsupported};
use super::machine::uuid_text;
use super::{Context, mac};

pub(super) fn write(devices: &Devices, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    let most = if context.hardware < 7 { 4 } else { 10 };
    for (index, (number, interface)) in numbered(&devices.interfaces, context.kept).enumerate() {
        let place = format!("/domain/devices/interface[{}]", index + 1);
        if index >= most {
            let text = format!("virtual hardware {} has {most} interfaces", context.hardware);
            return Err(unsupported(place, text));
        }
        check(interface, &place)?;
        write_interface(interface, &format!("ethernet{number}"), &place, out)?;
    }
    Ok(())
}

/// The interfaces and their numbers: those they had, and free ones for new ones.
fn numbered<'d>(interfaces: &'d [Interface], kept: &Kept) -> impl Iterator<Item = (u32, &'d Interface)> {
    let own = |interface: &Interface| kept.number(interface.mac.as_ref()?.address?);
    let mut taken: Vec<u32> = Vec::new();
    let mut known: Vec<Option<u32>> = Vec::new();
    for interface in interfaces {
        let number = own(interface).filter(|number| !taken.contains(number));
        taken.extend(number);
        known.push(number);
    }
    // The number of one that is gone has settings of its own.
    taken.extend(kept.interfaces.iter().map(|(number, _)| *number));
    let numbers = known.into_iter().map(move |number| {
        number.unwrap_or_else(|| {
            let free = (0..u32::MAX).find(|number| !taken.contains(number));
            let free = free.unwrap_or_default();
            taken.push(free);
            free
        })
    });
    numbers.zip(interfaces)
}

fn check(interface: &Interface, place: &str) -> Result<()> {
    let options = [
        (interface.trust_guest_rx_filters.is_some(), "@trustGuestRxFilters"),
        (interface.vlan.is_some(), "vlan"),
        (interface.virtualport.is_some(), "virtualport"),
        (interface.bandwidth.is_some(), "bandwidth"),
        (interface.port.is_some(), "port"),
        (!interface.ips.is_empty(), "ip"),
        (!interface.routes.is_empty(), "route"),
        (!interface.port_forwards.is_empty(), "portForward"),
        (interface.script.is_some(), "script"),
        (interface.downscript.is_some(), "downscript"),
        (interface.backenddomain.is_some(), "backenddomain"),
        (interface.guest.is_some(), "guest"),
        (interface.driver.is_some(), "driver"),
        (interface.backend.is_some(), "backend"),
        (interface.filterref.is_some(), "filterref"),
        (interface.tune.is_some(), "tune"),
        (interface.mtu.is_some(), "mtu"),
        (interface.coalesce.is_some(), "coalesce"),
        (interface.teaming.is_some(), "teaming"),
        (interface.rom.is_some(), "rom"),
    ];
    if let Some((_, name)) = options.into_iter().find(|(is_there, _)| *is_there) {
        return Err(unsupported(
            format!("{place}/{name}"),
            "VMware's interfaces have no such option: it is said of the network",
        ));
    }
    if interface.boot.is_some() {
        let text = "kinds of devices are booted in an order: say <boot dev='…'/> in <os>";
        return Err(unsupported(format!("{place}/boot"), text));
    }
    Ok(())
}

fn write_interface(interface: &Interface, device: &str, place: &str, out: &mut Lines) -> Result<()> {
    let key = |name: &str| format!("{device}.{name}");
    out.add_flag(key("present"), true);
    write_model(interface, device, place, out)?;
    let source = interface.source.as_ref();
    let target = interface.target.as_ref().and_then(|target| target.dev.as_deref());
    match &interface.kind {
        Some(InterfaceType::Bridge) => {
            if let Some(name) = source.and_then(|source| source.bridge.as_deref()) {
                out.add_text(key("networkName"), name);
            }
            match target {
                Some(target) => {
                    out.add(key("connectionType"), "custom");
                    out.add_text(key("vnet"), target);
                }
                None => out.add(key("connectionType"), "bridged"),
            }
        }
        Some(InterfaceType::User) => out.add(key("connectionType"), "nat"),
        Some(InterfaceType::Null) => {}
        Some(InterfaceType::Vds) => write_port(source, device, place, out)?,
        kind => {
            let kind = kind.as_ref().map_or("nothing", |kind| kind.as_str());
            let text = format!(
                "an interface is of type bridge (a network by its name), user, vds or null, not {kind}"
            );
            return Err(unsupported(format!("{place}/@type"), text));
        }
    }
    if target.is_some() && interface.kind != Some(InterfaceType::Bridge) {
        let text = "the device on the host is said of type bridge only";
        return Err(unsupported(format!("{place}/target"), text));
    }
    mac::write(interface.mac.as_ref(), device, place, out)?;
    let state = interface.link.as_ref().and_then(|link| link.state.as_ref());
    if state == Some(&LinkState::Down) {
        out.add_flag(key("startConnected"), false);
    }
    Ok(())
}

fn write_model(interface: &Interface, device: &str, place: &str, out: &mut Lines) -> Result<()> {
    let model = interface.model.as_ref().and_then(|model| model.kind.as_deref());
    let Some(model) = model.map(str::to_ascii_lowercase) else {
        return Ok(());
    };
    let key = |name: &str| format!("{device}.{name}");
    match model.as_str() {
        "vmxnet2" => {
            out.add(key("virtualDev"), "vmxnet");
            out.add(key("features"), "15");
        }
        "vlance" | "vmxnet" | "vmxnet3" | "e1000" | "e1000e" => out.add(key("virtualDev"), model),
        _ => {
            let text = format!("models are vlance, vmxnet, vmxnet2, vmxnet3, e1000 and e1000e, not {model}");
            return Err(unsupported(format!("{place}/model/@type"), text));
        }
    }
    Ok(())
}

/// A port of a distributed switch.
fn write_port(source: Option<&InterfaceSource>, device: &str, place: &str, out: &mut Lines) -> Result<()> {
    let key = |name: &str| format!("{device}.dvs.{name}");
    let switch = source.and_then(|source| source.switchid.as_deref());
    let refuse = || invalid(format!("{place}/source/@switchid"), "it is no UUID");
    let switch = switch
        .and_then(|switch| Uuid::parse_str(switch).ok())
        .ok_or_else(refuse)?;
    out.add(key("switchId"), uuid_text(switch));
    let Some(source) = source else { return Ok(()) };
    for (name, attribute, value) in [
        ("portId", "portid", &source.portid),
        ("portgroupId", "portgroupid", &source.portgroupid),
        ("connectionId", "connectionid", &source.connectionid),
    ] {
        let Some(value) = value else { continue };
        if name != "portgroupId" && value.parse::<i64>().is_err() {
            let text = format!("{value:?} is no number");
            return Err(invalid(format!("{place}/source/@{attribute}"), text));
        }
        out.add_text(key(name), value);
    }
    Ok(())
}
