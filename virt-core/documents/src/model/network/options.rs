//! Lines handed to dnsmasq as they are.

use crate::model::namespace;
use crate::xml::{Rest, XmlElement};

/// `<dnsmasq:options>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DnsmasqOptions {
    /// The lines, in order.
    #[xml(child = "option", namespace = namespace::DNSMASQ)]
    pub options: Vec<DnsmasqOption>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<dnsmasq:option>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DnsmasqOption {
    /// The line.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DnsmasqOption {
    /// A line.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::default()
        }
    }
}
