//! The root: what a virtual network is, element by element in libvirt's order.

use uuid::Uuid;

use super::bridge::{Bridge, DnsDomain, NetworkMac};
use super::builder::NetworkBuilder;
use super::dns::Dns;
use super::forward::{Forward, ForwardMode};
use super::ip::NetworkIp;
use super::options::DnsmasqOptions;
use super::port_group::PortGroup;
use crate::model::domain::Metadata;
use crate::model::domain::devices::{
    Bandwidth, InterfaceMtu, InterfaceRoute, PortIsolation, VirtualPort, Vlan,
};
use crate::model::namespace;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<network>`: a virtual network, as `virNetworkDefineXML` takes it and `virNetworkGetXMLDesc` gives it.
///
/// Parsed with [`NetworkConfig::from_xml`], built with [`NetworkConfig::builder`] or by `Default` and assignment.
/// What [`NetworkConfig::validate`] checks is checked by the builder, not by the parser.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "network")]
#[non_exhaustive]
pub struct NetworkConfig {
    /// How many interfaces are connected; shown of a running network only.
    #[xml(attr)]
    pub connections: Option<u32>,
    /// Whether guests reach each other by IPv6 though the network has no IPv6 address (libvirt 1.0.1).
    #[xml(attr)]
    pub ipv6: Option<YesNo>,
    /// Whether guests may change filters of the host; the default of the port groups (libvirt 1.2.10).
    #[xml(attr = "trustGuestRxFilters")]
    pub trust_guest_rx_filters: Option<YesNo>,
    /// The name, unique on a connection, without `/`.
    #[xml(leaf, required)]
    pub name: String,
    /// The UUID, unique on a connection; made when the network is defined without.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// A short text for people, on one line (libvirt 9.7).
    #[xml(leaf)]
    pub title: Option<String>,
    /// A long text for people (libvirt 9.7).
    #[xml(leaf)]
    pub description: Option<String>,
    /// Content of applications, an element per namespace (libvirt 2.1).
    #[xml(child)]
    pub metadata: Option<Metadata>,
    /// How the network is connected to the outside; isolated without.
    #[xml(child)]
    pub forward: Option<Forward>,
    /// The bridge of the host.
    #[xml(child)]
    pub bridge: Option<Bridge>,
    /// The longest packet in bytes (libvirt 3.1).
    #[xml(child)]
    pub mtu: Option<InterfaceMtu>,
    /// The Ethernet address of the bridge.
    #[xml(child)]
    pub mac: Option<NetworkMac>,
    /// The DNS domain of the guests.
    #[xml(child)]
    pub domain: Option<DnsDomain>,
    /// What the DNS server of the network knows.
    #[xml(child)]
    pub dns: Option<Dns>,
    /// VLAN tags of all guests, on switches that can do that.
    #[xml(child)]
    pub vlan: Option<Vlan>,
    /// Limits of the traffic between the network and the outside.
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    /// Whether the guests are kept from each other (libvirt 6.1).
    #[xml(child)]
    pub port: Option<PortIsolation>,
    /// The addresses of the host on the network.
    #[xml(child = "ip")]
    pub ips: Vec<NetworkIp>,
    /// Networks behind guests, reached through them (libvirt 1.0.6).
    #[xml(child = "route")]
    pub routes: Vec<InterfaceRoute>,
    /// What a switch is told about every guest.
    #[xml(child)]
    pub virtualport: Option<VirtualPort>,
    /// Groups of guests that are treated alike.
    #[xml(child = "portgroup")]
    pub portgroups: Vec<PortGroup>,
    /// Lines handed to dnsmasq as they are (libvirt 5.6).
    #[xml(child = "options", namespace = namespace::DNSMASQ)]
    pub dnsmasq_options: Option<DnsmasqOptions>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl NetworkConfig {
    /// Starts a configuration by its name. Unless told otherwise it is isolated and without addresses.
    pub fn builder(name: impl Into<String>) -> NetworkBuilder {
        NetworkBuilder::new(name.into())
    }

    /// How the network is connected to the outside; `None` when it is isolated.
    pub fn forward_mode(&self) -> Option<ForwardMode> {
        let forward = self.forward.as_ref()?;
        Some(forward.mode.clone().unwrap_or(ForwardMode::Nat))
    }

    /// The port group of that name, or the default one for no name, as interfaces choose it.
    pub fn port_group(&self, name: Option<&str>) -> Option<&PortGroup> {
        self.portgroups.iter().find(|group| match name {
            Some(name) => group.name.as_deref() == Some(name),
            None => group.is_default(),
        })
    }
}
