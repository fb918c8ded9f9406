//! The networks that a card can be connected to.

use std::collections::BTreeSet;

use crate::vim::{
    AnyVirtualDeviceBackingInfo, DistributedVirtualSwitchPortConnection,
    VirtualEthernetCardDistributedVirtualPortBackingInfo, VirtualEthernetCardNetworkBackingInfo,
    VirtualEthernetCardOpaqueNetworkBackingInfo,
};

/// The networks of a datacenter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Networks {
    /// Port groups of the hosts' own switches, by name.
    pub(crate) standard: BTreeSet<String>,
    /// Those of distributed switches.
    pub(crate) distributed: Vec<PortGroup>,
    /// Those that somebody else manages.
    pub(crate) opaque: Vec<OpaqueNetwork>,
}

/// A port group of a distributed switch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PortGroup {
    pub(crate) name: String,
    pub(crate) key: String,
    /// The switch's uuid, as the server spells it.
    pub(crate) switch: String,
}

/// A network that is not the server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpaqueNetwork {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) kind: String,
}

impl Networks {
    /// How a card is connected to the network of that name; none where there is none.
    pub(super) fn named(&self, name: &str) -> Option<AnyVirtualDeviceBackingInfo> {
        if self.standard.contains(name) {
            return Some(by_name(name));
        }
        if let Some(group) = self.distributed.iter().find(|group| group.name == name) {
            return Some(port_of(&group.switch, Some(group.key.clone())));
        }
        let opaque = self.opaque.iter().find(|network| network.name == name)?;
        let backing = VirtualEthernetCardOpaqueNetworkBackingInfo {
            opaque_network_id: opaque.id.clone(),
            opaque_network_type: opaque.kind.clone(),
            ..VirtualEthernetCardOpaqueNetworkBackingInfo::default()
        };
        Some(backing.into())
    }

    /// The uuid of a switch as the server spells it.
    pub(super) fn switch(&self, uuid: &str) -> Option<&str> {
        let plain = digits(uuid);
        let mut switches = self.distributed.iter().map(|group| group.switch.as_str());
        switches.find(|switch| digits(switch) == plain)
    }

    /// What there is, for whoever asks for another one.
    pub(super) fn listed(&self) -> String {
        let standard = self.standard.iter().map(String::as_str);
        let distributed = self.distributed.iter().map(|group| group.name.as_str());
        let opaque = self.opaque.iter().map(|network| network.name.as_str());
        let names: Vec<&str> = standard.chain(distributed).chain(opaque).take(8).collect();
        names.join(", ")
    }
}

/// Without the spaces and dashes that spellings differ in.
pub(super) fn digits(uuid: &str) -> String {
    let digits = uuid.chars().filter(char::is_ascii_hexdigit);
    digits.map(|digit| digit.to_ascii_lowercase()).collect()
}

fn by_name(name: &str) -> AnyVirtualDeviceBackingInfo {
    let mut backing = VirtualEthernetCardNetworkBackingInfo::default();
    name.clone_into(&mut backing.device_name);
    backing.into()
}

/// A port of a distributed switch.
pub(super) fn port_of(switch: &str, group: Option<String>) -> AnyVirtualDeviceBackingInfo {
    let backing = VirtualEthernetCardDistributedVirtualPortBackingInfo {
        port: DistributedVirtualSwitchPortConnection {
            switch_uuid: switch.to_owned(),
            portgroup_key: group,
            ..DistributedVirtualSwitchPortConnection::default()
        },
        ..VirtualEthernetCardDistributedVirtualPortBackingInfo::default()
    };
    backing.into()
}
