//! The handle of a port of a network.

use uuid::Uuid;

use super::handle::networks;
use super::{Network, NetworkPortRef};
use crate::deadline::CallClass;
use crate::error::Result;
use crate::model::NetworkPortConfig;
use crate::model::domain::devices::Bandwidth;

/// A port of a network: where one interface of one guest is connected. Cheap to clone; dropping it leaves the port.
///
/// Ports of guests are made and deleted by their hypervisor's driver. All methods answer `NotFound` once the port is
/// gone, as it is when its network was destroyed, and `InvalidState` while that is not active.
#[derive(Debug, Clone)]
pub struct NetworkPort {
    network: Network,
    port: NetworkPortRef,
}

impl NetworkPort {
    pub(super) fn new(network: Network, port: NetworkPortRef) -> Self {
        Self { network, port }
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.port.uuid
    }

    /// The network it belongs to.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its configuration (`virNetworkPortGetXMLDesc`).
    pub async fn config(&self) -> Result<NetworkPortConfig> {
        self.network
            .call("network_port_config", CallClass::Query, async |call, driver| {
                networks(&*driver)?.port_config(&call, &self.port).await
            })
            .await
    }

    /// Changes its limits (`virNetworkPortSetParameters`); a direction that is not said is not limited.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit without an average; `Unsupported` where the network limits nobody.
    pub async fn set_bandwidth(&self, bandwidth: &Bandwidth) -> Result<()> {
        self.network
            .call(
                "network_port_set_bandwidth",
                CallClass::Change,
                async |call, driver| {
                    networks(&*driver)?
                        .set_port_bandwidth(&call, &self.port, bandwidth)
                        .await
                },
            )
            .await
    }

    /// Deletes it (`virNetworkPortDelete`).
    pub async fn delete(&self) -> Result<()> {
        self.network
            .call("network_port_delete", CallClass::Change, async |call, driver| {
                networks(&*driver)?.delete_port(&call, &self.port).await
            })
            .await
    }
}
