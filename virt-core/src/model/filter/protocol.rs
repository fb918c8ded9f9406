//! The protocols a rule can be about.

use super::ethernet::{ArpMatch, MacMatch, StpMatch, VlanMatch};
use super::internet::IpMatch;
use super::rule::Rule;
use super::transport::TransportMatch;
use crate::xml::{Record, xml_enum};

xml_enum! {
    /// The protocol a rule is about.
    pub enum RuleProtocol {
        /// Questions for the Ethernet address of an IP address.
        Arp = "arp",
        /// Questions for the IP address of an Ethernet address.
        Rarp = "rarp",
        /// Ethernet frames.
        Mac = "mac",
        /// Frames with a VLAN tag.
        Vlan = "vlan",
        /// Messages of the spanning tree protocol.
        Stp = "stp",
        /// IPv4, looked at on the bridge.
        Ip = "ip",
        /// IPv6, looked at on the bridge.
        Ipv6 = "ipv6",
        /// TCP over IPv4.
        Tcp = "tcp",
        /// UDP over IPv4.
        Udp = "udp",
        /// UDP-Lite over IPv4.
        UdpLite = "udplite",
        /// Encrypted IPsec over IPv4.
        Esp = "esp",
        /// Signed IPsec over IPv4.
        Ah = "ah",
        /// SCTP over IPv4.
        Sctp = "sctp",
        /// ICMP over IPv4.
        Icmp = "icmp",
        /// Any protocol over IPv4.
        All = "all",
        /// IGMP over IPv4.
        Igmp = "igmp",
        /// TCP over IPv6.
        TcpIpv6 = "tcp-ipv6",
        /// UDP over IPv6.
        UdpIpv6 = "udp-ipv6",
        /// UDP-Lite over IPv6.
        UdpliteIpv6 = "udplite-ipv6",
        /// Encrypted IPsec over IPv6.
        EspIpv6 = "esp-ipv6",
        /// Signed IPsec over IPv6.
        AhIpv6 = "ah-ipv6",
        /// SCTP over IPv6.
        SctpIpv6 = "sctp-ipv6",
        /// ICMP over IPv6.
        Icmpv6 = "icmpv6",
        /// Any protocol over IPv6.
        AllIpv6 = "all-ipv6",
    }
}

/// The list of one protocol in a rule.
pub(super) enum Matches<'a> {
    Arp(&'a mut Vec<ArpMatch>),
    Mac(&'a mut Vec<MacMatch>),
    Vlan(&'a mut Vec<VlanMatch>),
    Stp(&'a mut Vec<StpMatch>),
    Ip(&'a mut Vec<IpMatch>),
    Transport(&'a mut Vec<TransportMatch>),
}

impl RuleProtocol {
    /// Whether its addresses are IPv6 ones.
    pub fn is_ipv6(&self) -> bool {
        let name = self.as_str();
        name.ends_with("v6")
    }

    /// Whether an attribute means something to the protocol, among those its type has.
    pub(super) fn has_attribute(&self, name: &str) -> bool {
        match self {
            Self::Ip => !matches!(name, "type" | "typeend" | "code" | "codeend"),
            Self::Ipv6 => name != "dscp",
            Self::Arp | Self::Rarp | Self::Mac | Self::Vlan | Self::Stp | Self::Unknown(_) => true,
            _ => match name {
                "srcportstart" | "srcportend" | "dstportstart" | "dstportend" => matches!(
                    self,
                    Self::Tcp | Self::TcpIpv6 | Self::Udp | Self::UdpIpv6 | Self::Sctp | Self::SctpIpv6
                ),
                "option" | "flags" => matches!(self, Self::Tcp | Self::TcpIpv6),
                "type" | "code" => matches!(self, Self::Icmp | Self::Icmpv6),
                _ => true,
            },
        }
    }

    /// The list of the protocol in a rule.
    pub(super) fn matches_mut<'a>(&self, rule: &'a mut Rule) -> Option<Matches<'a>> {
        Some(match self {
            Self::Arp => Matches::Arp(&mut rule.arp),
            Self::Rarp => Matches::Arp(&mut rule.rarp),
            Self::Mac => Matches::Mac(&mut rule.mac),
            Self::Vlan => Matches::Vlan(&mut rule.vlan),
            Self::Stp => Matches::Stp(&mut rule.stp),
            Self::Ip => Matches::Ip(&mut rule.ip),
            Self::Ipv6 => Matches::Ip(&mut rule.ipv6),
            Self::Tcp => Matches::Transport(&mut rule.tcp),
            Self::Udp => Matches::Transport(&mut rule.udp),
            Self::UdpLite => Matches::Transport(&mut rule.udplite),
            Self::Esp => Matches::Transport(&mut rule.esp),
            Self::Ah => Matches::Transport(&mut rule.ah),
            Self::Sctp => Matches::Transport(&mut rule.sctp),
            Self::Icmp => Matches::Transport(&mut rule.icmp),
            Self::All => Matches::Transport(&mut rule.all),
            Self::Igmp => Matches::Transport(&mut rule.igmp),
            Self::TcpIpv6 => Matches::Transport(&mut rule.tcp_ipv6),
            Self::UdpIpv6 => Matches::Transport(&mut rule.udp_ipv6),
            Self::UdpliteIpv6 => Matches::Transport(&mut rule.udplite_ipv6),
            Self::EspIpv6 => Matches::Transport(&mut rule.esp_ipv6),
            Self::AhIpv6 => Matches::Transport(&mut rule.ah_ipv6),
            Self::SctpIpv6 => Matches::Transport(&mut rule.sctp_ipv6),
            Self::Icmpv6 => Matches::Transport(&mut rule.icmpv6),
            Self::AllIpv6 => Matches::Transport(&mut rule.all_ipv6),
            Self::Unknown(_) => return None,
        })
    }
}

impl Rule {
    /// The protocol the rule is about: that of the first element in the document. `None`: every packet.
    pub fn protocol(&self) -> Option<RuleProtocol> {
        let first = |row: usize| match self.slot(row) {
            crate::xml::Slot::Child(list) => list.item(0).map(|item| item.rest().position()),
            _ => None,
        };
        let fields = self.spec().fields.iter().enumerate();
        let present = fields.filter_map(|(row, field)| Some((first(row)?, field.name)));
        // Elements that were not parsed follow those that were.
        let key = |(position, _): &(Option<crate::xml::Position>, &str)| (position.is_none(), *position);
        let (_, name) = present.min_by_key(key)?;
        Some(RuleProtocol::from(name))
    }
}
