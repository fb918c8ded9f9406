//! What libvirt's parser checks of an interface of the host.

use super::bond::{ArpMonitor, ArpValidate, Bond, BondMode, MiiCarrier, MiiMonitor};
use super::config::{HostInterfaceConfig, HostInterfaceType, HostLinkState, StartMode};
use super::protocol::{AddressFamily, HostProtocol};
use crate::model::complaint::{missing, one_of, said, unknown, wrong};
use crate::xml::XmlError;
use crate::xml::derived::check_said_values;

impl HostInterfaceConfig {
    /// Checks a known type with the element it needs, names, start mode, MTU, address families, watching of links, and
    /// what is on a bridge or in a bond.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check(self, None).map_err(|error| error.within("/interface"))?;
        check_said_values(self)
    }
}

/// Which types of interface may be on or in one of that type.
fn members(parent: &HostInterfaceType) -> &'static [HostInterfaceType] {
    match parent {
        HostInterfaceType::Bond => &[HostInterfaceType::Ethernet],
        HostInterfaceType::Bridge => &[
            HostInterfaceType::Ethernet,
            HostInterfaceType::Bond,
            HostInterfaceType::Vlan,
        ],
        _ => &[],
    }
}

fn check(interface: &HostInterfaceConfig, parent: Option<&HostInterfaceType>) -> Result<(), XmlError> {
    let rest = &interface.rest;
    let kind = &interface.kind;
    if let HostInterfaceType::Unknown(word) = kind {
        let names = &mut HostInterfaceType::KNOWN.iter().map(HostInterfaceType::as_str);
        return Err(unknown("@type", rest, word, one_of("a type of interface", names)));
    }
    if let Some(parent) = parent
        && !members(parent).contains(kind)
    {
        let names = &mut members(parent).iter().map(HostInterfaceType::as_str);
        let expected = one_of(&format!("what a {parent} can have"), names);
        return Err(unknown("@type", rest, kind.as_str(), expected));
    }
    if interface.name.is_none() {
        return Err(missing("@name", rest, "the name of the interface"));
    }
    if parent.is_none() {
        check_own(interface)?;
    }
    if *kind != HostInterfaceType::Bridge
        && let Some(link) = &interface.link
        && let Some(HostLinkState::Unknown(state)) = &link.state
    {
        let names = &mut HostLinkState::KNOWN.iter().map(HostLinkState::as_str);
        let expected = one_of("a state of a link", names);
        return Err(unknown("link/@state", &link.rest, state, expected));
    }
    check_kind(interface)
}

/// The element of the type, and what is in it.
fn check_kind(interface: &HostInterfaceConfig) -> Result<(), XmlError> {
    let lacks = |element: &str| {
        let what = format!("the element <{element}> of an interface of that type");
        Err(missing(element, &interface.rest, what))
    };
    let within = match interface.kind {
        HostInterfaceType::Bridge if interface.bridge.is_none() => return lacks("bridge"),
        HostInterfaceType::Bridge => "bridge",
        HostInterfaceType::Bond => {
            let Some(bond) = &interface.bond else {
                return lacks("bond");
            };
            check_bond(bond).map_err(|error| error.within("bond"))?;
            "bond"
        }
        HostInterfaceType::Vlan => {
            let Some(vlan) = &interface.vlan else {
                return lacks("vlan");
            };
            match vlan.tag {
                None => return Err(missing("vlan/@tag", &vlan.rest, "the tag of the VLAN")),
                Some(tag) if tag > 4095 => {
                    let sentence = format!("the tag {tag} is above 4095");
                    return Err(wrong("vlan/@tag", &vlan.rest, sentence));
                }
                Some(_) => {}
            }
            let device = vlan
                .interface
                .as_ref()
                .and_then(|device| said(device.name.as_ref()));
            return match device {
                Some(_) => Ok(()),
                None => {
                    let path = "vlan/interface/@name";
                    Err(missing(path, &vlan.rest, "the interface the VLAN lies on"))
                }
            };
        }
        HostInterfaceType::Ethernet | HostInterfaceType::Unknown(_) => return Ok(()),
    };
    for (index, member) in interface.members().iter().enumerate() {
        check(member, Some(&interface.kind)).map_err(|error| {
            let error = error.within(&format!("interface[{}]", index + 1));
            error.within(within)
        })?;
    }
    Ok(())
}

/// What only an interface by itself has.
fn check_own(interface: &HostInterfaceConfig) -> Result<(), XmlError> {
    if let Some(start) = &interface.start
        && let Some(StartMode::Unknown(mode)) = &start.mode
        && !mode.is_empty()
    {
        let names = &mut StartMode::KNOWN.iter().map(StartMode::as_str);
        let expected = one_of("a start mode", names);
        return Err(unknown("start/@mode", &start.rest, mode, expected));
    }
    if let Some(mtu) = &interface.mtu
        && mtu.size.is_some_and(|size| size > 100_000)
    {
        return Err(wrong("mtu/@size", &mtu.rest, "the MTU is above 100000"));
    }
    for (index, protocol) in interface.protocols.iter().enumerate() {
        check_protocol(protocol).map_err(|error| error.within(&format!("protocol[{}]", index + 1)))?;
    }
    Ok(())
}

fn check_protocol(protocol: &HostProtocol) -> Result<(), XmlError> {
    match &protocol.family {
        None => Err(missing("@family", &protocol.rest, "the family of the addresses")),
        Some(AddressFamily::Unknown(family)) => {
            Err(unknown("@family", &protocol.rest, family, "'ipv4' or 'ipv6'"))
        }
        Some(_) => Ok(()),
    }
}

fn check_bond(bond: &Bond) -> Result<(), XmlError> {
    if let Some(BondMode::Unknown(mode)) = &bond.mode
        && !mode.is_empty()
    {
        let names = &mut BondMode::KNOWN.iter().map(BondMode::as_str);
        return Err(unknown(
            "@mode",
            &bond.rest,
            mode,
            one_of("a mode of bonds", names),
        ));
    }
    match (&bond.miimon, &bond.arpmon) {
        (Some(monitor), _) => check_mii(monitor).map_err(|error| error.within("miimon")),
        (None, Some(monitor)) => check_arp(monitor).map_err(|error| error.within("arpmon")),
        (None, None) => Ok(()),
    }
}

fn check_mii(monitor: &MiiMonitor) -> Result<(), XmlError> {
    if monitor.freq.is_none() {
        return Err(missing("@freq", &monitor.rest, "the time between looks"));
    }
    match &monitor.carrier {
        Some(MiiCarrier::Unknown(word)) if !word.is_empty() => {
            Err(unknown("@carrier", &monitor.rest, word, "'ioctl' or 'netif'"))
        }
        _ => Ok(()),
    }
}

fn check_arp(monitor: &ArpMonitor) -> Result<(), XmlError> {
    if monitor.interval.is_none() {
        return Err(missing("@interval", &monitor.rest, "the time between questions"));
    }
    if said(monitor.target.as_ref()).is_none() {
        return Err(missing("@target", &monitor.rest, "the address that is asked"));
    }
    match &monitor.validate {
        None | Some(ArpValidate::Active | ArpValidate::Backup | ArpValidate::All) => Ok(()),
        Some(word) if word.as_str().is_empty() => Ok(()),
        Some(word) => {
            let expected = "'active', 'backup' or 'all'; leave it out for none";
            Err(unknown("@validate", &monitor.rest, word.as_str(), expected))
        }
    }
}
