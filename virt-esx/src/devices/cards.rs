//! Network cards.

use virt_core::Result;

use super::connectable;
use super::group::Group;
use super::networks::{Networks, digits, port_of};
use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, AnyVirtualDeviceBackingInfo, VirtualE1000, VirtualE1000e, VirtualEthernetCard,
    VirtualEthernetCardDistributedVirtualPortBackingInfo, VirtualEthernetCardNetworkBackingInfo,
    VirtualEthernetCardOpaqueNetworkBackingInfo, VirtualPCNet32, VirtualVmxnet, VirtualVmxnet2,
    VirtualVmxnet3,
};
use crate::vmx::convert::{Lines, invalid, unsupported};

/// What is understood of one.
pub(super) const KEYS: &[&str] = &[
    "present",
    "virtualdev",
    "features",
    "networkname",
    "connectiontype",
    "addresstype",
    "address",
    "generatedaddress",
    "generatedaddressoffset",
    "startconnected",
    "allowguestconnectioncontrol",
    "wakeonpcktrcv",
    "dvs.switchid",
    "dvs.portid",
    "dvs.portgroupid",
    "dvs.connectionid",
    "opaquenetwork.id",
    "opaquenetwork.type",
];

/// The address of a card, by its lines.
pub(super) fn address(group: &Group) -> Option<&str> {
    match group.is("addressType", "static") {
        true => group.text("address"),
        false => group.text("generatedAddress"),
    }
}

/// The network that a card's lines name, where that is one by name.
pub(super) fn network(group: &Group) -> Option<&str> {
    group
        .text("networkName")
        .filter(|_| group.get("dvs.switchId").is_none())
}

pub(super) fn device(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let mut device = class(wanted)?;
    let before = wanted
        .existing
        .and_then(|existing| existing.part::<VirtualEthernetCard>());
    let backing = backing(wanted, before.and_then(|card| card.backing.as_ref()))?;
    let before = before.and_then(|card| card.connectable.clone());
    if let Some(card) = device.part_mut::<VirtualEthernetCard>() {
        card.backing = Some(backing);
        set_address(card, group);
        let is_running = wanted.means.is_running;
        card.connectable = Some(connectable::info(before.as_ref(), group, true, is_running));
        if let Some(wakes) = group.flag("wakeOnPcktRcv") {
            card.wake_on_lan_enabled = Some(wakes);
        }
    }
    Ok(device)
}

/// The class of a card's model: the one there is, where that is the same.
fn class(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let word = group.text("virtualDev").map(str::to_ascii_lowercase);
    let card = VirtualEthernetCard::default();
    let made: AnyVirtualDevice = match word.as_deref() {
        Some("vmxnet3") => VirtualVmxnet3::default().into(),
        Some("vmxnet") if group.is("features", "15") => VirtualVmxnet2::default().into(),
        Some("vmxnet") => VirtualVmxnet::default().into(),
        Some("e1000e") => VirtualE1000e { base: card }.into(),
        Some("e1000") => VirtualE1000 { base: card }.into(),
        Some("vlance") => VirtualPCNet32 { base: card }.into(),
        Some(other) => {
            let text = format!("{other:?} is none of vlance, vmxnet, vmxnet3, e1000, e1000e");
            return Err(unsupported(wanted.slot.element(), text));
        }
        None => match wanted.existing {
            Some(existing) => existing.clone(),
            // As the hypervisor does with a file that does not say it.
            None if wanted.means.is_64_bit => VirtualE1000 { base: card }.into(),
            None => VirtualPCNet32 { base: card }.into(),
        },
    };
    Ok(match wanted.existing {
        Some(existing) if existing.type_name() == made.type_name() => existing.clone(),
        _ => made,
    })
}

fn set_address(card: &mut VirtualEthernetCard, group: &Group) {
    let kind = match group
        .get("addressType")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "static" => "manual",
        "vpx" => "assigned",
        _ => "generated",
    };
    card.address_type = Some(kind.to_owned());
    card.mac_address = address(group).map(str::to_ascii_lowercase);
}

fn backing(
    wanted: &Wanted<'_>,
    before: Option<&AnyVirtualDeviceBackingInfo>,
) -> Result<AnyVirtualDeviceBackingInfo> {
    let group = wanted.group;
    let networks = &wanted.means.networks;
    if let Some(switch) = group.text("dvs.switchId") {
        return port(wanted, switch, before);
    }
    let kind = group.get("connectionType").unwrap_or("bridged");
    if !kind.eq_ignore_ascii_case("bridged") {
        let text =
            format!("a card of ESX is connected to a network by its name (type bridge), not by {kind:?}");
        return Err(unsupported(wanted.slot.element(), text));
    }
    let Some(name) = network(group) else {
        // What lines do not say stays as it is.
        return before.cloned().ok_or_else(|| {
            let text = "a card of ESX is connected to a network: say which (type bridge, or vds)";
            unsupported(wanted.slot.element(), text)
        });
    };
    let is_the_same = before
        .and_then(|before| before.part::<VirtualEthernetCardNetworkBackingInfo>())
        .is_some_and(|before| before.device_name == name);
    if let Some(before) = before.filter(|_| is_the_same) {
        return Ok(before.clone());
    }
    networks
        .named(name)
        .ok_or_else(|| no_network(wanted, networks, name))
}

fn no_network(wanted: &Wanted<'_>, networks: &Networks, name: &str) -> virt_core::Error {
    let text = format!("there is no network {name:?} (there are: {})", networks.listed());
    invalid(format!("{}/source/@bridge", wanted.slot.element()), text)
}

/// A port of a distributed switch.
fn port(
    wanted: &Wanted<'_>,
    switch: &str,
    before: Option<&AnyVirtualDeviceBackingInfo>,
) -> Result<AnyVirtualDeviceBackingInfo> {
    let group = wanted.group;
    let own = before.and_then(|before| before.part::<VirtualEthernetCardDistributedVirtualPortBackingInfo>());
    let known = own.map(|own| own.port.switch_uuid.as_str());
    let known = known.filter(|known| digits(known) == digits(switch));
    let known = known.or_else(|| wanted.means.networks.switch(switch));
    let known = known.ok_or_else(|| {
        let text = format!("there is no distributed switch {switch:?}");
        invalid(format!("{}/source/@switchid", wanted.slot.element()), text)
    })?;
    let mut backing = port_of(known, group.text("dvs.portgroupId").map(ToOwned::to_owned));
    if let Some(port) = backing.part_mut::<VirtualEthernetCardDistributedVirtualPortBackingInfo>() {
        port.port.port_key = group.text("dvs.portId").map(ToOwned::to_owned);
        let cookie = group
            .text("dvs.connectionId")
            .and_then(|cookie| cookie.parse().ok());
        // A cookie is of one connection of a port that is held already.
        port.port.connection_cookie = cookie.filter(|_| port.port.port_key.is_some());
    }
    Ok(backing)
}

pub(super) fn describe(device: &AnyVirtualDevice, card: &VirtualEthernetCard, name: &str, out: &mut Lines) {
    let key = |key: &str| format!("{name}.{key}");
    out.add_flag(key("present"), true);
    let word = match device {
        AnyVirtualDevice::VirtualVmxnet3(_) | AnyVirtualDevice::VirtualVmxnet3Vrdma(_) => Some("vmxnet3"),
        AnyVirtualDevice::VirtualVmxnet2(_) => {
            out.add(key("features"), "15");
            Some("vmxnet")
        }
        AnyVirtualDevice::VirtualVmxnet(_) => Some("vmxnet"),
        AnyVirtualDevice::VirtualE1000e(_) => Some("e1000e"),
        AnyVirtualDevice::VirtualE1000(_) => Some("e1000"),
        AnyVirtualDevice::VirtualPCNet32(_) => Some("vlance"),
        _ => None,
    };
    if let Some(word) = word {
        out.add(key("virtualDev"), word);
    }
    if let Some(backing) = &card.backing {
        describe_backing(backing, name, out);
    }
    let (kind, place) = match card.address_type.as_deref() {
        Some("manual") => ("static", "address"),
        Some("assigned") => ("vpx", "generatedAddress"),
        _ => ("generated", "generatedAddress"),
    };
    out.add(key("addressType"), kind);
    if let Some(address) = &card.mac_address {
        out.add(key(place), address.to_ascii_lowercase());
    }
    if !connectable::starts_connected(card.connectable.as_ref()) {
        out.add_flag(key("startConnected"), false);
    }
}

fn describe_backing(backing: &AnyVirtualDeviceBackingInfo, name: &str, out: &mut Lines) {
    let key = |key: &str| format!("{name}.{key}");
    if let Some(network) = backing.part::<VirtualEthernetCardNetworkBackingInfo>() {
        out.add_text(key("networkName"), &network.device_name);
    } else if let Some(port) = backing.part::<VirtualEthernetCardDistributedVirtualPortBackingInfo>() {
        let port = &port.port;
        out.add(key("dvs.switchId"), port.switch_uuid.as_str());
        if let Some(port) = &port.port_key {
            out.add(key("dvs.portId"), port.as_str());
        }
        if let Some(group) = &port.portgroup_key {
            out.add_text(key("dvs.portgroupId"), group);
        }
        if let Some(cookie) = port.connection_cookie {
            out.add(key("dvs.connectionId"), cookie.to_string());
        }
    } else if let Some(opaque) = backing.part::<VirtualEthernetCardOpaqueNetworkBackingInfo>() {
        out.add_text(key("opaqueNetwork.id"), &opaque.opaque_network_id);
        out.add_text(key("opaqueNetwork.type"), &opaque.opaque_network_type);
    }
}
