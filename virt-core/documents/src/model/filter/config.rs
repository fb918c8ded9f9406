//! The root: a filter and its entries.

use uuid::Uuid;

use super::builder::FilterBuilder;
use super::rule::Rule;
use crate::model::domain::devices::FilterRef;
use crate::xml::{Rest, XmlElement};

/// `<filter>`: rules for the traffic of a guest, as `virNWFilterDefineXML` takes them and `virNWFilterGetXMLDesc`
/// gives them.
///
/// Parsed with [`FilterConfig::from_xml`], built with [`FilterConfig::builder`] or by `Default` and assignment. Rules
/// and references stand in one order; see [`FilterConfig::entries`].
#[derive(Clone, Default, XmlElement)]
#[xml(element = "filter")]
#[non_exhaustive]
pub struct FilterConfig {
    /// The name, unique on a connection.
    #[xml(attr, required)]
    pub name: String,
    /// The chain its rules are in: `root`, or a name that begins with `mac`, `vlan`, `stp`, `arp`, `rarp`, `ipv4` or
    /// `ipv6`, of 12 letters at most; `root` unless said.
    #[xml(attr)]
    pub chain: Option<String>,
    /// Lower chains are looked at first: -1000 to 1000, that of the protocol unless said (libvirt 0.9.8).
    #[xml(attr)]
    pub priority: Option<i32>,
    /// The UUID, unique on a connection; made when the filter is defined without.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// Other filters that count here.
    #[xml(child = "filterref")]
    pub filterrefs: Vec<FilterRef>,
    /// The rules.
    #[xml(child = "rule")]
    pub rules: Vec<Rule>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl FilterConfig {
    /// Starts a filter by its name.
    pub fn builder(name: impl Into<String>) -> FilterBuilder {
        FilterBuilder::new(name.into())
    }
}
