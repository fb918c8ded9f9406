//! What is known of a network at a glance.

use super::NetworkRef;

/// A network at a glance (`virNetworkIsActive`, `virNetworkIsPersistent`, `virNetworkGetAutostart`,
/// `virNetworkGetBridgeName`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkInfo {
    /// Which network.
    pub network: NetworkRef,
    /// Whether guests can be connected to it now.
    pub active: bool,
    /// Whether it has a definition that outlives its run.
    pub persistent: bool,
    /// Whether it starts by itself.
    pub autostart: bool,
    /// The name of its bridge on the host; `None` for a network without one.
    pub bridge: Option<String>,
}

impl NetworkInfo {
    /// What is known of a network that is defined and not active, to be filled in by its driver.
    #[must_use]
    pub fn inactive(network: NetworkRef) -> Self {
        Self {
            network,
            active: false,
            persistent: true,
            autostart: false,
            bridge: None,
        }
    }
}
