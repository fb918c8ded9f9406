//! Network interfaces.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Interface, InterfaceLink, InterfaceMac, InterfaceModel, InterfaceSource, InterfaceTarget, InterfaceType,
    LinkState,
};
use virt_core::model::value::{MacAddress, YesNo};

use super::super::problem::{unsupported_key, wrong_key};
use super::machine::uuid_of;
use super::source::Source;

/// Reads all of them, and answers which numbers they have.
pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<Vec<(u32, MacAddress)>> {
    let mut found: Vec<(u32, MacAddress)> = Vec::new();
    for number in source.numbers("ethernet") {
        let Some(interface) = source.device(|| read_interface(source, number))? else {
            continue;
        };
        let mac = interface.mac.as_ref().and_then(|mac| mac.address);
        if source.is_complete() {
            // It is found again by its address.
            let Some(mac) = mac.filter(|mac| found.iter().all(|(_, other)| other != mac)) else {
                continue;
            };
            found.push((number, mac));
        }
        domain.devices_mut().interfaces.push(interface);
    }
    Ok(found)
}

/// What an interface is connected by.
enum Connection {
    Bridged,
    Custom,
    Nat,
    Nothing,
}

fn read_interface(source: &Source<'_>, number: u32) -> Result<Option<Interface>> {
    let device = format!("ethernet{number}");
    if !source.is_present(&device)? {
        return Ok(None);
    }
    let key = |name: &str| format!("{device}.{name}");
    let starts_connected = source.flag(&key("startConnected"))?;
    let mut interface = Interface::default();
    if source.is_complete() && starts_connected == Some(false) {
        let mut link = InterfaceLink::default();
        link.state = Some(LinkState::Down);
        interface.link = Some(link);
    }
    interface.mac = Some(read_mac(source, &device)?);
    interface.model = read_model(source, &device)?;
    let switch = source.raw(&key("dvs.switchId"));
    if let Some(switch) = switch {
        interface.kind = Some(InterfaceType::Vds);
        interface.source = Some(read_port(source, &device, switch)?);
        return Ok(Some(interface));
    }
    let name = source.text(&key("networkName"));
    match connection(source, &key("connectionType"), name.is_some())? {
        Connection::Nothing => interface.kind = Some(InterfaceType::Null),
        Connection::Nat => interface.kind = Some(InterfaceType::User),
        kind => {
            let is_named = source.raw(&key("connectionType")).is_none() || source.is_complete();
            if name.is_none() && !is_named {
                source.needed(&key("networkName"))?;
            }
            interface.kind = Some(InterfaceType::Bridge);
            let mut bridge = InterfaceSource::default();
            bridge.bridge = name;
            interface.source = Some(bridge);
            if matches!(kind, Connection::Custom) {
                let mut target = InterfaceTarget::default();
                target.dev = Some(source.needed(&key("vnet"))?);
                interface.target = Some(target);
            }
        }
    }
    Ok(Some(interface))
}

fn connection(source: &Source<'_>, key: &str, is_named: bool) -> Result<Connection> {
    let Some(kind) = source.raw(key) else {
        return Ok(if is_named {
            Connection::Bridged
        } else {
            Connection::Nothing
        });
    };
    let is = |word: &str| kind.eq_ignore_ascii_case(word);
    if is("bridged") {
        Ok(Connection::Bridged)
    } else if is("custom") {
        Ok(Connection::Custom)
    } else if is("nat") {
        Ok(Connection::Nat)
    } else {
        Err(unsupported_key(
            key,
            format!("{kind:?} is none of bridged, custom, nat, which a domain can have"),
        ))
    }
}

fn read_mac(source: &Source<'_>, device: &str) -> Result<InterfaceMac> {
    let key = |name: &str| format!("{device}.{name}");
    let kind = source.raw(&key("addressType"));
    let is = |word: &str| kind.is_some_and(|kind| kind.eq_ignore_ascii_case(word));
    let (address, kind) = match kind {
        None => ("generatedAddress", None),
        Some(_) if is("generated") || is("vpx") => ("generatedAddress", Some("generated")),
        Some(_) if is("static") => ("address", Some("static")),
        Some(other) => {
            let text = format!("{other:?} is none of generated, static, vpx");
            return Err(unsupported_key(&key("addressType"), text));
        }
    };
    let mut mac = InterfaceMac::default();
    mac.kind = kind.map(ToOwned::to_owned);
    mac.address = match source.raw(&key(address)) {
        Some(text) => {
            let parsed: Option<MacAddress> = text.parse().ok();
            let refuse = || wrong_key(&key(address), format!("{text:?} is no address"));
            Some(parsed.ok_or_else(refuse)?)
        }
        None if source.is_complete() => None,
        // libvirt writes what it does not know.
        None => Some(MacAddress::new([0; 6])),
    };
    mac.check = source
        .raw(&key("checkMACAddress"))
        .map(|text| YesNo::from(text.eq_ignore_ascii_case("true")));
    Ok(mac)
}

fn read_model(source: &Source<'_>, device: &str) -> Result<Option<InterfaceModel>> {
    let key = format!("{device}.virtualDev");
    let features = source.number(&format!("{device}.features"))?;
    let Some(word) = source.raw(&key) else {
        return Ok(None);
    };
    let known = ["vlance", "vmxnet", "vmxnet3", "e1000", "e1000e"];
    let name = match known.iter().find(|known| known.eq_ignore_ascii_case(word)) {
        Some(&"vmxnet") if features == Some(15) => "vmxnet2",
        Some(name) => name,
        None => {
            let text = format!("{word:?} is none of {}", known.join(", "));
            return Err(unsupported_key(&key, text));
        }
    };
    let mut model = InterfaceModel::default();
    model.kind = Some(name.to_owned());
    Ok(Some(model))
}

/// A port of a distributed switch.
fn read_port(source: &Source<'_>, device: &str, switch: &str) -> Result<InterfaceSource> {
    let key = |name: &str| format!("{device}.dvs.{name}");
    let mut port = InterfaceSource::default();
    let refuse = || wrong_key(&key("switchId"), format!("{switch:?} is no UUID"));
    port.switchid = Some(uuid_of(switch).ok_or_else(refuse)?.to_string());
    port.portid = source.number(&key("portId"))?.map(|number| number.to_string());
    port.portgroupid = source.text(&key("portgroupId"));
    port.connectionid = source
        .number(&key("connectionId"))?
        .map(|number| number.to_string());
    Ok(port)
}
