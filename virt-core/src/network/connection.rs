//! The networks of a connection.

use super::handle::networks;
use super::{Network, NetworkFilter, NetworkInfo, NetworkSelector};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::error::{Result, Subject};
use crate::model::NetworkConfig;

impl Connection {
    /// All networks, sorted by name (`virConnectListAllNetworks`).
    pub async fn networks(&self) -> Result<Vec<Network>> {
        self.networks_with(&NetworkFilter::all()).await
    }

    /// The networks a filter shows, sorted by name.
    pub async fn networks_with(&self, filter: &NetworkFilter) -> Result<Vec<Network>> {
        let infos = self.network_infos(filter).await?;
        Ok(infos
            .into_iter()
            .map(|info| Network::new(self.clone(), info.network))
            .collect())
    }

    /// The networks a filter shows with what is known of each, sorted by name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::network::NetworkFilter;
    /// for info in conn.network_infos(&NetworkFilter::all().active()).await? {
    ///     println!("{} on {:?}", info.network, info.bridge);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn network_infos(&self, filter: &NetworkFilter) -> Result<Vec<NetworkInfo>> {
        self.call("network_infos", CallClass::Query, async |call, driver| {
            networks(&*driver)?.list(&call, filter).await
        })
        .await
    }

    /// The network of this name or uuid (`virNetworkLookupByName`, `virNetworkLookupByUUID`).
    ///
    /// # Errors
    /// `NotFound`, naming a few networks that do exist.
    pub async fn network(&self, selector: impl Into<NetworkSelector>) -> Result<Network> {
        let selector = selector.into();
        let found = self.call("network", CallClass::Query, async |call, driver| {
            networks(&*driver)?.lookup(&call, &selector).await
        });
        let found = found
            .await
            .map_err(|error| error.with_subject(Subject::Network(selector.to_string())))?;
        Ok(Network::new(self.clone(), found))
    }

    /// Defines a network, or gives an existing one a new definition (`virNetworkDefineXML`). It is not active then.
    ///
    /// # Errors
    /// `AlreadyExists` for a name or uuid that belongs to another network, `InvalidConfig` and `Unsupported`, each
    /// naming the thing; nothing has changed then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use std::net::Ipv4Addr;
    /// use virt_core::model::NetworkConfig;
    /// let config = NetworkConfig::builder("lab")
    ///     .nat()
    ///     .ip(Ipv4Addr::new(10, 7, 0, 1), 24)
    ///     .dhcp_range(Ipv4Addr::new(10, 7, 0, 10), Ipv4Addr::new(10, 7, 0, 99))
    ///     .build()?;
    /// let lab = conn.define_network(&config).await?;
    /// lab.start().await?;
    /// assert!(lab.info().await?.active);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn define_network(&self, config: &NetworkConfig) -> Result<Network> {
        let defined = self.call("define_network", CallClass::Change, async |call, driver| {
            networks(&*driver)?.define(&call, config).await
        });
        let defined = defined
            .await
            .map_err(|error| error.with_subject(Subject::Network(config.name.clone())))?;
        Ok(Network::new(self.clone(), defined))
    }

    /// Makes a network active that has no definition and is gone when it is destroyed (`virNetworkCreateXML`).
    ///
    /// # Errors
    /// As [`Connection::define_network`] and [`Network::start`].
    pub async fn create_network(&self, config: &NetworkConfig) -> Result<Network> {
        let created = self.call("create_network", CallClass::Change, async |call, driver| {
            networks(&*driver)?.create(&call, config).await
        });
        let created = created
            .await
            .map_err(|error| error.with_subject(Subject::Network(config.name.clone())))?;
        Ok(Network::new(self.clone(), created))
    }
}
