//! Interfaces as liblxc has them. What an element says is taken; every other key is kept, under the number the interface has
//! when the domain is converted back: interfaces first, devices of the host behind them, then what has no element at all.

use std::collections::BTreeMap;

use virt_core::model::MacAddress;
use virt_core::model::domain::devices::{InterfaceMtu, InterfaceRoute, InterfaceTarget, InterfaceType};

use super::super::interfaces::{Family, Keys, ip, macvlan_mode, route};
use super::super::native::{Left, Native};
use super::Found;

/// What becomes of an interface.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Interface(Kind),
    HostDevice,
    Kept,
    /// `empty` or `none`, alone: said by the network namespace.
    Said,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bridge,
    Ethernet,
    Direct,
}

pub(super) fn read(native: &mut Native) -> Found {
    let networks = by_number(native);
    let shares = networks
        .values()
        .any(|keys| keys.get("type").is_some_and(|kind| kind == "none"));
    let is_alone = networks.len() == 1;
    let fates: BTreeMap<u32, Fate> = networks
        .iter()
        .map(|(number, keys)| (*number, fate(keys, is_alone)))
        .collect();
    let mut found = Found::default();
    for (number, fate) in &fates {
        match fate {
            Fate::Interface(kind) => interface(native, *number, *kind, &mut found),
            Fate::HostDevice => host_device(native, *number, &mut found),
            Fate::Said => drop(native.take(&format!("lxc.net.{number}.type"))),
            Fate::Kept => {}
        }
    }
    found.is_private = !shares && found.interfaces.is_empty() && found.host_devices.is_empty();
    renumber(native, &fates);
    found
}

/// The keys of each interface with the last of their values.
fn by_number(native: &Native) -> BTreeMap<u32, BTreeMap<String, String>> {
    let mut networks: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
    for (key, value) in native.each().filter(|(_, value)| !value.is_empty()) {
        if let Some((number, name)) = parts(key) {
            let keys = networks.entry(number).or_default();
            keys.insert(name.to_owned(), value.to_owned());
        }
    }
    networks
}

/// The number and the name of a key of an interface.
fn parts(key: &str) -> Option<(u32, &str)> {
    let (number, name) = key.strip_prefix("lxc.net.")?.split_once('.')?;
    Some((number.parse().ok()?, name))
}

fn fate(keys: &BTreeMap<String, String>, is_alone: bool) -> Fate {
    let value = |name: &str| keys.get(name).map(String::as_str);
    let is_up_or_down = matches!(value("flags"), None | Some("up"));
    let link = value("link");
    match value("type") {
        Some("veth") if is_up_or_down && link.is_some() => Fate::Interface(Kind::Bridge),
        Some("veth") if is_up_or_down => Fate::Interface(Kind::Ethernet),
        Some("macvlan")
            if is_up_or_down && link.is_some() && macvlan_mode(value("macvlan.mode")).is_some() =>
        {
            Fate::Interface(Kind::Direct)
        }
        Some("phys") if link.is_some() && value("flags") == Some("up") => Fate::HostDevice,
        Some("empty" | "none") if is_alone && keys.len() == 1 => Fate::Said,
        _ => Fate::Kept,
    }
}

fn interface(native: &mut Native, number: u32, kind: Kind, found: &mut Found) {
    let key = |name: &str| format!("lxc.net.{number}.{name}");
    native.take(&key("type"));
    let mut keys = Keys {
        link: native.take(&key("link")),
        flags: native.take(&key("flags")),
        // A pattern of random digits is kept.
        hwaddr: native.take_as(&key("hwaddr"), |text| {
            let address: MacAddress = text.parse().ok()?;
            (address.octets() != [0; 6]).then(|| text.to_owned())
        }),
        name: native.take(&key("name")),
        ..Keys::default()
    };
    let interface_type = match kind {
        Kind::Bridge => InterfaceType::Bridge,
        Kind::Ethernet => InterfaceType::Ethernet,
        Kind::Direct => {
            let mode = native.take(&key("macvlan.mode"));
            keys.macvlan_mode = macvlan_mode(mode.as_deref()).map(ToOwned::to_owned);
            InterfaceType::Direct
        }
    };
    let routes = addresses(native, number, &mut keys);
    let mut interface = keys.interface(interface_type, routes);
    if kind != Kind::Direct {
        interface.target = native.take(&key("veth.pair")).map(|name| {
            let mut target = InterfaceTarget::default();
            target.dev = Some(name);
            target
        });
    }
    interface.mtu = native.take_as(&key("mtu"), |text| {
        let mut mtu = InterfaceMtu::default();
        mtu.size = Some(text.parse().ok().filter(|size| *size > 0)?);
        Some(mtu)
    });
    found.interfaces.push(interface);
}

fn host_device(native: &mut Native, number: u32, found: &mut Found) {
    let key = |name: &str| format!("lxc.net.{number}.{name}");
    native.take(&key("type"));
    native.take(&key("flags"));
    let mut keys = Keys {
        link: native.take(&key("link")),
        ..Keys::default()
    };
    let routes = addresses(native, number, &mut keys);
    found.host_devices.push(keys.host_device(routes));
}

/// Addresses and gateways; those that are more than an address are kept.
fn addresses(native: &mut Native, number: u32, keys: &mut Keys) -> Vec<InterfaceRoute> {
    let mut routes = Vec::new();
    for (family, name, most) in [(Family::V4, "ipv4", 32), (Family::V6, "ipv6", 128)] {
        let address = format!("lxc.net.{number}.{name}.address");
        let ips = native.take_where(|key, value| {
            let found = ip(family, value).filter(|_| key == address)?;
            found.prefix.is_some_and(|prefix| prefix <= most).then_some(found)
        });
        keys.ips.extend(ips);
        let gateway = format!("lxc.net.{number}.{name}.gateway");
        routes.extend(native.take_as(&gateway, |value| route(family, value)));
    }
    routes
}

/// Gives the keys that are kept the numbers the interfaces get.
fn renumber(native: &mut Native, fates: &BTreeMap<u32, Fate>) {
    let of = |wanted: fn(Fate) -> bool| {
        let chosen = fates.iter().filter(move |(_, fate)| wanted(**fate));
        chosen.map(|(number, _)| *number)
    };
    let order = of(|fate| matches!(fate, Fate::Interface(_)))
        .chain(of(|fate| fate == Fate::HostDevice))
        .chain(of(|fate| fate == Fate::Kept));
    let numbers: BTreeMap<u32, u32> = order.zip(0..).collect();
    native.change(|setting| {
        if let Some((number, name)) = parts(&setting.key)
            && let Some(new) = numbers.get(&number)
        {
            setting.key = format!("lxc.net.{new}.{name}");
        }
        Left::Something
    });
}
