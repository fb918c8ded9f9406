//! What is looked for in packets of a protocol over IP.

use std::net::IpAddr;

use super::addresses::IpMask;
use super::flags::{ConnectionState, ConnectionStates, IpSetFlags, IpSetName, TcpFlags};
use super::numbers::RuleNumber;
use super::variable::RuleValue;
use crate::model::value::{MacAddress, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<tcp>`, `<udp>`, `<icmp>`, `<all>` and their like, over IPv4 or IPv6. Which fields count depends on the protocol.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TransportMatch {
    /// `no`: packets that do not fit are meant.
    #[xml(attr = "match")]
    pub matches: Option<YesNo>,
    /// The Ethernet address it comes from.
    #[xml(attr = "srcmacaddr")]
    pub src_mac: Option<RuleValue<MacAddress>>,
    /// The address it comes from.
    #[xml(attr = "srcipaddr")]
    pub src_ip: Option<RuleValue<IpAddr>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "srcipmask")]
    pub src_ip_mask: Option<RuleValue<IpMask>>,
    /// The address it goes to.
    #[xml(attr = "dstipaddr")]
    pub dst_ip: Option<RuleValue<IpAddr>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "dstipmask")]
    pub dst_ip_mask: Option<RuleValue<IpMask>>,
    /// The first of the addresses it comes from.
    #[xml(attr = "srcipfrom")]
    pub src_ip_from: Option<RuleValue<IpAddr>>,
    /// The last of them.
    #[xml(attr = "srcipto")]
    pub src_ip_to: Option<RuleValue<IpAddr>>,
    /// The first of the addresses it goes to.
    #[xml(attr = "dstipfrom")]
    pub dst_ip_from: Option<RuleValue<IpAddr>>,
    /// The last of them.
    #[xml(attr = "dstipto")]
    pub dst_ip_to: Option<RuleValue<IpAddr>>,
    /// The class of service, 0 to 63.
    #[xml(attr)]
    pub dscp: Option<RuleValue<RuleNumber<63>>>,
    /// More connections than that.
    #[xml(attr = "connlimit-above")]
    pub connections_above: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The state of the connection it belongs to.
    #[xml(attr)]
    pub state: Option<RuleValue<ConnectionStates>>,
    /// A set of addresses of the host (libvirt 1.2).
    #[xml(attr = "ipset")]
    pub ip_set: Option<RuleValue<IpSetName>>,
    /// Which ends are looked for in the set.
    #[xml(attr = "ipsetflags")]
    pub ip_set_flags: Option<RuleValue<IpSetFlags>>,
    /// The port it comes from, or the first of them.
    #[xml(attr = "srcportstart")]
    pub src_port: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The last of them.
    #[xml(attr = "srcportend")]
    pub src_port_end: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The port it goes to, or the first of them.
    #[xml(attr = "dstportstart")]
    pub dst_port: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The last of them.
    #[xml(attr = "dstportend")]
    pub dst_port_end: Option<RuleValue<RuleNumber<0xffff>>>,
    /// TCP: the number of an option.
    #[xml(attr)]
    pub option: Option<RuleValue<RuleNumber<0xff>>>,
    /// TCP: flags.
    #[xml(attr)]
    pub flags: Option<RuleValue<TcpFlags>>,
    /// ICMP: the type of the message.
    #[xml(attr = "type")]
    pub kind: Option<RuleValue<RuleNumber<0xff>>>,
    /// ICMP: its code.
    #[xml(attr)]
    pub code: Option<RuleValue<RuleNumber<0xff>>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl TransportMatch {
    /// Every packet of the protocol.
    pub fn any() -> Self {
        Self::default()
    }

    /// The same from an address, or from a variable such as `$IP`.
    #[must_use]
    pub fn from_ip(mut self, address: impl Into<RuleValue<IpAddr>>) -> Self {
        self.src_ip = Some(address.into());
        self
    }

    /// The same to an address.
    #[must_use]
    pub fn to_ip(mut self, address: impl Into<RuleValue<IpAddr>>) -> Self {
        self.dst_ip = Some(address.into());
        self
    }

    /// The same from a port.
    #[must_use]
    pub fn from_port(mut self, port: u16) -> Self {
        self.src_port = Some(RuleNumber::from(port).into());
        self
    }

    /// The same to a port.
    #[must_use]
    pub fn to_port(mut self, port: u16) -> Self {
        self.dst_port = Some(RuleNumber::from(port).into());
        self
    }

    /// The same to the ports from `first` to `last`.
    #[must_use]
    pub fn to_ports(mut self, first: u16, last: u16) -> Self {
        self.dst_port_end = Some(RuleNumber::from(last).into());
        self.to_port(first)
    }

    /// The same of connections in one of these states.
    #[must_use]
    pub fn in_state(mut self, states: impl IntoIterator<Item = ConnectionState>) -> Self {
        let states: ConnectionStates = states.into_iter().collect();
        self.state = Some(states.into());
        self
    }

    /// The packets that do not fit what is said.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.matches = Some(YesNo::No);
        self
    }

    /// The same with a text for people.
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }
}
