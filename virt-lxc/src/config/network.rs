//! `lxc.net.N.*` as interfaces.

use std::collections::BTreeMap;

use super::document::ContainerConfig;
use super::lists::interface_key;

/// One interface: `lxc.net.INDEX.*`. A field is what its key says, as written; `None` where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkView {
    /// Its number.
    pub index: u32,
    /// `type`: `none`, `empty`, `veth`, `vlan`, `macvlan`, `ipvlan`, `phys`.
    pub kind: Option<String>,
    /// `link`: the bridge or the interface of the host.
    pub link: Option<String>,
    /// `l2proxy`: whether the host answers for its addresses.
    pub l2proxy: Option<String>,
    /// `flags`: `up`, or nothing.
    pub flags: Option<String>,
    /// `hwaddr`: its Ethernet address; an `x` in it stands for a random digit.
    pub hwaddr: Option<String>,
    /// `name`: the name in the container.
    pub name: Option<String>,
    /// `mtu`: the largest packet, in bytes.
    pub mtu: Option<String>,
    /// `veth.pair`: the name of the end on the host.
    pub veth_pair: Option<String>,
    /// `veth.mode`: `bridge`, `router`.
    pub veth_mode: Option<String>,
    /// `macvlan.mode`: `private`, `vepa`, `bridge`, `passthru`.
    pub macvlan_mode: Option<String>,
    /// `ipvlan.mode`: `l3`, `l3s`, `l2`.
    pub ipvlan_mode: Option<String>,
    /// `vlan.id`: the tag.
    pub vlan_id: Option<String>,
    /// `ipv4.address`: `ADDRESS/PREFIX`, with the broadcast address behind it where it is said.
    pub ipv4: Vec<String>,
    /// `ipv4.gateway`: an address, `auto`, `dev`.
    pub ipv4_gateway: Option<String>,
    /// `ipv6.address`: `ADDRESS/PREFIX`.
    pub ipv6: Vec<String>,
    /// `ipv6.gateway`: an address, `auto`, `dev`.
    pub ipv6_gateway: Option<String>,
    /// `script.up`: run on the host when it is there.
    pub script_up: Vec<String>,
    /// `script.down`: run on the host before it goes.
    pub script_down: Vec<String>,
    /// All other keys, as `veth.ipv4.route`, with their values in order.
    pub others: Vec<(String, String)>,
}

impl ContainerConfig {
    /// The interfaces in the order of their numbers; those told by their order, as LXC 1 and 2 did, too.
    #[must_use]
    pub fn networks(&self) -> Vec<NetworkView> {
        if self.is_legacy() {
            return self.modernized().networks();
        }
        let mut found: BTreeMap<u32, NetworkView> = BTreeMap::new();
        for entry in self.effective() {
            if let Some((index, name)) = interface_key(entry.key) {
                let network = found.entry(index).or_default();
                network.index = index;
                network.set(name, entry.value);
            }
        }
        found.into_values().collect()
    }
}

impl NetworkView {
    fn set(&mut self, name: &str, value: &str) {
        let single = match name {
            "type" => &mut self.kind,
            "link" => &mut self.link,
            "l2proxy" => &mut self.l2proxy,
            "flags" => &mut self.flags,
            "hwaddr" => &mut self.hwaddr,
            "name" => &mut self.name,
            "mtu" => &mut self.mtu,
            "veth.pair" => &mut self.veth_pair,
            "veth.mode" => &mut self.veth_mode,
            "macvlan.mode" => &mut self.macvlan_mode,
            "ipvlan.mode" => &mut self.ipvlan_mode,
            "vlan.id" => &mut self.vlan_id,
            "ipv4.gateway" => &mut self.ipv4_gateway,
            "ipv6.gateway" => &mut self.ipv6_gateway,
            _ => {
                let list = match name {
                    "ipv4.address" | "ipv4" => &mut self.ipv4,
                    "ipv6.address" | "ipv6" => &mut self.ipv6,
                    "script.up" => &mut self.script_up,
                    "script.down" => &mut self.script_down,
                    _ => {
                        self.others.push((name.to_owned(), value.to_owned()));
                        return;
                    }
                };
                list.push(value.to_owned());
                return;
            }
        };
        *single = Some(value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_told_by_number_and_by_order() {
        let new = "lxc.net.1.type = phys\nlxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.0.2/8\n\
                   lxc.net.0.ipv4.address = 10.0.0.3/8\nlxc.net.0.veth.vlan.id = 3\nlxc.net.0.mtu = 1400\n";
        let networks = ContainerConfig::parse(new).unwrap().networks();
        let kinds: Vec<_> = networks
            .iter()
            .map(|one| (one.index, one.kind.as_deref()))
            .collect();
        assert_eq!(kinds, [(0, Some("veth")), (1, Some("phys"))]);
        let first = networks.first().unwrap();
        assert_eq!(first.ipv4, ["10.0.0.2/8", "10.0.0.3/8"]);
        assert_eq!(first.mtu.as_deref(), Some("1400"));
        assert_eq!(first.others, [("veth.vlan.id".to_owned(), "3".to_owned())]);

        let old = "lxc.network.type = veth\nlxc.network.link = br0\nlxc.network.type = empty\n";
        let networks = ContainerConfig::parse(old).unwrap().networks();
        assert_eq!(networks.len(), 2);
        assert_eq!(networks.first().unwrap().link.as_deref(), Some("br0"));
    }

    #[test]
    fn interfaces_can_be_taken_back() {
        let text = "lxc.net.0.type = veth\nlxc.net.1.type = veth\nlxc.net.0 =\n";
        let networks = ContainerConfig::parse(text).unwrap().networks();
        assert_eq!(networks.iter().map(|one| one.index).collect::<Vec<_>>(), [1]);
    }
}
