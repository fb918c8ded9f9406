//! A network written down in Rust.

use std::net::{IpAddr, Ipv4Addr};

use uuid::Uuid;

use super::bridge::DnsDomain;
use super::config::NetworkConfig;
use super::dhcp::{DhcpHost, DhcpRange};
use super::dns::{DnsForwarder, DnsHost, DnsService, DnsText};
use super::forward::{Forward, ForwardInterface, ForwardMode, Nat, NatAddresses, NatPorts};
use super::ip::NetworkIp;
use super::options::DnsmasqOption;
use super::port_group::PortGroup;
use crate::model::domain::devices::{InterfaceMtu, PortIsolation};
use crate::model::value::YesNo;
use crate::xml::XmlError;

/// Builds a [`NetworkConfig`] step by step; [`build`](Self::build) checks it.
///
/// What is not said is filled in when the network is defined: a UUID, the name of the bridge, its Ethernet address.
#[derive(Debug, Clone)]
#[must_use]
pub struct NetworkBuilder {
    config: NetworkConfig,
}

impl NetworkBuilder {
    pub(super) fn new(name: String) -> Self {
        let config = NetworkConfig {
            name,
            ..NetworkConfig::default()
        };
        Self { config }
    }

    /// The UUID; chosen at define unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.config.uuid = Some(uuid);
        self
    }

    /// A short text for people, on one line.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.config.title = Some(title.into());
        self
    }

    /// A long text for people.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.config.description = Some(description.into());
        self
    }

    /// Guests reach each other and the host only; so it is unless said.
    pub fn isolated(mut self) -> Self {
        self.config.forward = None;
        self
    }

    /// Guests reach the outside with the address of the host.
    pub fn nat(self) -> Self {
        self.mode(ForwardMode::Nat)
    }

    /// The addresses guests appear with outside, instead of that of the host.
    pub fn nat_addresses(mut self, start: Ipv4Addr, end: Ipv4Addr) -> Self {
        self.nat_element().address = Some(NatAddresses {
            start: Some(start),
            end: Some(end),
            ..NatAddresses::default()
        });
        self
    }

    /// The ports guests appear with outside; 1024 to 65535 unless said.
    pub fn nat_ports(mut self, start: u16, end: u16) -> Self {
        self.nat_element().port = Some(NatPorts {
            start: Some(start),
            end: Some(end),
            ..NatPorts::default()
        });
        self
    }

    /// Guests reach the outside with their own addresses, which the routers outside must know.
    pub fn routed(self) -> Self {
        self.mode(ForwardMode::Route)
    }

    /// As [`routed`](Self::routed), without any rules in the firewall of the host.
    pub fn open(self) -> Self {
        self.mode(ForwardMode::Open)
    }

    /// Guests are on a bridge of the host, which is there already.
    pub fn bridge(self, name: impl Into<String>) -> Self {
        self.mode(ForwardMode::Bridge).bridge_name(name)
    }

    /// Guests are on the network of the host through macvtap, in that mode.
    pub fn direct(self, mode: ForwardMode, devices: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut builder = self.mode(mode);
        let devices = devices.into_iter().map(ForwardInterface::new);
        builder.forward().interfaces.extend(devices);
        builder
    }

    /// The device of the host packets leave by; any unless said.
    pub fn forward_dev(mut self, dev: impl Into<String>) -> Self {
        self.forward().dev = Some(dev.into());
        self
    }

    /// How the network is connected to the outside.
    pub fn mode(mut self, mode: ForwardMode) -> Self {
        self.forward().mode = Some(mode);
        self
    }

    /// The name of the bridge; chosen at define unless said.
    pub fn bridge_name(mut self, name: impl Into<String>) -> Self {
        self.config.bridge.get_or_insert_default().name = Some(name.into());
        self
    }

    /// The longest packet in bytes; 1500 unless said.
    pub fn mtu(mut self, bytes: u32) -> Self {
        self.config.mtu = Some(InterfaceMtu {
            size: Some(bytes),
            ..InterfaceMtu::default()
        });
        self
    }

    /// The DNS domain of the guests.
    pub fn domain(mut self, name: impl Into<String>) -> Self {
        self.config.domain = Some(DnsDomain {
            name: Some(name.into()),
            ..DnsDomain::default()
        });
        self
    }

    /// An address of the host on the network, with the bits of the network. What is said of DHCP after it is about
    /// this address.
    pub fn ip(mut self, address: impl Into<IpAddr>, prefix: u8) -> Self {
        self.config.ips.push(NetworkIp::new(address.into(), prefix));
        self
    }

    /// Addresses for any guest, of the network of the address said last.
    pub fn dhcp_range(mut self, start: impl Into<IpAddr>, end: impl Into<IpAddr>) -> Self {
        let range = DhcpRange::new(start, end);
        self.last_ip().dhcp.get_or_insert_default().ranges.push(range);
        self
    }

    /// The address of a certain guest, of the network of the address said last.
    pub fn dhcp_host(mut self, host: DhcpHost) -> Self {
        self.last_ip().dhcp.get_or_insert_default().hosts.push(host);
        self
    }

    /// Names of an address.
    pub fn dns_host(mut self, host: DnsHost) -> Self {
        self.config.dns.get_or_insert_default().hosts.push(host);
        self
    }

    /// A text in the DNS.
    pub fn dns_text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let text = DnsText::new(name, value);
        self.config.dns.get_or_insert_default().texts.push(text);
        self
    }

    /// Where a service is found.
    pub fn dns_service(mut self, service: DnsService) -> Self {
        self.config.dns.get_or_insert_default().services.push(service);
        self
    }

    /// A server that is asked for what the network does not know itself.
    pub fn dns_forwarder(mut self, address: impl Into<IpAddr>) -> Self {
        self.config
            .dns
            .get_or_insert_default()
            .forwarders
            .push(DnsForwarder {
                address: Some(address.into()),
                ..DnsForwarder::default()
            });
        self
    }

    /// There is no DNS server.
    pub fn without_dns(mut self) -> Self {
        self.config.dns.get_or_insert_default().enable = Some(YesNo::No);
        self
    }

    /// Guests do not reach each other.
    pub fn isolated_ports(mut self) -> Self {
        self.config.port = Some(PortIsolation {
            isolated: Some(YesNo::Yes),
            ..PortIsolation::default()
        });
        self
    }

    /// A group of guests that are treated alike.
    pub fn port_group(mut self, group: PortGroup) -> Self {
        self.config.portgroups.push(group);
        self
    }

    /// A line handed to dnsmasq as it is.
    pub fn dnsmasq_option(mut self, line: impl Into<String>) -> Self {
        let options = self.config.dnsmasq_options.get_or_insert_default();
        options.options.push(DnsmasqOption::new(line));
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut NetworkConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The configuration, checked by [`NetworkConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<NetworkConfig, XmlError> {
        self.config.validate()?;
        Ok(self.config)
    }

    fn forward(&mut self) -> &mut Forward {
        self.config.forward.get_or_insert_default()
    }

    fn nat_element(&mut self) -> &mut Nat {
        self.forward().nat.get_or_insert_default()
    }

    /// The address said last; an empty one, which is refused by the checks, when there is none.
    fn last_ip(&mut self) -> &mut NetworkIp {
        if self.config.ips.is_empty() {
            self.config.ips.push(NetworkIp::default());
        }
        let last = self.config.ips.len().saturating_sub(1);
        #[expect(clippy::indexing_slicing, reason = "there is one by now")]
        &mut self.config.ips[last]
    }
}
