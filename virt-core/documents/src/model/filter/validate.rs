//! What libvirt's parser checks of a filter.

use std::net::IpAddr;

use super::addresses::IpMask;
use super::config::FilterConfig;
use super::ethernet::{ArpMatch, MacMatch, VlanMatch};
use super::internet::IpMatch;
use super::numbers::EtherType;
use super::protocol::RuleProtocol;
use super::rule::{Rule, RuleAction, RuleDirection};
use super::transport::TransportMatch;
use super::variable::RuleValue;
use crate::model::domain::devices::FilterRef;
use crate::model::problem::{each, missing, missing_attribute, unknown, wrong};
use crate::model::value::ip_text;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlError};

/// The names chains begin with, and the priorities of such chains.
pub(super) const CHAINS: &[(&str, i32)] = &[
    ("root", 0),
    ("mac", -800),
    ("vlan", -750),
    ("stp", 0),
    ("arp", -500),
    ("rarp", -400),
    ("ipv4", -700),
    ("ipv6", -600),
];

impl FilterConfig {
    /// Checks what libvirt's parser checks: the name, the chain and its priority, that every rule says what happens and
    /// to which packets, and that addresses, masks and ports fit the protocol.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        let checks = || -> Result<(), XmlError> {
            if self.name.is_empty() {
                return Err(missing(&self.rest, "the name of the filter").within("@name"));
            }
            if let Some(chain) = &self.chain {
                check_chain(chain, &self.rest)?;
            }
            check_priority(self.priority, &self.rest)?;
            each("filterref", &self.filterrefs, check_reference)?;
            each("rule", &self.rules, Rule::check)
        };
        checks().map_err(|error| error.within("/filter"))?;
        check_values(self)
    }
}

fn check_chain(chain: &str, rest: &Rest) -> Result<(), XmlError> {
    let is_sign = |letter: char| letter.is_ascii_alphanumeric() || "_.:-".contains(letter);
    let problem = if chain.len() > 12 {
        "has more than 12 letters"
    } else if !chain.chars().all(is_sign) {
        "has a character that is no letter, digit or one of _.:-"
    } else if chain != "root" && chain.starts_with("root") {
        "begins with root: the chain 'root' has no others"
    } else if !CHAINS.iter().any(|(name, _)| chain.starts_with(name)) {
        "is not 'root' and does not begin with mac, vlan, stp, arp, rarp, ipv4 or ipv6"
    } else {
        return Ok(());
    };
    Err(wrong(rest, format!("the chain '{chain}' {problem}")).within("@chain"))
}

fn check_priority(priority: Option<i32>, rest: &Rest) -> Result<(), XmlError> {
    match priority {
        Some(priority) if !(-1000..=1000).contains(&priority) => {
            let sentence = format!("the priority {priority} is not from -1000 to 1000");
            Err(wrong(rest, sentence).within("@priority"))
        }
        _ => Ok(()),
    }
}

/// A reference with a filter, and parameters libvirt does not forget.
pub(in crate::model) fn check_reference(reference: &FilterRef) -> Result<(), XmlError> {
    if reference.filter.as_deref().unwrap_or_default().is_empty() {
        return Err(missing_attribute(&reference.rest, "filter").within("@filter"));
    }
    each("parameter", &reference.parameters, |parameter| {
        let rest = &parameter.rest;
        let check = |name: &str, value: Option<&String>, signs: &str| {
            let is_sign = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
            let within = |error: XmlError| error.within(&format!("@{name}"));
            match value {
                None => Err(within(missing_attribute(rest, name))),
                Some(value) if value.is_empty() || !value.chars().all(is_sign) => {
                    let sentence = format!("'{value}' is not made of letters, digits and {signs}");
                    Err(within(wrong(rest, sentence)))
                }
                Some(_) => Ok(()),
            }
        };
        check("name", parameter.name.as_ref(), "_")?;
        check("value", parameter.value.as_ref(), ".:")
    })
}

impl Rule {
    fn check(&self) -> Result<(), XmlError> {
        if let RuleAction::Unknown(action) = &self.action {
            let known: Vec<&str> = RuleAction::KNOWN.iter().map(RuleAction::as_str).collect();
            return Err(unknown(&self.rest, action, "an action", &known).within("@action"));
        }
        if let RuleDirection::Unknown(direction) = &self.direction {
            let known: Vec<&str> = RuleDirection::KNOWN.iter().map(RuleDirection::as_str).collect();
            return Err(unknown(&self.rest, direction, "a direction", &known).within("@direction"));
        }
        check_priority(self.priority, &self.rest)?;
        let Some(protocol) = self.protocol() else {
            return Ok(());
        };
        match protocol {
            RuleProtocol::Mac => each("mac", &self.mac, MacMatch::check),
            RuleProtocol::Vlan => each("vlan", &self.vlan, VlanMatch::check),
            RuleProtocol::Arp => each("arp", &self.arp, ArpMatch::check),
            RuleProtocol::Rarp => each("rarp", &self.rarp, ArpMatch::check),
            RuleProtocol::Ip => check_ip("ip", &self.ip, false),
            RuleProtocol::Ipv6 => check_ip("ipv6", &self.ipv6, true),
            other => match other.transport() {
                Some(transport) => {
                    let check = |packets: &TransportMatch| packets.check(other.is_ipv6());
                    each(other.as_str(), self.transport(transport), check)
                }
                None => Ok(()),
            },
        }
    }
}

type Addresses<'a> = [(&'static str, &'a Option<RuleValue<IpAddr>>)];
type Masks<'a> = [(&'static str, &'a Option<RuleValue<IpMask>>)];

/// Addresses and masks of the family of the protocol.
fn check_family(
    rest: &Rest,
    ipv6: bool,
    addresses: &Addresses<'_>,
    masks: &Masks<'_>,
) -> Result<(), XmlError> {
    let family = if ipv6 { "IPv6" } else { "IPv4" };
    for (name, address) in addresses {
        if let Some(RuleValue::Value(address)) = address
            && address.is_ipv6() != ipv6
        {
            let sentence = format!("{} is not an {family} address", ip_text(*address));
            return Err(wrong(rest, sentence).within(&format!("@{name}")));
        }
    }
    for (name, mask) in masks {
        if let Some(RuleValue::Value(mask)) = mask
            && !mask.fits(ipv6)
        {
            let sentence = format!("this is not the mask of an {family} address");
            return Err(wrong(rest, sentence).within(&format!("@{name}")));
        }
    }
    Ok(())
}

fn check_ether_type(
    rest: &Rest,
    name: &str,
    protocol: Option<&RuleValue<EtherType>>,
    least: u32,
) -> Result<(), XmlError> {
    match protocol {
        Some(RuleValue::Value(protocol)) if protocol.value() < least => {
            let sentence = format!("the protocol {} is less than {least:#x}", protocol.value());
            Err(wrong(rest, sentence).within(&format!("@{name}")))
        }
        _ => Ok(()),
    }
}

impl MacMatch {
    fn check(&self) -> Result<(), XmlError> {
        check_ether_type(&self.rest, "protocolid", self.protocol.as_ref(), 0x600)
    }
}

impl VlanMatch {
    fn check(&self) -> Result<(), XmlError> {
        check_ether_type(&self.rest, "encap-protocol", self.protocol.as_ref(), 0x3c)
    }
}

impl ArpMatch {
    fn check(&self) -> Result<(), XmlError> {
        let addresses = [
            ("arpsrcipaddr", &self.arp_src_ip),
            ("arpdstipaddr", &self.arp_dst_ip),
        ];
        let masks = [
            ("arpsrcipmask", &self.arp_src_ip_mask),
            ("arpdstipmask", &self.arp_dst_ip_mask),
        ];
        check_family(&self.rest, false, &addresses, &masks)
    }
}

/// Packets on the bridge: ports need a protocol that has them, said in this element or in one before.
fn check_ip(name: &str, list: &[IpMatch], ipv6: bool) -> Result<(), XmlError> {
    let (mut protocol, mut ports) = (None, false);
    each(name, list, |packets| {
        let rest = &packets.rest;
        let addresses = [("srcipaddr", &packets.src_ip), ("dstipaddr", &packets.dst_ip)];
        let masks = [
            ("srcipmask", &packets.src_ip_mask),
            ("dstipmask", &packets.dst_ip_mask),
        ];
        check_family(rest, ipv6, &addresses, &masks)?;
        protocol = packets.protocol.as_ref().or(protocol);
        ports |= [
            &packets.src_port,
            &packets.src_port_end,
            &packets.dst_port,
            &packets.dst_port_end,
        ]
        .iter()
        .any(|port| port.is_some());
        let has_ports = protocol
            .and_then(RuleValue::value)
            .is_some_and(|protocol| protocol.has_ports());
        if ports && !has_ports {
            let sentence = "ports need a protocol that has them: tcp, udp, sctp or 33 (DCCP)";
            return Err(wrong(rest, sentence).within("@protocol"));
        }
        Ok(())
    })
}

impl TransportMatch {
    fn check(&self, ipv6: bool) -> Result<(), XmlError> {
        let addresses = [
            ("srcipaddr", &self.src_ip),
            ("dstipaddr", &self.dst_ip),
            ("srcipfrom", &self.src_ip_from),
            ("srcipto", &self.src_ip_to),
            ("dstipfrom", &self.dst_ip_from),
            ("dstipto", &self.dst_ip_to),
        ];
        let masks = [("srcipmask", &self.src_ip_mask), ("dstipmask", &self.dst_ip_mask)];
        check_family(&self.rest, ipv6, &addresses, &masks)
    }
}
