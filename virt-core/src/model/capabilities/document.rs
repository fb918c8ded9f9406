//! The document itself.

use super::guest::Guest;
use super::host::Host;
use crate::xml::{Rest, XmlElement};

/// `<capabilities>`: what a host has, and which guests it can run.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "capabilities")]
#[non_exhaustive]
pub struct Capabilities {
    /// The host.
    #[xml(child)]
    pub host: Option<Host>,
    /// The guests, one entry an architecture and kind of system.
    #[xml(child = "guest")]
    pub guests: Vec<Guest>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
