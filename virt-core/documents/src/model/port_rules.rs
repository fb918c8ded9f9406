//! What libvirt's parser checks and fills in of VLANs, limits and virtual ports, wherever they stand.

use super::domain::devices::{Bandwidth, BandwidthLimit, VirtualPort, VirtualPortParameters, Vlan};
use super::problem::{missing, missing_attribute, only, unknown, wrong};
use super::value::YesNo;
use crate::xml::{Rest, XmlError};

/// Whether a limit may promise a share of the network's traffic.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floor {
    /// It may, for what comes in.
    Allowed,
    /// It may not.
    Refused,
}

/// What of a virtual port has to be said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortParts {
    /// Nothing: what is missing comes from somewhere else.
    Some,
    /// The type.
    Type,
    /// The type and all that a port of its type is made of.
    All,
}

pub(crate) fn check_vlan(vlan: &Vlan) -> Result<(), XmlError> {
    if vlan.tags.is_empty() {
        return Err(missing(&vlan.rest, "the element <tag> with the id of the VLAN"));
    }
    let mut native = false;
    for (index, tag) in vlan.tags.iter().enumerate() {
        let within = |error: XmlError| error.within(&format!("tag[{}]", index + 1));
        match tag.id {
            None => return Err(within(missing_attribute(&tag.rest, "id"))),
            Some(id) if id > 4095 => {
                let sentence = format!("the VLAN tag {id} is more than 4095");
                return Err(within(wrong(&tag.rest, sentence).within("@id")));
            }
            Some(_) => {}
        }
        if let Some(mode) = &tag.native_mode {
            if !matches!(mode.as_str(), "tagged" | "untagged") {
                let error = unknown(&tag.rest, mode, "a native mode", &["tagged", "untagged"]);
                return Err(within(error.within("@nativeMode")));
            }
            if native {
                let sentence = "there is a second native VLAN; leave nativeMode at one tag only";
                return Err(within(wrong(&tag.rest, sentence).within("@nativeMode")));
            }
            native = true;
        }
    }
    if vlan.trunk == Some(YesNo::No) && (vlan.tags.len() > 1 || native) {
        let sentence = "more than one tag, or a native one, needs trunk='yes'";
        return Err(wrong(&vlan.rest, sentence).within("@trunk"));
    }
    Ok(())
}

/// Several tags or a native one are a trunk; one that is not a trunk does not say so.
pub(crate) fn normalize_vlan(vlan: &mut Vlan) {
    let native = vlan.tags.iter().any(|tag| tag.native_mode.is_some());
    let trunk = vlan.tags.len() > 1 || native || vlan.trunk == Some(YesNo::Yes);
    vlan.trunk = trunk.then_some(YesNo::Yes);
}

pub(crate) fn check_bandwidth(bandwidth: &Bandwidth, floor: Floor) -> Result<(), XmlError> {
    only("inbound", bandwidth.inbound.as_ref(), |limit| {
        check_limit(limit, floor)
    })?;
    only("outbound", bandwidth.outbound.as_ref(), |limit| {
        check_limit(limit, Floor::Refused)
    })
}

fn check_limit(limit: &BandwidthLimit, floor: Floor) -> Result<(), XmlError> {
    let said = |value: Option<u64>| value.is_some();
    if limit.floor.is_some() && floor == Floor::Refused {
        let sentence = "a floor is promised to interfaces only, and for what comes in";
        return Err(wrong(&limit.rest, sentence).within("@floor"));
    }
    if !said(limit.average) {
        if said(limit.peak) || said(limit.burst) {
            return Err(wrong(&limit.rest, "'peak' and 'burst' need 'average'").within("@average"));
        }
        if !said(limit.floor) {
            return Err(missing_attribute(&limit.rest, "average").within("@average"));
        }
    }
    Ok(())
}

/// Limits that are 0 are none; without any the element is none.
pub(crate) fn normalize_bandwidth(bandwidth: &mut Option<Bandwidth>) {
    let Some(some) = bandwidth else { return };
    for limit in [some.inbound.as_mut(), some.outbound.as_mut()]
        .into_iter()
        .flatten()
    {
        for value in [
            &mut limit.average,
            &mut limit.peak,
            &mut limit.floor,
            &mut limit.burst,
        ] {
            *value = value.filter(|value| *value > 0);
        }
    }
    if some.inbound.is_none() && some.outbound.is_none() {
        *bandwidth = None;
    }
}

pub(crate) fn check_virtualport(port: &VirtualPort, parts: PortParts) -> Result<(), XmlError> {
    let known = ["802.1Qbg", "802.1Qbh", "openvswitch", "midonet"];
    match port.kind.as_deref() {
        None if parts != PortParts::Some => {
            return Err(missing_attribute(&port.rest, "type").within("@type"));
        }
        Some(kind) if !known.contains(&kind) => {
            return Err(unknown(&port.rest, kind, "a type of virtual port", &known).within("@type"));
        }
        _ => {}
    }
    check_parameters(port)?;
    match parts {
        PortParts::All => check_complete(port),
        PortParts::Some | PortParts::Type => Ok(()),
    }
}

/// Whether what there is has its range, and a meaning for the type.
fn check_parameters(port: &VirtualPort) -> Result<(), XmlError> {
    let Some(parameters) = &port.parameters else {
        return Ok(());
    };
    let rest = &parameters.rest;
    let limit = |name: &str, value: Option<u32>, most: u32| match value {
        Some(value) if value > most => Err(too_much(rest, name, value, most)),
        _ => Ok(()),
    };
    limit("managerid", parameters.managerid, 0xff)?;
    limit("typeid", parameters.typeid, 0xff_ffff)?;
    limit("typeidversion", parameters.typeidversion, 0xff)?;
    if parameters
        .profileid
        .as_ref()
        .is_some_and(|profile| profile.len() > 39)
    {
        let sentence = "the profile has more than 39 bytes";
        return Err(wrong(rest, sentence).within("parameters/@profileid"));
    }
    let Some(kind) = port.kind.as_deref() else {
        return Ok(());
    };
    let wrong_one = said(parameters)
        .into_iter()
        .find(|(name, said)| *said && !belongs(kind, name));
    match wrong_one {
        Some((name, _)) => {
            let sentence = format!("'{name}' means nothing to a virtual port of type {kind}: leave it out");
            Err(wrong(rest, sentence).within(&format!("parameters/@{name}")))
        }
        None => Ok(()),
    }
}

/// Whether all is there that nothing can be made up for.
fn check_complete(port: &VirtualPort) -> Result<(), XmlError> {
    let needed: &[&str] = match port.kind.as_deref() {
        Some("802.1Qbg") => &["managerid", "typeid", "typeidversion"],
        Some("802.1Qbh") => &["profileid"],
        Some("midonet") => &["interfaceid"],
        _ => &[],
    };
    let none = VirtualPortParameters::default();
    let parameters = port.parameters.as_ref().unwrap_or(&none);
    let lacks = |(name, said): &(&str, bool)| !*said && needed.contains(name);
    match said(parameters).iter().find(|part| lacks(part)) {
        Some((name, _)) => {
            let rest = port
                .parameters
                .as_ref()
                .map_or(&port.rest, |parameters| &parameters.rest);
            Err(missing_attribute(rest, name).within(&format!("parameters/@{name}")))
        }
        None => Ok(()),
    }
}

fn said(parameters: &VirtualPortParameters) -> [(&'static str, bool); 6] {
    let profile = parameters
        .profileid
        .as_ref()
        .is_some_and(|profile| !profile.is_empty());
    [
        ("managerid", parameters.managerid.is_some()),
        ("typeid", parameters.typeid.is_some()),
        ("typeidversion", parameters.typeidversion.is_some()),
        ("instanceid", parameters.instanceid.is_some()),
        ("interfaceid", parameters.interfaceid.is_some()),
        ("profileid", profile),
    ]
}

fn belongs(kind: &str, name: &str) -> bool {
    match kind {
        "802.1Qbg" => !matches!(name, "interfaceid" | "profileid"),
        "802.1Qbh" => name == "profileid",
        "openvswitch" => matches!(name, "interfaceid" | "profileid"),
        _ => name == "interfaceid",
    }
}

fn too_much(rest: &Rest, name: &str, value: u32, most: u32) -> XmlError {
    wrong(rest, format!("{name} {value} is more than {most}")).within(&format!("parameters/@{name}"))
}

/// A virtual port that says nothing is none.
pub(crate) fn normalize_virtualport(port: &mut Option<VirtualPort>) {
    let Some(some) = port else { return };
    if let Some(parameters) = &mut some.parameters {
        parameters.profileid = parameters.profileid.take().filter(|profile| !profile.is_empty());
        let empty = parameters.managerid.is_none()
            && parameters.typeid.is_none()
            && parameters.typeidversion.is_none()
            && parameters.instanceid.is_none()
            && parameters.interfaceid.is_none()
            && parameters.profileid.is_none();
        if empty {
            some.parameters = None;
        }
    }
    if some.kind.is_none() && some.parameters.is_none() {
        *port = None;
    }
}
