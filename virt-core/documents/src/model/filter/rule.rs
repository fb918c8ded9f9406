//! `<rule>`: what happens to packets of one kind.

use super::ethernet::{ArpMatch, MacMatch, StpMatch, VlanMatch};
use super::flags::StateMatch;
use super::internet::IpMatch;
use super::protocol::TransportProtocol;
use super::transport::TransportMatch;
use crate::xml::{Rest, XmlElement, xml_enum, xml_value_slot};

xml_enum! {
    /// What happens to a packet.
    #[derive(Default)]
    pub enum RuleAction {
        /// It is dropped.
        #[default]
        Drop = "drop",
        /// It passes, and no other rule is looked at.
        Accept = "accept",
        /// It is dropped, and the sender is told (libvirt 0.9).
        Reject = "reject",
        /// The rules go on after the filter that referred to this one (libvirt 0.9.7).
        Return = "return",
        /// The next rule is looked at (libvirt 0.9.7).
        Continue = "continue",
    }

    /// Which way a packet goes.
    #[derive(Default)]
    pub enum RuleDirection {
        /// To the guest.
        In = "in",
        /// From the guest.
        Out = "out",
        /// Both.
        #[default]
        InOut = "inout",
    }
}

xml_value_slot!(RuleAction, RuleDirection);

/// `<rule>`: what happens to packets of one kind.
///
/// The packets are said by the fields of one protocol. Several elements of it are one: all that they say must be true.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Rule {
    /// What happens.
    #[xml(attr, required)]
    pub action: RuleAction,
    /// Which way the packet goes.
    #[xml(attr, required)]
    pub direction: RuleDirection,
    /// Lower ones are looked at first: -1000 to 1000, 500 unless said.
    #[xml(attr)]
    pub priority: Option<i32>,
    /// Whether answers pass without a rule of their own; they do unless said (libvirt 0.8.5).
    #[xml(attr)]
    pub statematch: Option<StateMatch>,
    /// Questions for the Ethernet address of an IP address.
    #[xml(child)]
    pub arp: Vec<ArpMatch>,
    /// Questions for the IP address of an Ethernet address.
    #[xml(child)]
    pub rarp: Vec<ArpMatch>,
    /// Ethernet frames.
    #[xml(child)]
    pub mac: Vec<MacMatch>,
    /// Frames with a VLAN tag.
    #[xml(child)]
    pub vlan: Vec<VlanMatch>,
    /// Messages of the spanning tree protocol.
    #[xml(child)]
    pub stp: Vec<StpMatch>,
    /// IPv4, looked at on the bridge.
    #[xml(child)]
    pub ip: Vec<IpMatch>,
    /// IPv6, looked at on the bridge.
    #[xml(child)]
    pub ipv6: Vec<IpMatch>,
    /// TCP over IPv4.
    #[xml(child)]
    pub tcp: Vec<TransportMatch>,
    /// UDP over IPv4.
    #[xml(child)]
    pub udp: Vec<TransportMatch>,
    /// UDP-Lite over IPv4.
    #[xml(child)]
    pub udplite: Vec<TransportMatch>,
    /// Encrypted IPsec over IPv4.
    #[xml(child)]
    pub esp: Vec<TransportMatch>,
    /// Signed IPsec over IPv4.
    #[xml(child)]
    pub ah: Vec<TransportMatch>,
    /// SCTP over IPv4.
    #[xml(child)]
    pub sctp: Vec<TransportMatch>,
    /// ICMP over IPv4.
    #[xml(child)]
    pub icmp: Vec<TransportMatch>,
    /// Any protocol over IPv4.
    #[xml(child)]
    pub all: Vec<TransportMatch>,
    /// IGMP over IPv4.
    #[xml(child)]
    pub igmp: Vec<TransportMatch>,
    /// TCP over IPv6.
    #[xml(child = "tcp-ipv6")]
    pub tcp_ipv6: Vec<TransportMatch>,
    /// UDP over IPv6.
    #[xml(child = "udp-ipv6")]
    pub udp_ipv6: Vec<TransportMatch>,
    /// UDP-Lite over IPv6.
    #[xml(child = "udplite-ipv6")]
    pub udplite_ipv6: Vec<TransportMatch>,
    /// Encrypted IPsec over IPv6.
    #[xml(child = "esp-ipv6")]
    pub esp_ipv6: Vec<TransportMatch>,
    /// Signed IPsec over IPv6.
    #[xml(child = "ah-ipv6")]
    pub ah_ipv6: Vec<TransportMatch>,
    /// SCTP over IPv6.
    #[xml(child = "sctp-ipv6")]
    pub sctp_ipv6: Vec<TransportMatch>,
    /// ICMP over IPv6.
    #[xml(child)]
    pub icmpv6: Vec<TransportMatch>,
    /// Any protocol over IPv6.
    #[xml(child = "all-ipv6")]
    pub all_ipv6: Vec<TransportMatch>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Rule {
    /// A rule for every packet.
    pub fn new(action: RuleAction, direction: RuleDirection) -> Self {
        Self {
            action,
            direction,
            ..Self::default()
        }
    }

    /// The same with a priority: lower ones are looked at first, -1000 to 1000.
    #[must_use]
    pub fn with_priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The same without letting answers pass by themselves.
    #[must_use]
    pub fn without_state_match(mut self) -> Self {
        self.statematch = Some(StateMatch(false));
        self
    }

    /// The same for packets of a protocol over IP.
    #[must_use]
    pub fn with_transport(mut self, protocol: TransportProtocol, packets: TransportMatch) -> Self {
        self.transport_mut(protocol).push(packets);
        self
    }

    /// The same for TCP over IPv4.
    #[must_use]
    pub fn with_tcp(self, packets: TransportMatch) -> Self {
        self.with_transport(TransportProtocol::Tcp, packets)
    }

    /// The same for UDP over IPv4.
    #[must_use]
    pub fn with_udp(self, packets: TransportMatch) -> Self {
        self.with_transport(TransportProtocol::Udp, packets)
    }

    /// The same for ICMP over IPv4.
    #[must_use]
    pub fn with_icmp(self, packets: TransportMatch) -> Self {
        self.with_transport(TransportProtocol::Icmp, packets)
    }

    /// The same for any protocol over IPv4.
    #[must_use]
    pub fn with_all(self, packets: TransportMatch) -> Self {
        self.with_transport(TransportProtocol::All, packets)
    }

    /// The same for Ethernet frames.
    #[must_use]
    pub fn with_mac(mut self, frames: MacMatch) -> Self {
        self.mac.push(frames);
        self
    }

    /// The same for ARP packets.
    #[must_use]
    pub fn with_arp(mut self, packets: ArpMatch) -> Self {
        self.arp.push(packets);
        self
    }

    /// The same for IPv4 packets, looked at on the bridge.
    #[must_use]
    pub fn with_ip(mut self, packets: IpMatch) -> Self {
        self.ip.push(packets);
        self
    }

    /// The same for IPv6 packets, looked at on the bridge.
    #[must_use]
    pub fn with_ipv6(mut self, packets: IpMatch) -> Self {
        self.ipv6.push(packets);
        self
    }
}
