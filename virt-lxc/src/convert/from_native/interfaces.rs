//! What an interface of a container is in a domain.

use std::net::IpAddr;

use virt_core::Result;
use virt_core::model::MacAddress;
use virt_core::model::domain::devices::{
    HostDevice, HostDeviceSource, Interface, InterfaceGuest, InterfaceIp, InterfaceLink, InterfaceMac,
    InterfaceRoute, InterfaceSource, InterfaceType, LinkState,
};
use virt_core::xml::XmlValue as _;

use super::super::numbers::unsigned_32;
use super::super::problem::wrong_key;

/// An address family.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    fn any(self) -> &'static str {
        match self {
            Self::V4 => "0.0.0.0",
            Self::V6 => "::",
        }
    }

    fn has(self, address: IpAddr) -> bool {
        address.is_ipv4() == (self == Self::V4)
    }
}

/// The keys of an interface that libvirt knows.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) kind: Option<String>,
    pub(super) link: Option<String>,
    pub(super) hwaddr: Option<String>,
    pub(super) flags: Option<String>,
    pub(super) macvlan_mode: Option<String>,
    pub(super) vlan_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) ips: Vec<InterfaceIp>,
    pub(super) ipv4_gateway: Option<String>,
    pub(super) ipv6_gateway: Option<String>,
}

/// `ADDRESS/PREFIX`.
pub(super) fn ip(family: Family, text: &str) -> Option<InterfaceIp> {
    let (address, prefix) = text.split_once('/')?;
    let address = IpAddr::parse_xml(address).ok().filter(|one| family.has(*one))?;
    let prefix = unsigned_32(prefix)?;
    let mut ip = InterfaceIp::default();
    ip.address = Some(written(address));
    ip.family = Some(family.name().to_owned());
    ip.prefix = Some(prefix).filter(|prefix| *prefix > 0);
    Some(ip)
}

/// The default route over a gateway.
pub(super) fn route(family: Family, gateway: &str) -> Option<InterfaceRoute> {
    let gateway = IpAddr::parse_xml(gateway).ok().filter(|one| family.has(*one))?;
    let mut route = InterfaceRoute::default();
    route.family = Some(family.name().to_owned());
    route.address = Some(family.any().to_owned());
    route.gateway = Some(written(gateway));
    Some(route)
}

fn written(address: IpAddr) -> String {
    let mut text = String::new();
    address.write_xml(&mut text);
    text
}

/// A mode of macvlan.
pub(super) fn macvlan_mode(mode: Option<&str>) -> Option<&'static str> {
    match mode {
        None | Some("private") => Some("private"),
        Some("vepa") => Some("vepa"),
        Some("bridge") => Some("bridge"),
        Some("passthru") => Some("passthrough"),
        Some(_) => None,
    }
}

impl Keys {
    /// The default routes libvirt makes of the gateways.
    pub(super) fn routes(&self) -> Result<Vec<InterfaceRoute>> {
        let gateways = [(Family::V4, &self.ipv4_gateway), (Family::V6, &self.ipv6_gateway)];
        let mut routes = Vec::new();
        for (family, gateway) in gateways {
            let Some(gateway) = gateway else { continue };
            let Some(route) = route(family, gateway) else {
                let key = format!("{}.gateway", family.name());
                return Err(wrong_key(
                    &key,
                    format!("{gateway:?} is no address of a gateway for libvirt"),
                ));
            };
            routes.push(route);
        }
        Ok(routes)
    }

    /// An interface of that type.
    pub(super) fn interface(self, kind: InterfaceType, routes: Vec<InterfaceRoute>) -> Interface {
        let mut interface = Interface::default();
        let mut source = InterfaceSource::default();
        match kind {
            InterfaceType::Bridge => source.bridge = self.link,
            InterfaceType::Direct => {
                source.dev = self.link;
                source.mode = self.macvlan_mode;
            }
            _ => {}
        }
        let has_source = source.bridge.is_some() || source.dev.is_some();
        interface.source = Some(source).filter(|_| has_source);
        interface.mac = self.hwaddr.and_then(|text| text.parse().ok()).map(mac);
        interface.guest = self.name.map(|name| {
            let mut guest = InterfaceGuest::default();
            guest.dev = Some(name);
            Box::new(guest)
        });
        let mut link = InterfaceLink::default();
        let is_up = self.flags.as_deref() == Some("up");
        link.state = Some(if is_up { LinkState::Up } else { LinkState::Down });
        interface.link = Some(link);
        interface.kind = Some(kind);
        interface.ips = self.ips;
        interface.routes = routes;
        interface
    }

    /// An interface of the host handed through.
    pub(super) fn host_device(self, routes: Vec<InterfaceRoute>) -> HostDevice {
        let mut source = HostDeviceSource::default();
        source.interface = self.link;
        let mut device = HostDevice::default();
        device.mode = Some("capabilities".to_owned());
        device.kind = Some("net".to_owned());
        device.source = Some(source);
        device.ips = self.ips;
        device.routes = routes;
        device
    }
}

pub(super) fn mac(address: MacAddress) -> InterfaceMac {
    let mut mac = InterfaceMac::default();
    mac.address = Some(address);
    mac
}
