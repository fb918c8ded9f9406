//! What is looked for in Ethernet frames.

use std::net::IpAddr;

use super::addresses::{IpMask, MacMask};
use super::flags::RuleSwitch;
use super::numbers::{ArpOpcode, EtherType, RuleNumber};
use super::variable::RuleValue;
use crate::model::value::{MacAddress, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<mac>`: any frame.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MacMatch {
    /// `no`: packets that do not fit are meant.
    #[xml(attr = "match")]
    pub matches: Option<YesNo>,
    /// The Ethernet address it comes from.
    #[xml(attr = "srcmacaddr")]
    pub src_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "srcmacmask")]
    pub src_mac_mask: Option<RuleValue<MacMask>>,
    /// The Ethernet address it goes to.
    #[xml(attr = "dstmacaddr")]
    pub dst_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "dstmacmask")]
    pub dst_mac_mask: Option<RuleValue<MacMask>>,
    /// What it carries, from 0x600.
    #[xml(attr = "protocolid")]
    pub protocol: Option<RuleValue<EtherType>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl MacMatch {
    /// Frames from an address, or from a variable such as `$MAC`.
    pub fn from_mac(address: impl Into<RuleValue<MacAddress>>) -> Self {
        Self {
            src_mac: Some(address.into()),
            ..Self::default()
        }
    }

    /// The frames that do not fit what is said.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.matches = Some(YesNo::No);
        self
    }
}

/// `<vlan>`: a frame with a VLAN tag.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VlanMatch {
    /// `no`: packets that do not fit are meant.
    #[xml(attr = "match")]
    pub matches: Option<YesNo>,
    /// The Ethernet address it comes from.
    #[xml(attr = "srcmacaddr")]
    pub src_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "srcmacmask")]
    pub src_mac_mask: Option<RuleValue<MacMask>>,
    /// The Ethernet address it goes to.
    #[xml(attr = "dstmacaddr")]
    pub dst_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "dstmacmask")]
    pub dst_mac_mask: Option<RuleValue<MacMask>>,
    /// The tag, 0 to 4095.
    #[xml(attr = "vlanid")]
    pub id: Option<RuleValue<RuleNumber<4095>>>,
    /// What it carries behind the tag, from 0x3c.
    #[xml(attr = "encap-protocol")]
    pub protocol: Option<RuleValue<EtherType>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<stp>`: a message of the spanning tree protocol.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StpMatch {
    /// `no`: packets that do not fit are meant.
    #[xml(attr = "match")]
    pub matches: Option<YesNo>,
    /// The Ethernet address it comes from.
    #[xml(attr = "srcmacaddr")]
    pub src_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "srcmacmask")]
    pub src_mac_mask: Option<RuleValue<MacMask>>,
    /// The type of the message.
    #[xml(attr = "type")]
    pub kind: Option<RuleValue<RuleNumber<0xff>>>,
    /// Its flags.
    #[xml(attr)]
    pub flags: Option<RuleValue<RuleNumber<0xff>>>,
    /// The priority of the root, or the least of it.
    #[xml(attr = "root-priority")]
    pub root_priority: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "root-priority-hi")]
    pub root_priority_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The address of the root.
    #[xml(attr = "root-address")]
    pub root_address: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "root-address-mask")]
    pub root_address_mask: Option<RuleValue<MacMask>>,
    /// The cost of the path to the root, or the least of it.
    #[xml(attr = "root-cost")]
    pub root_cost: Option<RuleValue<RuleNumber<0xffff_ffff>>>,
    /// The most of it.
    #[xml(attr = "root-cost-hi")]
    pub root_cost_hi: Option<RuleValue<RuleNumber<0xffff_ffff>>>,
    /// The priority of the sender, or the least of it.
    #[xml(attr = "sender-priority")]
    pub sender_priority: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "sender-priority-hi")]
    pub sender_priority_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The address of the sender.
    #[xml(attr = "sender-address")]
    pub sender_address: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "sender-address-mask")]
    pub sender_address_mask: Option<RuleValue<MacMask>>,
    /// The port of the sender, or the least of it.
    #[xml(attr)]
    pub port: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "port-hi")]
    pub port_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The age of the message, or the least of it.
    #[xml(attr)]
    pub age: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "age-hi")]
    pub age_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The age at which messages are forgotten, or the least of it.
    #[xml(attr = "max-age")]
    pub max_age: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "max-age-hi")]
    pub max_age_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The time between messages, or the least of it.
    #[xml(attr = "hello-time")]
    pub hello_time: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "hello-time-hi")]
    pub hello_time_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The time before a port forwards, or the least of it.
    #[xml(attr = "forward-delay")]
    pub forward_delay: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The most of it.
    #[xml(attr = "forward-delay-hi")]
    pub forward_delay_hi: Option<RuleValue<RuleNumber<0xffff>>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<arp>` and `<rarp>`: a question for an address, or the answer.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ArpMatch {
    /// `no`: packets that do not fit are meant.
    #[xml(attr = "match")]
    pub matches: Option<YesNo>,
    /// The Ethernet address it comes from.
    #[xml(attr = "srcmacaddr")]
    pub src_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "srcmacmask")]
    pub src_mac_mask: Option<RuleValue<MacMask>>,
    /// The Ethernet address it goes to.
    #[xml(attr = "dstmacaddr")]
    pub dst_mac: Option<RuleValue<MacAddress>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "dstmacmask")]
    pub dst_mac_mask: Option<RuleValue<MacMask>>,
    /// The kind of hardware; 1 for Ethernet.
    #[xml(attr = "hwtype")]
    pub hardware: Option<RuleValue<RuleNumber<0xffff>>>,
    /// The protocol that is asked about; 0x800 for IPv4.
    #[xml(attr = "protocoltype")]
    pub protocol: Option<RuleValue<RuleNumber<0xffff>>>,
    /// What is asked or answered.
    #[xml(attr)]
    pub opcode: Option<RuleValue<ArpOpcode>>,
    /// The Ethernet address of the sender.
    #[xml(attr = "arpsrcmacaddr")]
    pub arp_src_mac: Option<RuleValue<MacAddress>>,
    /// The Ethernet address that is asked for.
    #[xml(attr = "arpdstmacaddr")]
    pub arp_dst_mac: Option<RuleValue<MacAddress>>,
    /// The IPv4 address of the sender.
    #[xml(attr = "arpsrcipaddr")]
    pub arp_src_ip: Option<RuleValue<IpAddr>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "arpsrcipmask")]
    pub arp_src_ip_mask: Option<RuleValue<IpMask>>,
    /// The IPv4 address that is asked for.
    #[xml(attr = "arpdstipaddr")]
    pub arp_dst_ip: Option<RuleValue<IpAddr>>,
    /// The bits of it that count; all unless said.
    #[xml(attr = "arpdstipmask")]
    pub arp_dst_ip_mask: Option<RuleValue<IpMask>>,
    /// Whether it tells without being asked.
    #[xml(attr)]
    pub gratuitous: Option<RuleValue<RuleSwitch>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
