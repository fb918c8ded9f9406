//! A network as libvirt gives it back.

use super::bridge::Bridge;
use super::config::NetworkConfig;
use super::dhcp::{DhcpLease, LeaseUnit};
use super::forward::{Forward, ForwardInterface, ForwardMode, Nat};
use super::ip::NetworkIp;
use super::port_group::PortGroup;
use crate::model::domain::devices::{AddressType, InterfaceRoute};
use crate::model::port_rules::{normalize_bandwidth, normalize_virtualport, normalize_vlan};
use crate::model::value::{AddressNumber, OnOff, YesNo, ip_text, parse_ip};
use crate::xml::keep_spelling;

impl NetworkConfig {
    /// The document as libvirt gives it back when it was defined: defaults filled in, what means nothing left out, in
    /// libvirt's order and spelling. What this version does not understand is kept.
    ///
    /// Nothing is made up: a UUID, a name of the bridge or an Ethernet address that is not there is not there then.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut network = self.canonical();
        network.connections = None;
        network.ipv6 = network.ipv6.filter(|ipv6| ipv6.is_set());
        drop_empty(&mut network.title);
        drop_empty(&mut network.description);
        network.normalize_forward();
        network.normalize_bridge();
        network.mtu = network.mtu.take().filter(|mtu| mtu.size.unwrap_or_default() > 0);
        network.mac = network.mac.take().filter(|mac| mac.address.is_some());
        network.domain = network.domain.take().filter(|domain| domain.name.is_some());
        network.dns = network
            .dns
            .take()
            .filter(|dns| dns.enable.is_some() || dns.forward_plain_names.is_some() || dns.has_records());
        let services = network.dns.iter_mut().flat_map(|dns| &mut dns.services);
        for service in services {
            service.priority = service.priority.filter(|priority| *priority > 0);
            service.weight = service.weight.filter(|weight| *weight > 0);
        }
        network.vlan.iter_mut().for_each(normalize_vlan);
        if let Some(bandwidth) = &mut network.bandwidth {
            bandwidth.class_id = None;
        }
        normalize_bandwidth(&mut network.bandwidth);
        network.port = network.port.take().filter(|port| port.isolated.is_some());
        network.ips.iter_mut().for_each(NetworkIp::normalize);
        for (ip, read) in network.ips.iter_mut().zip(&self.ips) {
            keep_macs(ip, read);
        }
        network.routes.iter_mut().for_each(normalize_route);
        normalize_virtualport(&mut network.virtualport);
        network.portgroups.iter_mut().for_each(PortGroup::normalize);
        network.dnsmasq_options = network
            .dnsmasq_options
            .take()
            .filter(|options| !options.options.is_empty());
        network
    }

    fn normalize_forward(&mut self) {
        if let Some(forward) = &mut self.forward {
            forward.normalize();
        }
    }

    fn normalize_bridge(&mut self) {
        let is_made = self.forward_mode().is_none_or(|mode| mode.is_routed());
        if is_made {
            let bridge = self.bridge.get_or_insert_default();
            bridge.stp.get_or_insert(OnOff::On);
            bridge.delay.get_or_insert(0);
        } else if let Some(bridge) = &mut self.bridge {
            (bridge.stp, bridge.delay) = (None, None);
        }
        let says_something = |bridge: &Bridge| bridge.name.is_some() || bridge.mac_table_manager.is_some();
        self.bridge = self
            .bridge
            .take()
            .filter(|bridge| is_made || says_something(bridge));
    }
}

impl Forward {
    fn normalize(&mut self) {
        let mode = self.mode.get_or_insert(ForwardMode::Nat).clone();
        self.managed = match mode {
            ForwardMode::Hostdev => Some(self.managed.unwrap_or(YesNo::No)),
            _ => None,
        };
        self.driver = self
            .driver
            .take()
            .filter(|driver| driver.name.is_some() || driver.model.is_some());
        self.nat = self.nat.take().filter(|_| mode == ForwardMode::Nat);
        if let Some(nat) = &mut self.nat {
            nat.port = nat
                .port
                .take()
                .filter(|port| port.start.or(port.end).unwrap_or_default() > 0);
        }
        self.nat = self.nat.take().filter(Nat::says_something);
        if self.interfaces.is_empty() {
            self.interfaces = self.dev.take().map(ForwardInterface::new).into_iter().collect();
        }
        self.dev = self.interfaces.first().and_then(|first| first.dev.clone());
        if !self.interfaces.is_empty() {
            self.addresses.clear();
        }
        if !self.interfaces.is_empty() || !self.addresses.is_empty() {
            self.pf = None;
        }
        for interface in &mut self.interfaces {
            interface.connections = None;
        }
        for address in &mut self.addresses {
            address.connections = None;
            address.multifunction = None;
            address.kind.get_or_insert(AddressType::Pci);
            address.domain.get_or_insert_default();
            address.function.get_or_insert_default();
            let hexadecimal = |number: Option<AddressNumber>| {
                Some(AddressNumber::hexadecimal(number.unwrap_or_default().value()))
            };
            address.bus = hexadecimal(address.bus);
            address.slot = hexadecimal(address.slot);
        }
    }
}

impl Nat {
    fn says_something(&self) -> bool {
        self.ipv6.is_some() || self.address.is_some() || self.port.is_some()
    }
}

impl NetworkIp {
    fn normalize(&mut self) {
        self.prefix = self.prefix.filter(|prefix| *prefix > 0);
        self.tftp = self
            .tftp
            .take()
            .filter(|tftp| tftp.root.as_ref().is_some_and(|root| !root.is_empty()));
        if !self.has_dhcp() {
            self.dhcp = None;
        }
        let ipv6 = self.is_ipv6();
        let Some(dhcp) = &mut self.dhcp else { return };
        dhcp.bootp = dhcp.bootp.take().filter(|_| !ipv6);
        let of_ranges = dhcp.ranges.iter_mut().map(|range| &mut range.lease);
        let of_hosts = dhcp.hosts.iter_mut().map(|host| &mut host.lease);
        of_ranges.chain(of_hosts).for_each(normalize_lease);
    }
}

/// libvirt keeps the Ethernet addresses of static hosts as they were written.
fn keep_macs(ip: &mut NetworkIp, read: &NetworkIp) {
    let hosts = ip.dhcp.iter_mut().flat_map(|dhcp| &mut dhcp.hosts);
    let read = read.dhcp.iter().flat_map(|dhcp| &dhcp.hosts);
    for (host, read) in hosts.zip(read) {
        keep_spelling(host, &read.rest, "mac");
    }
}

fn normalize_lease(lease: &mut Option<DhcpLease>) {
    *lease = lease.take().filter(|lease| lease.expiry.is_some());
    if let Some(lease) = lease {
        lease.unit = match lease.expiry {
            Some(0) => None,
            _ => Some(lease.unit.take().unwrap_or(LeaseUnit::Minutes)),
        };
    }
}

fn normalize_route(route: &mut InterfaceRoute) {
    for text in [&mut route.address, &mut route.netmask, &mut route.gateway]
        .into_iter()
        .flatten()
    {
        if let Some(address) = parse_ip(text) {
            *text = ip_text(address);
        }
    }
}

impl PortGroup {
    fn normalize(&mut self) {
        self.default = self.default.filter(|default| default.is_set());
        self.vlan.iter_mut().for_each(normalize_vlan);
        normalize_virtualport(&mut self.virtualport);
        if let Some(bandwidth) = &mut self.bandwidth {
            bandwidth.class_id = None;
        }
        normalize_bandwidth(&mut self.bandwidth);
    }
}

fn drop_empty(text: &mut Option<String>) {
    *text = text.take().filter(|text| !text.is_empty());
}
