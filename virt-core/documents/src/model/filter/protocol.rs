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
        UdpLiteIpv6 = "udplite-ipv6",
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

/// The protocols over IP whose packets [`TransportMatch`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportProtocol {
    /// TCP over IPv4.
    Tcp,
    /// UDP over IPv4.
    Udp,
    /// UDP-Lite over IPv4.
    UdpLite,
    /// Encrypted IPsec over IPv4.
    Esp,
    /// Signed IPsec over IPv4.
    Ah,
    /// SCTP over IPv4.
    Sctp,
    /// ICMP over IPv4.
    Icmp,
    /// Any protocol over IPv4.
    All,
    /// IGMP over IPv4.
    Igmp,
    /// TCP over IPv6.
    TcpIpv6,
    /// UDP over IPv6.
    UdpIpv6,
    /// UDP-Lite over IPv6.
    UdpLiteIpv6,
    /// Encrypted IPsec over IPv6.
    EspIpv6,
    /// Signed IPsec over IPv6.
    AhIpv6,
    /// SCTP over IPv6.
    SctpIpv6,
    /// ICMP over IPv6.
    Icmpv6,
    /// Any protocol over IPv6.
    AllIpv6,
}

impl From<TransportProtocol> for RuleProtocol {
    fn from(protocol: TransportProtocol) -> Self {
        match protocol {
            TransportProtocol::Tcp => Self::Tcp,
            TransportProtocol::Udp => Self::Udp,
            TransportProtocol::UdpLite => Self::UdpLite,
            TransportProtocol::Esp => Self::Esp,
            TransportProtocol::Ah => Self::Ah,
            TransportProtocol::Sctp => Self::Sctp,
            TransportProtocol::Icmp => Self::Icmp,
            TransportProtocol::All => Self::All,
            TransportProtocol::Igmp => Self::Igmp,
            TransportProtocol::TcpIpv6 => Self::TcpIpv6,
            TransportProtocol::UdpIpv6 => Self::UdpIpv6,
            TransportProtocol::UdpLiteIpv6 => Self::UdpLiteIpv6,
            TransportProtocol::EspIpv6 => Self::EspIpv6,
            TransportProtocol::AhIpv6 => Self::AhIpv6,
            TransportProtocol::SctpIpv6 => Self::SctpIpv6,
            TransportProtocol::Icmpv6 => Self::Icmpv6,
            TransportProtocol::AllIpv6 => Self::AllIpv6,
        }
    }
}

impl Rule {
    /// What the rule says of a protocol over IP.
    pub fn transport(&self, protocol: TransportProtocol) -> &[TransportMatch] {
        match protocol {
            TransportProtocol::Tcp => &self.tcp,
            TransportProtocol::Udp => &self.udp,
            TransportProtocol::UdpLite => &self.udplite,
            TransportProtocol::Esp => &self.esp,
            TransportProtocol::Ah => &self.ah,
            TransportProtocol::Sctp => &self.sctp,
            TransportProtocol::Icmp => &self.icmp,
            TransportProtocol::All => &self.all,
            TransportProtocol::Igmp => &self.igmp,
            TransportProtocol::TcpIpv6 => &self.tcp_ipv6,
            TransportProtocol::UdpIpv6 => &self.udp_ipv6,
            TransportProtocol::UdpLiteIpv6 => &self.udplite_ipv6,
            TransportProtocol::EspIpv6 => &self.esp_ipv6,
            TransportProtocol::AhIpv6 => &self.ah_ipv6,
            TransportProtocol::SctpIpv6 => &self.sctp_ipv6,
            TransportProtocol::Icmpv6 => &self.icmpv6,
            TransportProtocol::AllIpv6 => &self.all_ipv6,
        }
    }

    /// What the rule says of a protocol over IP.
    pub fn transport_mut(&mut self, protocol: TransportProtocol) -> &mut Vec<TransportMatch> {
        match protocol {
            TransportProtocol::Tcp => &mut self.tcp,
            TransportProtocol::Udp => &mut self.udp,
            TransportProtocol::UdpLite => &mut self.udplite,
            TransportProtocol::Esp => &mut self.esp,
            TransportProtocol::Ah => &mut self.ah,
            TransportProtocol::Sctp => &mut self.sctp,
            TransportProtocol::Icmp => &mut self.icmp,
            TransportProtocol::All => &mut self.all,
            TransportProtocol::Igmp => &mut self.igmp,
            TransportProtocol::TcpIpv6 => &mut self.tcp_ipv6,
            TransportProtocol::UdpIpv6 => &mut self.udp_ipv6,
            TransportProtocol::UdpLiteIpv6 => &mut self.udplite_ipv6,
            TransportProtocol::EspIpv6 => &mut self.esp_ipv6,
            TransportProtocol::AhIpv6 => &mut self.ah_ipv6,
            TransportProtocol::SctpIpv6 => &mut self.sctp_ipv6,
            TransportProtocol::Icmpv6 => &mut self.icmpv6,
            TransportProtocol::AllIpv6 => &mut self.all_ipv6,
        }
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

    /// The same as one over IP, if it is.
    pub fn transport(&self) -> Option<TransportProtocol> {
        Some(match self {
            Self::Tcp => TransportProtocol::Tcp,
            Self::Udp => TransportProtocol::Udp,
            Self::UdpLite => TransportProtocol::UdpLite,
            Self::Esp => TransportProtocol::Esp,
            Self::Ah => TransportProtocol::Ah,
            Self::Sctp => TransportProtocol::Sctp,
            Self::Icmp => TransportProtocol::Icmp,
            Self::All => TransportProtocol::All,
            Self::Igmp => TransportProtocol::Igmp,
            Self::TcpIpv6 => TransportProtocol::TcpIpv6,
            Self::UdpIpv6 => TransportProtocol::UdpIpv6,
            Self::UdpLiteIpv6 => TransportProtocol::UdpLiteIpv6,
            Self::EspIpv6 => TransportProtocol::EspIpv6,
            Self::AhIpv6 => TransportProtocol::AhIpv6,
            Self::SctpIpv6 => TransportProtocol::SctpIpv6,
            Self::Icmpv6 => TransportProtocol::Icmpv6,
            Self::AllIpv6 => TransportProtocol::AllIpv6,
            _ => return None,
        })
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
            other => Matches::Transport(rule.transport_mut(other.transport()?)),
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
