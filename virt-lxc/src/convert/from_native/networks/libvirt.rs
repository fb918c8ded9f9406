//! Interfaces as libvirt reads them: in the order in which they are begun, and refused where there is a key it does not know.

use virt_core::Result;
use virt_core::model::MacAddress;
use virt_core::model::domain::devices::InterfaceType;

use super::super::super::numbers::leading_unsigned;
use super::super::super::problem::{unsupported_key, wrong_key};
use super::super::interfaces::{Family, Keys, ip, mac, macvlan_mode};
use super::super::native::Native;
use super::Found;

pub(super) fn read(native: &Native) -> Result<Found> {
    let networks = gather(native)?;
    let mut found = Found {
        is_private: networks.is_empty(),
        ..Found::default()
    };
    for (_, keys) in networks {
        add(keys, &mut found)?;
    }
    Ok(found)
}

/// The interfaces with their numbers. One told by its order has the number of those there are with it.
fn gather(native: &Native) -> Result<Vec<(u64, Keys)>> {
    let mut networks: Vec<(u64, Keys)> = Vec::new();
    for (key, value) in native.each() {
        let place = if let Some(name) = key.strip_prefix("lxc.network.") {
            if name == "type" {
                let count = u64::try_from(networks.len()).unwrap_or(u64::MAX);
                networks.push((count.saturating_add(1), Keys::default()));
            }
            networks
                .last_mut()
                .map(|(_, keys)| (name, keys))
                .ok_or_else(|| wrong_key(key, "an interface begins with lxc.network.type"))?
        } else if let Some(rest) = key.strip_prefix("lxc.net.") {
            let numbered =
                leading_unsigned(rest).and_then(|(index, rest)| Some((index, rest.strip_prefix('.')?)));
            let Some((index, name)) = numbered else {
                return Err(wrong_key(
                    key,
                    "the key of an interface has its number: lxc.net.0.type",
                ));
            };
            let place = networks.iter().position(|(one, _)| *one == index);
            let place = place.unwrap_or_else(|| {
                networks.push((index, Keys::default()));
                networks.len() - 1
            });
            let Some((_, keys)) = networks.get_mut(place) else {
                continue;
            };
            (name, keys)
        } else {
            continue;
        };
        set(place, key, value)?;
    }
    Ok(networks)
}

fn set((name, keys): (&str, &mut Keys), key: &str, value: &str) -> Result<()> {
    let place = match name {
        "type" => &mut keys.kind,
        "link" => &mut keys.link,
        "hwaddr" => &mut keys.hwaddr,
        "flags" => &mut keys.flags,
        "macvlan.mode" => &mut keys.macvlan_mode,
        "vlan.id" => &mut keys.vlan_id,
        "name" => &mut keys.name,
        "ipv4.gateway" => &mut keys.ipv4_gateway,
        "ipv6.gateway" => &mut keys.ipv6_gateway,
        "ipv4" | "ipv4.address" | "ipv6" | "ipv6.address" => {
            let family = if name.starts_with("ipv4") {
                Family::V4
            } else {
                Family::V6
            };
            let found = ip(family, value).ok_or_else(|| {
                wrong_key(
                    key,
                    format!("{value:?} is not ADDRESS/PREFIX, as libvirt needs it"),
                )
            })?;
            keys.ips.push(found);
            return Ok(());
        }
        _ => return Err(unsupported_key(key, "libvirt knows no such key of an interface")),
    };
    *place = Some(value.to_owned());
    Ok(())
}

fn add(mut keys: Keys, found: &mut Found) -> Result<()> {
    let kind = keys.kind.clone().unwrap_or_default();
    if matches!(kind.as_str(), "" | "none" | "empty") {
        return Ok(());
    }
    if matches!(kind.as_str(), "phys" | "vlan") {
        let Some(link) = keys.link.take() else {
            return Err(wrong_key("link", format!("an interface of type {kind} has none")));
        };
        keys.link = Some(match keys.vlan_id.take().filter(|_| kind == "vlan") {
            Some(id) => format!("{link}.{id}"),
            None => link,
        });
        let routes = keys.routes()?;
        found.host_devices.push(keys.host_device(routes));
        return Ok(());
    }
    let interface_type = match kind.as_str() {
        "veth" if keys.link.is_some() => InterfaceType::Bridge,
        "veth" => InterfaceType::Ethernet,
        "macvlan" if keys.link.is_none() => {
            return Err(wrong_key("link", "an interface of type macvlan has none"));
        }
        "macvlan" => InterfaceType::Direct,
        // What libvirt has no type for gets the first type there is.
        _ => InterfaceType::User,
    };
    // The same with modes.
    let mode = match keys.macvlan_mode.as_deref() {
        Some("passthru") => "vepa",
        mode => macvlan_mode(mode).unwrap_or("vepa"),
    };
    keys.macvlan_mode = Some(mode.to_owned());
    let routes = keys.routes()?;
    let mut interface = keys.interface(interface_type, routes);
    interface.mac.get_or_insert_with(|| mac(MacAddress::new([0; 6])));
    found.interfaces.push(interface);
    Ok(())
}
