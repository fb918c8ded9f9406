//! How the operations on a network are carried out.

/// Which document of a network is given (`virNetworkGetXMLDesc`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkXmlOptions {
    /// The configuration of the next start instead of the present one's (`VIR_NETWORK_XML_INACTIVE`).
    pub inactive: bool,
}

impl NetworkXmlOptions {
    /// The configuration of the next start.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.inactive = true;
        self
    }
}
