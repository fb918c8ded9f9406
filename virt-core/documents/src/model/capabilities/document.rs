//! The document itself.

use super::guest::Guest;
use super::host::Host;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlElement, XmlError};

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

impl Capabilities {
    /// Checks the values: nothing else is asked of what a daemon tells of its host, whose CPU may be without a model; see
    /// [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)
    }
}
