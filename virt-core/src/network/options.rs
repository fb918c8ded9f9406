//! How the operations on a network are carried out.

use crate::option_steps::option_steps;

/// Which document of a network is given (`virNetworkGetXMLDesc`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkXmlOptions {
    /// The configuration of the next start instead of the present one's (`VIR_NETWORK_XML_INACTIVE`).
    pub inactive: bool,
}

impl NetworkXmlOptions {
    option_steps! {
        /// The configuration of the next start.
        inactive;
    }
}
