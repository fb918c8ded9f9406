//! `<interface>`, and `<hostdev>` with an interface of the host.

use std::net::IpAddr;

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Interface, InterfaceIp, InterfaceRoute, InterfaceType, LinkState};
use virt_core::{Error, Result};

use super::super::problem::{invalid, unsupported};
use super::super::settings::Setting;
use super::hostdevs::is_interface;
use super::output::Output;

const INTERFACE: &str = "/domain/devices/interface";
const HOSTDEV: &str = "/domain/devices/hostdev";

/// The keys of one interface.
struct Keys<'o> {
    number: usize,
    out: &'o mut Output,
}

impl Keys<'_> {
    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.out.add(format!("lxc.net.{}.{name}", self.number), value);
    }
}

pub(super) fn write(domain: &DomainConfig, kept: &[Setting], out: &mut Output) -> Result<()> {
    let devices = domain.devices.iter();
    let interfaces: Vec<&Interface> = devices.clone().flat_map(|devices| &devices.interfaces).collect();
    let hostdevs = devices.flat_map(|devices| &devices.hostdevs);
    let hostdevs: Vec<_> = hostdevs.filter(|device| is_interface(device)).collect();
    let shares = domain
        .lxc_namespace
        .as_ref()
        .is_some_and(|one| one.sharenet.is_some());
    if shares && !(interfaces.is_empty() && hostdevs.is_empty()) {
        let text = "a network namespace of others has their interfaces: leave out either of them";
        return Err(unsupported("/domain/lxc:namespace/lxc:sharenet", text));
    }
    let mut number = 0;
    for interface in &interfaces {
        write_interface(interface, Keys { number, out })?;
        number += 1;
    }
    for device in &hostdevs {
        let source = device
            .source
            .as_ref()
            .and_then(|source| source.interface.as_deref());
        let link = named(
            source,
            HOSTDEV,
            "it needs <source><interface>NAME</interface></source>",
        )?;
        let mut keys = Keys { number, out };
        keys.add("type", "phys");
        keys.add("link", link);
        keys.add("flags", "up");
        addresses(&device.ips, &device.routes, HOSTDEV, &mut keys)?;
        number += 1;
    }
    let is_kept = kept.iter().any(|setting| setting.key.starts_with("lxc.net."));
    if number == 0 && !shares && !is_kept {
        let is_private = domain.features.as_ref().is_some_and(|features| features.privnet);
        out.add("lxc.net.0.type", if is_private { "empty" } else { "none" });
    }
    Ok(())
}

fn write_interface(interface: &Interface, mut keys: Keys<'_>) -> Result<()> {
    check(interface)?;
    let source = interface.source.as_ref();
    let mut is_veth = true;
    match &interface.kind {
        Some(InterfaceType::Bridge) => {
            let bridge = source.and_then(|source| source.bridge.as_deref());
            let bridge = named(bridge, INTERFACE, "type 'bridge' needs <source bridge='…'/>")?;
            keys.add("type", "veth");
            keys.add("link", bridge);
        }
        Some(InterfaceType::Ethernet) => keys.add("type", "veth"),
        Some(InterfaceType::Direct) => {
            is_veth = false;
            let link = source.and_then(|source| source.dev.as_deref());
            let link = named(link, INTERFACE, "type 'direct' needs <source dev='…'/>")?;
            keys.add("type", "macvlan");
            keys.add("link", link);
            let mode = source.and_then(|source| source.mode.as_deref()).unwrap_or("vepa");
            keys.add(
                "macvlan.mode",
                match mode {
                    "passthrough" => "passthru",
                    "vepa" | "private" | "bridge" => mode,
                    _ => {
                        let text = format!("a mode is vepa, bridge, private or passthrough: {mode:?}");
                        return Err(invalid(format!("{INTERFACE}/source/@mode"), text));
                    }
                },
            );
        }
        other => return Err(unknown_type(other.as_ref())),
    }
    let is_down = interface
        .link
        .as_ref()
        .is_some_and(|link| link.state == Some(LinkState::Down));
    if !is_down {
        keys.add("flags", "up");
    }
    let address = interface.mac.as_ref().and_then(|mac| mac.address);
    if let Some(address) = address.filter(|address| address.octets() != [0; 6]) {
        keys.add("hwaddr", address.to_string());
    }
    if let Some(name) = interface.guest.as_ref().and_then(|guest| guest.dev.as_deref()) {
        keys.add(
            "name",
            named(Some(name), INTERFACE, "the name in the container is not empty")?,
        );
    }
    let target = interface.target.as_ref().and_then(|target| target.dev.as_deref());
    // Names the host chose the last time are not chosen now.
    if let Some(name) = target.filter(|name| is_veth && !name.starts_with("vnet") && !name.is_empty()) {
        keys.add("veth.pair", named(Some(name), INTERFACE, "")?);
    }
    if let Some(size) = interface.mtu.as_ref().and_then(|mtu| mtu.size) {
        keys.add("mtu", size.to_string());
    }
    addresses(&interface.ips, &interface.routes, INTERFACE, &mut keys)
}

fn unknown_type(kind: Option<&InterfaceType>) -> Error {
    let text = match kind {
        Some(InterfaceType::Network) => {
            "LXC knows no virtual networks: say type='bridge' with the bridge of the network".to_owned()
        }
        Some(kind) => format!("type '{kind}' is none of LXC: say bridge, ethernet or direct"),
        None => "it has no type: say bridge, ethernet or direct".to_owned(),
    };
    unsupported(INTERFACE, text)
}

fn check(interface: &Interface) -> Result<()> {
    let host_addresses = interface
        .source
        .as_ref()
        .is_some_and(|source| !source.ips.is_empty() || !source.routes.is_empty());
    let elements = [
        (interface.bandwidth.is_some(), "bandwidth", "limit it on the host"),
        (
            interface.virtualport.is_some(),
            "virtualport",
            "LXC plugs into bridges only: say type='bridge' with a bridge of Linux or Open vSwitch",
        ),
        (
            interface.filterref.is_some(),
            "filterref",
            "filter it on the host",
        ),
        (
            interface.vlan.is_some(),
            "vlan",
            "keep a setting lxc.net.N.veth.vlan.id in <metadata>",
        ),
        (
            interface.script.is_some(),
            "script",
            "keep a setting lxc.net.N.script.up in <metadata>",
        ),
        (
            interface.downscript.is_some(),
            "downscript",
            "keep a setting lxc.net.N.script.down in <metadata>",
        ),
        (
            !interface.port_forwards.is_empty(),
            "portForward",
            "forward ports on the host",
        ),
        (interface.backend.is_some(), "backend", "it is of machines"),
        (
            host_addresses,
            "source/ip",
            "LXC gives the host's end no addresses: give them to the bridge",
        ),
    ];
    match elements.into_iter().find(|(is_there, ..)| *is_there) {
        Some((_, name, way_out)) => {
            let text = format!("LXC has no means for it: {way_out}");
            Err(unsupported(format!("{INTERFACE}/{name}"), text))
        }
        None => Ok(()),
    }
}

fn addresses(
    ips: &[InterfaceIp],
    routes: &[InterfaceRoute],
    element: &str,
    keys: &mut Keys<'_>,
) -> Result<()> {
    for ip in ips {
        let element = format!("{element}/ip");
        if ip.peer.is_some() {
            return Err(unsupported(
                element,
                "LXC has no addresses with a peer: leave it out",
            ));
        }
        let text = ip.address.as_deref().unwrap_or_default();
        let address = parsed(text, &element)?;
        let prefix = match ip.prefix {
            Some(prefix) => prefix,
            None => usual_prefix(address),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        if prefix > most {
            return Err(invalid(
                element,
                format!("the prefix of {text} is {most} at most: {prefix}"),
            ));
        }
        keys.add(
            &format!("{}.address", family(address)),
            format!("{address}/{prefix}"),
        );
    }
    for route in routes {
        let element = format!("{element}/route");
        let gateway = parsed(route.gateway.as_deref().unwrap_or_default(), &element)?;
        let to = route
            .address
            .as_deref()
            .map(|text| parsed(text, &element))
            .transpose()?;
        let is_default =
            to.is_none_or(|to| to.is_unspecified()) && route.prefix.is_none_or(|prefix| prefix == 0);
        if !is_default || route.metric.is_some() {
            let text = "LXC has a default gateway only: make other routes in the container";
            return Err(unsupported(element, text));
        }
        keys.add(&format!("{}.gateway", family(gateway)), gateway.to_string());
    }
    Ok(())
}

fn parsed(text: &str, element: &str) -> Result<IpAddr> {
    text.parse()
        .map_err(|_| invalid(element, format!("{text:?} is no IP address")))
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

/// The prefix libvirt takes where none is said: that of the address's class.
fn usual_prefix(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => match address.octets() {
            [0..=127, ..] => 8,
            [128..=191, ..] => 16,
            _ => 24,
        },
        IpAddr::V6(_) => 64,
    }
}

/// A name of an interface or a bridge.
fn named<'n>(name: Option<&'n str>, element: &str, way_out: &'static str) -> Result<&'n str> {
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| invalid(element, way_out))?;
    if name.len() > 15 || name.contains(['/', ' ', '\t', '\n']) || name == "." || name == ".." {
        let text = format!("{name:?} is no name of an interface: 15 letters at most, without blanks and '/'");
        return Err(invalid(element, text));
    }
    Ok(name)
}
