//! What libvirt's parser checks of a network, whatever the driver.

use super::bridge::MacTableManager;
use super::config::NetworkConfig;
use super::dns::Dns;
use super::forward::{Forward, ForwardMode};
use super::ip::NetworkIp;
use super::port_group::PortGroup;
use super::validate_ip::check_route;
use crate::model::domain::devices::InterfaceRoute;
use crate::model::port_rules::{Floor, PortParts, check_bandwidth, check_virtualport, check_vlan};
use crate::model::problem::{each, missing, missing_attribute, only, unknown, wrong};
use crate::model::value::{ip_text, network_of};
use crate::sorted::SortedSet;
use crate::xml::XmlError;
use crate::xml::derived::check_values;

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
                check_virtualport(port, PortParts::Type)
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
        check_values(self)
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
        let (mut names, mut default) = (SortedSet::new(), None);
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

impl PortGroup {
    pub(super) fn check(&self) -> Result<(), XmlError> {
        if self.name.as_deref().unwrap_or_default().is_empty() {
            return Err(missing_attribute(&self.rest, "name").within("@name"));
        }
        only("vlan", self.vlan.as_ref(), check_vlan)?;
        only("virtualport", self.virtualport.as_ref(), |port| {
            check_virtualport(port, PortParts::Some)
        })?;
        only("bandwidth", self.bandwidth.as_ref(), |bandwidth| {
            check_bandwidth(bandwidth, Floor::Refused)
        })
    }
}
