//! What is looked for in IP packets, on the bridge.

use std::net::IpAddr;

use super::addresses::{IpMask, MacMask};
use super::numbers::{IpProtocol, RuleNumber};
use super::variable::RuleValue;
use crate::model::value::{MacAddress, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<ip>` and `<ipv6>`: a packet, looked at on the bridge without regard to connections.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IpMatch {
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
    /// What it carries; needed for ports.
    #[xml(attr)]
    pub protocol: Option<RuleValue<IpProtocol>>,
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
    /// IPv4: the class of service, 0 to 63.
    #[xml(attr)]
    pub dscp: Option<RuleValue<RuleNumber<63>>>,
    /// IPv6: the type of an ICMP message, or the first of them.
    #[xml(attr = "type")]
    pub kind: Option<RuleValue<RuleNumber<0xff>>>,
    /// IPv6: the last of them.
    #[xml(attr = "typeend")]
    pub kind_end: Option<RuleValue<RuleNumber<0xff>>>,
    /// IPv6: the code of an ICMP message, or the first of them.
    #[xml(attr)]
    pub code: Option<RuleValue<RuleNumber<0xff>>>,
    /// IPv6: the last of them.
    #[xml(attr = "codeend")]
    pub code_end: Option<RuleValue<RuleNumber<0xff>>>,
    /// A text for people, 256 bytes at most.
    #[xml(attr)]
    pub comment: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
