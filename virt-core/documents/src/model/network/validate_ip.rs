//! What libvirt's parser checks of addresses, DHCP and routes.

use std::net::IpAddr;

use super::dhcp::{Bootp, Dhcp, DhcpHost, DhcpLease, DhcpRange, LeaseUnit};
use super::ip::{IpFamily, NetworkIp};
use super::validate::Part;
use crate::model::domain::devices::InterfaceRoute;
use crate::model::problem::{each, missing, missing_attribute, only, unknown, wrong};
use crate::model::value::{broadcast_of, ip_text, network_of, parse_ip, prefix_of_mask};
use crate::xml::{Rest, XmlError};

impl NetworkIp {
    pub(super) fn check(&self) -> Result<(), XmlError> {
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

/// Checks a route by itself, and gives its gateway.
pub(super) fn check_route(route: &InterfaceRoute) -> Result<IpAddr, XmlError> {
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
