//! Groups of guests that are treated alike.

use crate::model::domain::devices::{Bandwidth, VirtualPort, Vlan};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<portgroup>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "portgroup")]
#[non_exhaustive]
pub struct PortGroup {
    /// The name interfaces choose it by.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether interfaces that name none are in it; in one group at most.
    #[xml(attr)]
    pub default: Option<YesNo>,
    /// Whether the guests may change filters of the host (libvirt 1.2.10).
    #[xml(attr = "trustGuestRxFilters")]
    pub trust_guest_rx_filters: Option<YesNo>,
    /// Their VLAN tags.
    #[xml(child)]
    pub vlan: Option<Vlan>,
    /// What a switch is told about them.
    #[xml(child)]
    pub virtualport: Option<VirtualPort>,
    /// Limits of the traffic of each.
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PortGroup {
    /// A group by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// Whether interfaces that name no group are in it.
    pub fn is_default(&self) -> bool {
        self.default.is_some_and(YesNo::is_set)
    }
}
