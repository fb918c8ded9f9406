//! What a document asks of a standard switch: all it says, or a refusal by its name.

use virt_core::model::NetworkConfig;
use virt_core::model::domain::devices::{InterfaceMtu, Vlan};
use virt_core::model::network::{Bridge, Forward, ForwardMode, PortGroup};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::document::ALL_TAGS;
use super::shaping::shaping_of;
use crate::vim::HostNetworkTrafficShapingPolicy;

/// A standard switch as it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WantedSwitch {
    pub(super) name: String,
    /// The host's cards by which it is connected to the outside.
    pub(super) cards: Vec<String>,
    /// `None` where nothing is said.
    pub(super) mtu: Option<i32>,
    /// `None` where nothing is limited.
    pub(super) shaping: Option<HostNetworkTrafficShapingPolicy>,
    pub(super) groups: Vec<WantedGroup>,
}

/// A port group as it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WantedGroup {
    pub(super) name: String,
    /// 0 for none, 4095 for all.
    pub(super) vlan: i32,
    pub(super) shaping: Option<HostNetworkTrafficShapingPolicy>,
}

impl WantedSwitch {
    /// From a document that is valid and normal.
    pub(super) fn of(config: &NetworkConfig) -> Result<Self> {
        refuse_what_switches_have_not(config)?;
        let groups: Result<Vec<WantedGroup>> = config.portgroups.iter().map(group).collect();
        Ok(Self {
            name: config.name.clone(),
            cards: cards(config.forward.as_ref())?,
            mtu: config.mtu.as_ref().and_then(mtu),
            shaping: shaping_of(config.bandwidth.as_ref(), "/network")?,
            groups: groups?,
        })
    }
}

fn refuse_what_switches_have_not(config: &NetworkConfig) -> Result<()> {
    let said = [
        ("ipv6", config.ipv6.is_some()),
        ("trustGuestRxFilters", config.trust_guest_rx_filters.is_some()),
        ("title", config.title.is_some()),
        ("description", config.description.is_some()),
        ("metadata", config.metadata.is_some()),
        ("bridge", config.bridge.as_ref().is_some_and(says_something)),
        ("mac", config.mac.is_some()),
        ("domain", config.domain.is_some()),
        ("dns", config.dns.is_some()),
        ("vlan", config.vlan.is_some()),
        ("port", config.port.is_some()),
        ("ip", !config.ips.is_empty()),
        ("route", !config.routes.is_empty()),
        ("virtualport", config.virtualport.is_some()),
        ("dnsmasq:options", config.dnsmasq_options.is_some()),
    ];
    match said.into_iter().find(|(_, is_said)| *is_said) {
        None => Ok(()),
        Some(("vlan", _)) => Err(unsupported(
            "/network/vlan",
            "a switch of ESX has no VLAN: its port groups have",
        )),
        Some((name, _)) => Err(unsupported(
            &format!("/network/{name}"),
            &format!("a switch of ESX has no {name}: leave it out"),
        )),
    }
}

/// Whether anything is said of a bridge beyond what documents say of every isolated network.
fn says_something(bridge: &Bridge) -> bool {
    let is_off = bridge.stp.is_some_and(|stp| !stp.is_set());
    let waits = bridge.delay.is_some_and(|delay| delay > 0);
    is_off || waits || bridge.name.is_some() || bridge.zone.is_some() || bridge.mac_table_manager.is_some()
}

fn cards(forward: Option<&Forward>) -> Result<Vec<String>> {
    let Some(forward) = forward else {
        return Ok(Vec::new());
    };
    let mode = forward.mode.clone().unwrap_or(ForwardMode::Nat);
    if mode != ForwardMode::Bridge {
        let message = format!(
            "a switch of ESX is connected to the outside by bridging (mode bridge), or is isolated: it cannot do {mode}"
        );
        return Err(unsupported("/network/forward/@mode", &message));
    }
    for (name, is_said) in [
        ("pf", forward.pf.is_some()),
        ("address", !forward.addresses.is_empty()),
        ("nat", forward.nat.is_some()),
        ("driver", forward.driver.is_some()),
        ("@managed", forward.managed.is_some()),
    ] {
        if is_said {
            let message = format!("a switch of ESX has cards by their names (interface), and no {name}");
            return Err(unsupported(&format!("/network/forward/{name}"), &message));
        }
    }
    let mut cards: Vec<String> = Vec::new();
    let interfaces = forward
        .interfaces
        .iter()
        .filter_map(|interface| interface.dev.clone());
    for card in forward.dev.iter().cloned().chain(interfaces) {
        if !cards.contains(&card) {
            cards.push(card);
        }
    }
    if cards.is_empty() {
        let message = "the network is to be bridged, and no card of the host is named: say <interface dev='vmnic…'/>, or no \
                       <forward> for an isolated one";
        return Err(Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/network/forward/interface".to_owned())));
    }
    Ok(cards)
}

fn mtu(mtu: &InterfaceMtu) -> Option<i32> {
    let size = mtu.size.and_then(|size| i32::try_from(size).ok());
    size.filter(|size| *size > 0)
}

fn group(group: &PortGroup) -> Result<WantedGroup> {
    let name = group.name.clone().unwrap_or_default();
    let element = format!("/network/portgroup[@name={name:?}]");
    for (what, is_said) in [
        ("@default", group.is_default()),
        ("@trustGuestRxFilters", group.trust_guest_rx_filters.is_some()),
        ("virtualport", group.virtualport.is_some()),
    ] {
        if is_said {
            let message = format!("a port group of ESX has no {what}: leave it out");
            return Err(unsupported(&format!("{element}/{what}"), &message));
        }
    }
    Ok(WantedGroup {
        vlan: vlan(group.vlan.as_ref(), &element)?,
        shaping: shaping_of(group.bandwidth.as_ref(), &element)?,
        name,
    })
}

fn vlan(vlan: Option<&Vlan>, element: &str) -> Result<i32> {
    let Some(vlan) = vlan else { return Ok(0) };
    let element = format!("{element}/vlan");
    let [tag] = vlan.tags.as_slice() else {
        let message = "a port group of a standard switch has one VLAN, or all of them (4095)";
        return Err(unsupported(&element, message));
    };
    if tag.native_mode.is_some() {
        return Err(unsupported(&element, "a port group of ESX has no native VLAN"));
    }
    let id = tag.id.and_then(|id| i32::try_from(id).ok());
    let id = id.filter(|id| (0..=ALL_TAGS).contains(id)).ok_or_else(|| {
        Error::new(ErrorKind::InvalidConfig, "a VLAN is 1 to 4094, or 4095 for all")
            .with_subject(Subject::Element(element.clone()))
    })?;
    if vlan.trunk.is_some_and(virt_core::model::value::YesNo::is_set) && id != ALL_TAGS {
        let message = "a port group of a standard switch passes on all tags (4095) or none";
        return Err(unsupported(&element, message));
    }
    Ok(id)
}

fn unsupported(element: &str, message: &str) -> Error {
    Error::unsupported(message.to_owned()).with_subject(Subject::Element(element.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(inner: &str) -> Result<WantedSwitch> {
        let xml = format!("<network><name>inside</name>{inner}</network>");
        let config = NetworkConfig::from_xml(&xml).unwrap();
        config.validate()?;
        WantedSwitch::of(&config.normalized())
    }

    #[test]
    fn all_that_a_switch_can_have_is_taken() {
        let bridged = wanted(
            "<forward mode='bridge'><interface dev='vmnic1'/><interface dev='vmnic2'/></forward>
             <portgroup name='a'><vlan><tag id='12'/></vlan></portgroup>
             <portgroup name='b'><vlan trunk='yes'><tag id='4095'/></vlan></portgroup><portgroup name='c'/>",
        )
        .unwrap();
        assert_eq!(bridged.cards, ["vmnic1", "vmnic2"]);
        let groups: Vec<(&str, i32)> = bridged
            .groups
            .iter()
            .map(|group| (group.name.as_str(), group.vlan))
            .collect();
        assert_eq!(groups, [("a", 12), ("b", 4095), ("c", 0)]);
        let isolated = wanted("<mtu size='9000'/>").unwrap();
        assert_eq!((isolated.cards.len(), isolated.mtu), (0, Some(9000)));
    }

    #[test]
    fn what_a_switch_cannot_have_is_refused_by_name() {
        for (inner, named) in [
            ("<ip address='10.0.0.1' prefix='8'/>", "/network/ip"),
            (
                "<forward mode='private'><interface dev='vmnic1'/></forward>",
                "@mode",
            ),
            ("<vlan><tag id='3'/></vlan>", "/network/vlan"),
            ("<portgroup name='a' default='yes'/>", "@default"),
            (
                "<portgroup name='a'><vlan trunk='yes'><tag id='1'/><tag id='2'/></vlan></portgroup>",
                "vlan",
            ),
            ("<title>t</title>", "/network/title"),
            ("<bridge name='virbr7'/>", "/network/bridge"),
            ("<bridge stp='off'/>", "/network/bridge"),
        ] {
            let error = wanted(inner).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{inner}: {error}");
            let subject = error.subject().map(ToString::to_string).unwrap_or_default();
            assert!(subject.contains(named), "{inner}: {subject}");
        }
        let error = wanted("<forward mode='bridge'/>").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    }
}
