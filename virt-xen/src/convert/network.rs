//! What files and libxl have in common about interfaces.

use std::collections::BTreeMap;

use virt_core::Result;
use virt_core::model::domain::devices::{Interface, InterfaceType};
use virt_core::model::value::YesNo;

use super::problem::{invalid, unsupported};

/// The script of Xen for interfaces on a bridge.
pub(super) const BRIDGE_SCRIPT: &str = "vif-bridge";
const SWITCH_SCRIPT: &str = "vif-openvswitch";

/// What an interface is on.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// The bridge, and its VLANs if it is one of Open vSwitch.
    pub(super) bridge: Option<String>,
    pub(super) script: Option<String>,
    pub(super) ips: Vec<String>,
}

/// What an interface is on; `bridges` says those of networks.
pub(super) fn connection(
    place: &str,
    interface: &Interface,
    bridges: &BTreeMap<String, String>,
) -> Result<Connection> {
    let mut connection = Connection::default();
    let script = interface.script.as_ref().and_then(|script| script.path.clone());
    connection.ips = interface.ips.iter().filter_map(|ip| ip.address.clone()).collect();
    let port = interface
        .virtualport
        .as_ref()
        .and_then(|port| port.kind.as_deref());
    let is_switch = port == Some("openvswitch");
    if interface.virtualport.is_some()
        && !(is_switch && matches!(interface.kind, Some(InterfaceType::Bridge)))
    {
        let text = "Xen has ports of type openvswitch, of interfaces of type bridge";
        return Err(unsupported(format!("{place}/virtualport"), text));
    }
    match &interface.kind {
        Some(InterfaceType::Bridge) => {
            let source = interface
                .source
                .as_ref()
                .and_then(|source| source.bridge.as_deref());
            let missing = || invalid(format!("{place}/source/@bridge"), "say the bridge");
            let bridge = source.ok_or_else(missing)?;
            connection.bridge = Some(format!("{bridge}{}", vlans(place, interface, is_switch)?));
            connection.script = match script {
                None if is_switch => Some(SWITCH_SCRIPT.to_owned()),
                script => script,
            };
        }
        Some(InterfaceType::Ethernet) => {
            let place = format!("{place}/vlan");
            if interface.vlan.is_some() {
                return Err(unsupported(
                    place,
                    "only interfaces on a bridge of Open vSwitch have VLANs",
                ));
            }
            connection.script = script;
        }
        Some(InterfaceType::Network) => {
            if script.is_some() {
                let text = "only interfaces of type bridge and ethernet have a script";
                return Err(unsupported(format!("{place}/script"), text));
            }
            if interface.vlan.is_some() {
                let text = "only interfaces of type bridge have VLANs here";
                return Err(unsupported(format!("{place}/vlan"), text));
            }
            let name = interface
                .source
                .as_ref()
                .and_then(|source| source.network.as_deref());
            let name = name.unwrap_or_default();
            let bridge = bridges.get(name);
            let unknown = || {
                let text = format!("the bridge of network {name:?} is not known: say it to the conversion");
                invalid(format!("{place}/source/@network"), text)
            };
            connection.bridge = Some(bridge.ok_or_else(unknown)?.clone());
        }
        kind => {
            let kind = kind.as_ref().map_or_else(String::new, ToString::to_string);
            let text = format!("Xen has interfaces of type bridge, ethernet and network, not {kind:?}");
            return Err(unsupported(format!("{place}/@type"), text));
        }
    }
    Ok(connection)
}

/// What the host's end of an interface is called, if that is said: `vif5.0` Xen makes up, for one run.
pub(super) fn host_name(interface: &Interface) -> Option<&str> {
    let name = interface.target.as_ref().and_then(|target| target.dev.as_deref());
    name.filter(|name| !is_made_up(name))
}

fn is_made_up(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let numbers = name.strip_prefix("vif").and_then(|rest| rest.split_once('.'));
    numbers.is_some_and(|(domain, device)| is_number(domain) && is_number(device.trim_end_matches("-emu")))
}

fn vlans(place: &str, interface: &Interface, is_switch: bool) -> Result<String> {
    let Some(vlan) = &interface.vlan else {
        return Ok(String::new());
    };
    let place = format!("{place}/vlan");
    if !is_switch {
        return Err(unsupported(
            place,
            "only <virtualport type='openvswitch'> has VLANs",
        ));
    }
    let ids: Vec<String> = vlan
        .tags
        .iter()
        .filter_map(|tag| tag.id)
        .map(|id| id.to_string())
        .collect();
    // More than one is a trunk, whether it says so or not.
    if vlan.trunk == Some(YesNo::Yes) || ids.len() > 1 {
        return Ok(ids.iter().map(|id| format!(":{id}")).collect());
    }
    Ok(ids.iter().map(|id| format!(".{id}")).collect())
}
