//! What libvirt's parser checks of a network, whatever the driver.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::bridge::MacTableManager;
use super::config::NetworkConfig;
use super::dhcp::{Bootp, Dhcp, DhcpHost, DhcpLease, DhcpRange, LeaseUnit};
use super::dns::{Dns, DnsForwarder, DnsHost, DnsService, DnsText};
use super::forward::{Forward, ForwardMode};
use super::ip::{IpFamily, NetworkIp};
use super::port_group::PortGroup;
use crate::model::domain::devices::InterfaceRoute;
use crate::model::port_rules::{Floor, PortType, check_bandwidth, check_virtualport, check_vlan};
use crate::model::problem::{each, missing, missing_attribute, only, unknown, wrong};
use crate::model::value::{YesNo, broadcast_of, ip_text, network_of, parse_ip, prefix_of_mask};
use crate::xml::derived::check_writable;
use crate::xml::{Rest, XmlError};

/// Whether an element is a whole one, or names another in an update.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Search,
}

impl NetworkConfig {
    /// Checks what holds for every driver: the name, addresses and ranges that fit their networks, static hosts and DNS
    /// records that are complete, gateways that are reached, what goes with which way of forwarding, VLANs, limits,
    /// virtual ports and port groups.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        let checks = || -> Result<(), XmlError> {
            self.check_names()?;
            only("mac", self.mac.as_ref(), |mac| match mac.address {
                Some(address) if address.is_multicast() => {
                    let sentence = format!("{address} is the address of a group, not of a bridge");
                    Err(wrong(&mac.rest, sentence).within("@address"))
                }
                _ => Ok(()),
            })?;
            self.check_bridge()?;
            only("dns", self.dns.as_ref(), Dns::check)?;
            only("vlan", self.vlan.as_ref(), check_vlan)?;
            only("bandwidth", self.bandwidth.as_ref(), |bandwidth| {
                check_bandwidth(bandwidth, Floor::Refused)
            })?;
            each("ip", &self.ips, NetworkIp::check)?;
            each("route", &self.routes, |route| self.check_route(route))?;
            only("virtualport", self.virtualport.as_ref(), |port| {
                check_virtualport(port, PortType::Required)
            })?;
            self.check_port_groups()?;
            only("forward", self.forward.as_ref(), Forward::check)?;
            self.check_mode()?;
            only("options", self.dnsmasq_options.as_ref(), |options| {
                each("option", &options.options, |option| {
                    let empty = option.value.as_deref().unwrap_or_default().is_empty();
                    match empty {
                        true => Err(missing_attribute(&option.rest, "value").within("@value")),
                        false => Ok(()),
                    }
                })
            })
        };
        checks().map_err(|error| error.within("/network"))?;
        check_writable(self)
    }

    fn check_names(&self) -> Result<(), XmlError> {
        if self.name.is_empty() {
            return Err(missing(&self.rest, "the name of the network").within("name"));
        }
        if self.name.contains('/') {
            let sentence = format!("the name '{}' has a '/'", self.name);
            return Err(wrong(&self.rest, sentence).within("name"));
        }
        match &self.title {
            Some(title) if title.contains('\n') => {
                Err(wrong(&self.rest, "the title has a line break").within("title"))
            }
            _ => Ok(()),
        }
    }

    fn check_bridge(&self) -> Result<(), XmlError> {
        only("bridge", self.bridge.as_ref(), |bridge| {
            match &bridge.mac_table_manager {
                Some(MacTableManager::Unknown(found)) => {
                    let known = ["kernel", "libvirt"];
                    let error = unknown(&bridge.rest, found, "who manages the table", &known);
                    Err(error.within("@macTableManager"))
                }
                _ => Ok(()),
            }
        })
    }

    fn check_port_groups(&self) -> Result<(), XmlError> {
        let (mut names, mut default) = (BTreeSet::new(), None);
        each("portgroup", &self.portgroups, |group| {
            group.check()?;
            let name = group.name.clone().unwrap_or_default();
            if !names.insert(name.clone()) {
                let sentence = format!("there is another port group '{name}'");
                return Err(wrong(&group.rest, sentence).within("@name"));
            }
            if group.is_default()
                && let Some(first) = default.replace(name)
            {
                let sentence = format!("the port group '{first}' is the default already");
                return Err(wrong(&group.rest, sentence).within("@default"));
            }
            Ok(())
        })
    }

    /// What goes with the way of forwarding.
    fn check_mode(&self) -> Result<(), XmlError> {
        let (Some(forward), Some(mode)) = (&self.forward, self.forward_mode()) else {
            return Ok(());
        };
        if mode.is_routed() {
            if self.ips.is_empty() {
                let what = format!("the element <ip>, which forwarding by {mode} needs,");
                return Err(missing(&forward.rest, what).within("ip"));
            }
            if forward.interfaces.len() > 1 || forward.addresses.len() > 1 {
                let sentence = format!("forwarding by {mode} uses one device only");
                return Err(wrong(&forward.rest, sentence).within("forward"));
            }
            let devices =
                forward.dev.is_some() || !forward.interfaces.is_empty() || !forward.addresses.is_empty();
            if mode == ForwardMode::Open && devices {
                let sentence = "an open network forwards to every device: leave the device out";
                return Err(wrong(&forward.rest, sentence).within("forward"));
            }
            return Ok(());
        }
        self.check_bridge_of(&mode)?;
        match &self.mtu {
            Some(mtu) if mtu.size.unwrap_or_default() > 0 => {
                let sentence =
                    format!("the MTU of a network in mode {mode} is that of the device of the host");
                Err(wrong(&mtu.rest, sentence).within("mtu/@size"))
            }
            _ => Ok(()),
        }
    }

    /// What may be said of the bridge when libvirt does not make it.
    fn check_bridge_of(&self, mode: &ForwardMode) -> Result<(), XmlError> {
        let (Some(bridge), Some(forward)) = (&self.bridge, &self.forward) else {
            return Ok(());
        };
        let refuse = |name: &str| {
            let sentence =
                format!("{name} of the bridge means nothing to a network in mode {mode}: leave it out");
            Err(wrong(&bridge.rest, sentence).within(&format!("bridge/@{name}")))
        };
        let is_bridge = *mode == ForwardMode::Bridge;
        if bridge.name.is_some() && !is_bridge {
            return refuse("name");
        }
        if bridge.zone.is_some() {
            return refuse("zone");
        }
        if bridge.mac_table_manager.is_some() && !is_bridge {
            return refuse("macTableManager");
        }
        if bridge.stp.is_some() {
            return refuse("stp");
        }
        if bridge.delay.is_some_and(|delay| delay > 0) {
            return refuse("delay");
        }
        let devices = forward.dev.is_some()
            || forward.pf.is_some()
            || !forward.interfaces.is_empty()
            || !forward.addresses.is_empty();
        if bridge.name.is_some() && devices {
            let sentence = format!("a network in mode {mode} has a bridge or devices of the host, not both");
            return Err(wrong(&bridge.rest, sentence).within("bridge/@name"));
        }
        Ok(())
    }

    fn check_route(&self, route: &InterfaceRoute) -> Result<(), XmlError> {
        let gateway = check_route(route)?;
        let reached = self.ips.iter().any(|ip| match (ip.address, ip.prefix_len()) {
            (Some(address), Some(prefix)) => {
                address.is_ipv4() == gateway.is_ipv4()
                    && network_of(address, prefix) == network_of(gateway, prefix)
            }
            _ => false,
        });
        if reached {
            return Ok(());
        }
        let sentence = format!("the gateway {} is on no <ip> of the network", ip_text(gateway));
        Err(wrong(&route.rest, sentence).within("@gateway"))
    }
}

/// Checks a route by itself, and gives its gateway.
fn check_route(route: &InterfaceRoute) -> Result<IpAddr, XmlError> {
    let ipv6 = is_ipv6_family(route.family.as_deref(), &route.rest)?;
    let address = |name: &str, text: Option<&String>| -> Result<Option<IpAddr>, XmlError> {
        let Some(text) = text else { return Ok(None) };
        let within = |error: XmlError| error.within(&format!("@{name}"));
        let address = parse_ip(text)
            .ok_or_else(|| within(wrong(&route.rest, format!("'{text}' is not an IP address"))))?;
        if address.is_ipv6() != ipv6 {
            let family = if ipv6 { "IPv6" } else { "IPv4" };
            let sentence = format!("{text} is not an {family} address: see the attribute 'family'");
            return Err(within(wrong(&route.rest, sentence)));
        }
        Ok(Some(address))
    };
    let missing = |name: &str| missing_attribute(&route.rest, name).within(&format!("@{name}"));
    let network = address("address", route.address.as_ref())?.ok_or_else(|| missing("address"))?;
    let gateway = address("gateway", route.gateway.as_ref())?.ok_or_else(|| missing("gateway"))?;
    if ipv6 && route.netmask.is_some() {
        let sentence = "a mask is for IPv4 only: say the prefix";
        return Err(wrong(&route.rest, sentence).within("@netmask"));
    }
    let prefix = match (address("netmask", route.netmask.as_ref())?, route.prefix) {
        (Some(_), Some(_)) => {
            return Err(
                wrong(&route.rest, "the mask says what the prefix says: leave one out").within("@prefix"),
            );
        }
        (Some(mask), None) => Some(
            prefix_of_mask(mask)
                .ok_or_else(|| wrong(&route.rest, "the mask is not ones before zeros").within("@netmask"))?,
        ),
        (None, Some(prefix)) => Some(check_prefix(prefix, ipv6, &route.rest)?),
        (None, None) => None,
    };
    if let Some(prefix) = prefix
        && network_of(network, prefix) != network
    {
        let network = ip_text(network);
        let sentence = format!("{network} has bits behind the prefix {prefix}, so it is no network");
        return Err(wrong(&route.rest, sentence).within("@address"));
    }
    if route.metric == Some(0) {
        return Err(wrong(&route.rest, "the metric is 0; it begins at 1").within("@metric"));
    }
    Ok(gateway)
}

fn is_ipv6_family(family: Option<&str>, rest: &Rest) -> Result<bool, XmlError> {
    match family {
        None | Some("ipv4") => Ok(false),
        Some("ipv6") => Ok(true),
        Some(other) => Err(unknown(rest, other, "a family", &["ipv4", "ipv6"]).within("@family")),
    }
}

fn check_prefix(prefix: u32, ipv6: bool, rest: &Rest) -> Result<u8, XmlError> {
    let most = if ipv6 { 128 } else { 32 };
    u8::try_from(prefix)
        .ok()
        .filter(|prefix| *prefix <= most)
        .ok_or_else(|| wrong(rest, format!("the prefix {prefix} is more than {most}")).within("@prefix"))
}

impl NetworkIp {
    fn check(&self) -> Result<(), XmlError> {
        let rest = &self.rest;
        let Some(address) = self.address else {
            return Err(missing_attribute(rest, "address").within("@address"));
        };
        let ipv6 = is_ipv6_family(self.family.as_ref().map(IpFamily::as_str), rest)?;
        if address.is_ipv6() != ipv6 {
            let family = if ipv6 { "ipv6" } else { "ipv4" };
            let sentence = format!("{} is no address of the family {family}", ip_text(address));
            return Err(wrong(rest, sentence).within("@family"));
        }
        match self.netmask {
            Some(_) if ipv6 => {
                let sentence = "a mask is for IPv4 only: say the prefix";
                return Err(wrong(rest, sentence).within("@netmask"));
            }
            Some(mask) if mask.is_ipv6() => {
                return Err(wrong(rest, "the mask is not an IPv4 one").within("@netmask"));
            }
            Some(_) if self.prefix.is_some_and(|prefix| prefix > 0) => {
                let sentence = "the mask says what the prefix says: leave one out";
                return Err(wrong(rest, sentence).within("@prefix"));
            }
            _ => {}
        }
        if let Some(prefix) = self.prefix {
            check_prefix(prefix, ipv6, rest)?;
        }
        if ipv6 && let Some(tftp) = &self.tftp {
            return Err(wrong(&tftp.rest, "TFTP is for IPv4 only").within("tftp"));
        }
        only("dhcp", self.dhcp.as_ref(), |dhcp| self.check_dhcp(dhcp))
    }

    fn check_dhcp(&self, dhcp: &Dhcp) -> Result<(), XmlError> {
        each("range", &dhcp.ranges, |range| range.check(self))?;
        each("host", &dhcp.hosts, |host| host.check(self, Part::Whole))?;
        let bootp = dhcp.bootp.as_ref().filter(|_| !self.is_ipv6());
        only("bootp", bootp, |bootp: &Bootp| match bootp.file {
            Some(_) => Ok(()),
            None => Err(missing_attribute(&bootp.rest, "file").within("@file")),
        })
    }
}

impl DhcpRange {
    /// Checks the range within the network `ip`.
    pub(super) fn check(&self, ip: &NetworkIp) -> Result<(), XmlError> {
        let rest = &self.rest;
        let missing = |name: &str| missing_attribute(rest, name).within(&format!("@{name}"));
        let start = self.start.ok_or_else(|| missing("start"))?;
        let end = self.end.ok_or_else(|| missing("end"))?;
        if start.is_ipv6() != end.is_ipv6() {
            return Err(wrong(rest, "start and end are of different families"));
        }
        if let Some(address) = ip.address {
            self.check_within(address, ip.prefix_len(), (start, end))?;
        }
        check_order(rest, start, end)?;
        only("lease", self.lease.as_ref(), DhcpLease::check)
    }

    fn check_within(
        &self,
        address: IpAddr,
        prefix: Option<u8>,
        (start, end): (IpAddr, IpAddr),
    ) -> Result<(), XmlError> {
        let refuse = |what: &str, why: &str| {
            let (start, end) = (ip_text(start), ip_text(end));
            let sentence = format!("the range {start} to {end} {why} {}", ip_text(address));
            Err(wrong(&self.rest, sentence).within(what))
        };
        if start.is_ipv6() != address.is_ipv6() {
            return refuse("@start", "is of another family than the address");
        }
        let Some(prefix) = prefix else {
            return refuse("@start", "needs the prefix of the address");
        };
        let network = network_of(address, prefix);
        if network_of(start, prefix) != network {
            return refuse("@start", &format!("does not begin within /{prefix} of"));
        }
        if network_of(end, prefix) != network {
            return refuse("@end", &format!("does not end within /{prefix} of"));
        }
        if let IpAddr::V4(v4) = address {
            if start == network {
                return refuse(
                    "@start",
                    &format!("begins with the address of the network itself, /{prefix} of"),
                );
            }
            if end == IpAddr::V4(broadcast_of(v4, prefix)) {
                return refuse("@end", &format!("ends with the address for all, /{prefix} of"));
            }
        }
        Ok(())
    }
}

/// A range that is not reversed, and not larger than what two bytes count.
pub(super) fn check_order(rest: &Rest, start: IpAddr, end: IpAddr) -> Result<(), XmlError> {
    let count = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let (first, last) = (count(start), count(end));
    let (start, end) = (ip_text(start), ip_text(end));
    if first >> 16 != last >> 16 {
        let sentence = format!("the range {start} to {end} differs in more than its last 16 bits");
        return Err(wrong(rest, sentence));
    }
    if first > last {
        return Err(wrong(rest, format!("the range {start} to {end} is reversed")));
    }
    Ok(())
}

impl DhcpHost {
    /// Checks the host within the network `ip`.
    pub(super) fn check(&self, ip: &NetworkIp, part: Part) -> Result<(), XmlError> {
        let rest = &self.rest;
        if let Some(mac) = self.mac {
            if ip.is_ipv6() {
                let sentence =
                    "a host of an IPv6 network is known by its id or name, not by its Ethernet address";
                return Err(wrong(rest, sentence).within("@mac"));
            }
            if mac.is_multicast() {
                return Err(
                    wrong(rest, format!("{mac} is the address of a group, not of a guest")).within("@mac"),
                );
            }
        }
        let is_id = |id: &String| {
            id.chars()
                .all(|letter| letter.is_ascii_hexdigit() || letter == ':')
        };
        if !self.id.as_ref().is_none_or(is_id) {
            return Err(wrong(rest, "the id is not hexadecimal bytes with colons").within("@id"));
        }
        if let Some(name) = &self.name
            && !name.starts_with(|first: char| first.is_ascii_alphanumeric())
        {
            let sentence = format!("the name '{name}' does not begin with a letter or digit");
            return Err(wrong(rest, sentence).within("@name"));
        }
        let known = match part {
            Part::Search => self.mac.is_some() || self.name.is_some() || self.ip.is_some(),
            Part::Whole if ip.is_ipv6() => self.id.is_some() || self.name.is_some(),
            Part::Whole => self.mac.is_some() || self.name.is_some(),
        };
        if !known {
            let what = match (part, ip.is_ipv6()) {
                (Part::Search, _) => "the attribute 'mac', 'name' or 'ip'",
                (Part::Whole, true) => "the attribute 'id' or 'name'",
                (Part::Whole, false) => "the attribute 'mac' or 'name'",
            };
            return Err(missing(rest, what));
        }
        if part == Part::Whole && self.ip.is_none() {
            return Err(missing_attribute(rest, "ip").within("@ip"));
        }
        only("lease", self.lease.as_ref(), DhcpLease::check)
    }
}

impl DhcpLease {
    fn check(&self) -> Result<(), XmlError> {
        let least = match &self.unit {
            Some(LeaseUnit::Seconds) => 120,
            None | Some(LeaseUnit::Minutes) => 2,
            Some(LeaseUnit::Hours) => 1,
            Some(LeaseUnit::Unknown(unit)) => {
                let known = ["seconds", "minutes", "hours"];
                return Err(unknown(&self.rest, unit, "a unit", &known).within("@unit"));
            }
        };
        match self.expiry {
            Some(expiry) if expiry > 0 && expiry < least => {
                let sentence = "an address is lent for two minutes at least, or for ever with 0";
                Err(wrong(&self.rest, sentence).within("@expiry"))
            }
            _ => Ok(()),
        }
    }
}

impl Dns {
    fn check(&self) -> Result<(), XmlError> {
        each("forwarder", &self.forwarders, DnsForwarder::check)?;
        each("host", &self.hosts, |host| host.check(Part::Whole))?;
        each("srv", &self.services, |service| service.check(Part::Whole))?;
        each("txt", &self.texts, |text| text.check(Part::Whole))?;
        if self.enable == Some(YesNo::No) && self.has_records() {
            let sentence = "there are records though there is no DNS server: leave them or enable='no' out";
            return Err(wrong(&self.rest, sentence).within("@enable"));
        }
        Ok(())
    }
}

impl DnsForwarder {
    fn check(&self) -> Result<(), XmlError> {
        match self.address.is_some() || self.domain.is_some() {
            true => Ok(()),
            false => Err(missing(&self.rest, "the attribute 'addr' or 'domain'")),
        }
    }
}

impl DnsHost {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        if let Some(index) = self.names.iter().position(String::is_empty) {
            let path = format!("hostname[{}]", index + 1);
            return Err(missing(&self.rest, "the name of the host").within(&path));
        }
        let (named, placed) = (!self.names.is_empty(), self.ip.is_some());
        match part {
            Part::Whole if !named => Err(missing(&self.rest, "the element <hostname>").within("hostname")),
            Part::Whole if !placed => Err(missing_attribute(&self.rest, "ip").within("@ip")),
            Part::Search if !named && !placed => {
                Err(missing(&self.rest, "the attribute 'ip' or an element <hostname>"))
            }
            _ => Ok(()),
        }
    }
}

impl DnsService {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        let rest = &self.rest;
        let text = |name: &str, value: Option<&String>, signs: &str| {
            let within = |error: XmlError| error.within(&format!("@{name}"));
            let is_sign = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
            match value {
                None if part == Part::Whole => Err(within(missing_attribute(rest, name))),
                Some(value) if !value.chars().all(is_sign) => {
                    let sentence =
                        format!("'{value}' has a character that is no letter, digit or one of {signs}");
                    Err(within(wrong(rest, sentence)))
                }
                _ => Ok(()),
            }
        };
        text("service", self.service.as_ref(), "_-+/*")?;
        text("protocol", self.protocol.as_ref(), "-+/")?;
        if self.service.as_ref().is_some_and(|service| service.len() > 512) {
            return Err(wrong(rest, "the service has more than 512 bytes").within("@service"));
        }
        if self.target.is_none() {
            let said = [
                ("port", self.port.is_some()),
                ("priority", self.priority.is_some()),
                ("weight", self.weight.is_some()),
            ];
            if let Some((name, _)) = said.iter().find(|(_, said)| *said) {
                let sentence = format!("'{name}' means nothing without 'target'");
                return Err(wrong(rest, sentence).within(&format!("@{name}")));
            }
        }
        match self.port {
            Some(0) => Err(wrong(rest, "the port is 0; it begins at 1").within("@port")),
            _ => Ok(()),
        }
    }
}

impl DnsText {
    pub(super) fn check(&self, part: Part) -> Result<(), XmlError> {
        let rest = &self.rest;
        let Some(name) = &self.name else {
            return Err(missing_attribute(rest, "name").within("@name"));
        };
        if name.contains([' ', ',']) {
            let sentence = format!("the name '{name}' has a blank or a comma");
            return Err(wrong(rest, sentence).within("@name"));
        }
        match part == Part::Whole && self.value.is_none() {
            true => Err(missing_attribute(rest, "value").within("@value")),
            false => Ok(()),
        }
    }
}

impl PortGroup {
    pub(super) fn check(&self) -> Result<(), XmlError> {
        if self.name.as_deref().unwrap_or_default().is_empty() {
            return Err(missing_attribute(&self.rest, "name").within("@name"));
        }
        only("vlan", self.vlan.as_ref(), check_vlan)?;
        only("virtualport", self.virtualport.as_ref(), |port| {
            check_virtualport(port, PortType::Optional)
        })?;
        only("bandwidth", self.bandwidth.as_ref(), |bandwidth| {
            check_bandwidth(bandwidth, Floor::Refused)
        })
    }
}
