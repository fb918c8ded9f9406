//! The handle of a network.

use std::time::Duration;

use uuid::Uuid;

use super::{DhcpLease, NetworkInfo, NetworkPort, NetworkPortRef, NetworkRef, NetworkXmlOptions};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::domain::{ConfigScope, MetadataItem};
use crate::driver::{ConnectionDriver, NetworkDriver, facet};
use crate::error::{Result, Subject};
use crate::model::network::NetworkUpdate;
use crate::model::{MacAddress, NetworkConfig, NetworkPortConfig};
use crate::subject_calls::subject_calls;

/// A virtual network, active or only defined. Cheap to clone; dropping it never touches the network.
///
/// All methods answer `NotFound` once the network is gone. See [`Connection`] for deadlines and cancel safety.
#[derive(Debug, Clone)]
pub struct Network {
    connection: Connection,
    network: NetworkRef,
}

/// The networks of a driver.
pub(super) fn networks(driver: &dyn ConnectionDriver) -> Result<&dyn NetworkDriver> {
    facet(driver.networks(), "networks")
}

impl Network {
    pub(super) fn new(connection: Connection, network: NetworkRef) -> Self {
        Self { connection, network }
    }

    /// The same network, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            connection: self.connection.with_deadline(time),
            network: self.network.clone(),
        }
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.network.uuid
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.network.name
    }

    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What is known of it (`virNetworkIsActive`, `virNetworkIsPersistent`, `virNetworkGetAutostart`,
    /// `virNetworkGetBridgeName`).
    pub async fn info(&self) -> Result<NetworkInfo> {
        self.call("network_info", CallClass::Query, async |call, driver| {
            networks(&*driver)?.info(&call, &self.network).await
        })
        .await
    }

    /// Its configuration: the live one when it is active.
    pub async fn config(&self) -> Result<NetworkConfig> {
        self.config_with(&NetworkXmlOptions::default()).await
    }

    /// Its configuration, live or of the next start (`virNetworkGetXMLDesc`).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::network::NetworkXmlOptions;
    /// let network = conn.network("default").await?;
    /// let next = network.config_with(&NetworkXmlOptions::default().inactive()).await?;
    /// assert_eq!(next.uuid, Some(network.uuid()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn config_with(&self, options: &NetworkXmlOptions) -> Result<NetworkConfig> {
        self.call("network_config", CallClass::Query, async |call, driver| {
            networks(&*driver)?.config(&call, &self.network, options).await
        })
        .await
    }

    /// Its configuration as XML.
    pub async fn xml(&self) -> Result<String> {
        Ok(self.config().await?.to_xml())
    }

    /// Makes it active (`virNetworkCreate`).
    ///
    /// # Errors
    /// `InvalidState` when it is; `Failed` with what the host said when its bridge or servers could not be made.
    pub async fn start(&self) -> Result<()> {
        self.call("network_start", CallClass::Change, async |call, driver| {
            networks(&*driver)?.start(&call, &self.network).await
        })
        .await
    }

    /// Makes it inactive at once (`virNetworkDestroy`): guests on it are cut off. A transient network is gone then.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn destroy(&self) -> Result<()> {
        self.call("network_destroy", CallClass::Change, async |call, driver| {
            networks(&*driver)?.destroy(&call, &self.network).await
        })
        .await
    }

    /// Removes its definition (`virNetworkUndefine`); an active one goes on as transient.
    ///
    /// # Errors
    /// `InvalidState` when it has none; `Unsupported` where the driver does not take that of an active network.
    pub async fn undefine(&self) -> Result<()> {
        self.call("network_undefine", CallClass::Change, async |call, driver| {
            networks(&*driver)?.undefine(&call, &self.network).await
        })
        .await
    }

    /// Whether it starts by itself (`virNetworkSetAutostart`).
    ///
    /// # Errors
    /// `InvalidState` for a transient network.
    pub async fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.call(
            "network_set_autostart",
            CallClass::Change,
            async |call, driver| {
                networks(&*driver)?
                    .set_autostart(&call, &self.network, autostart)
                    .await
            },
        )
        .await
    }

    /// Adds, changes or removes one part of it, without restarting it (`virNetworkUpdate`).
    ///
    /// # Errors
    /// `InvalidConfig` for a part that is malformed; `InvalidState` for one that is there already, or is not there;
    /// `Unsupported` for one that is changed only by defining the network anew.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use std::net::Ipv4Addr;
    /// use virt_core::domain::ConfigScope;
    /// use virt_core::model::network::{DhcpHost, NetworkUpdate, UpdateCommand};
    /// let network = conn.network("default").await?;
    /// let host = DhcpHost::new("52:54:00:00:00:01".parse()?, Ipv4Addr::new(192, 168, 122, 10));
    /// network.update(&NetworkUpdate::new(UpdateCommand::AddLast, host), ConfigScope::Both).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(&self, update: &NetworkUpdate, scope: ConfigScope) -> Result<()> {
        self.call("network_update", CallClass::Change, async |call, driver| {
            networks(&*driver)?
                .update(&call, &self.network, update, scope)
                .await
        })
        .await
    }

    /// Changes title, description or an element of its metadata (`virNetworkSetMetadata`).
    pub async fn set_metadata(&self, item: &MetadataItem, scope: ConfigScope) -> Result<()> {
        self.call("network_set_metadata", CallClass::Change, async |call, driver| {
            networks(&*driver)?
                .set_metadata(&call, &self.network, item, scope)
                .await
        })
        .await
    }

    /// The addresses it has lent and not taken back (`virNetworkGetDHCPLeases`), sorted by address.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// for lease in conn.network("default").await?.dhcp_leases().await? {
    ///     println!("{}/{} {:?} {:?}", lease.ip, lease.prefix, lease.mac, lease.hostname);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn dhcp_leases(&self) -> Result<Vec<DhcpLease>> {
        self.leases_of(None).await
    }

    /// The addresses it has lent to an interface with this Ethernet address.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn dhcp_leases_of(&self, mac: MacAddress) -> Result<Vec<DhcpLease>> {
        self.leases_of(Some(mac)).await
    }

    async fn leases_of(&self, mac: Option<MacAddress>) -> Result<Vec<DhcpLease>> {
        self.call("network_dhcp_leases", CallClass::Query, async |call, driver| {
            networks(&*driver)?.dhcp_leases(&call, &self.network, mac).await
        })
        .await
    }

    /// Its ports (`virNetworkListAllPorts`), sorted by uuid.
    ///
    /// # Errors
    /// `InvalidState` when it is not active.
    pub async fn ports(&self) -> Result<Vec<NetworkPort>> {
        let ports = self.call("network_ports", CallClass::Query, async |call, driver| {
            networks(&*driver)?.ports(&call, &self.network).await
        });
        Ok(ports
            .await?
            .into_iter()
            .map(|port| self.port_handle(port))
            .collect())
    }

    /// Its port of this uuid (`virNetworkPortLookupByUUID`).
    ///
    /// # Errors
    /// `NotFound` when it has none such; `InvalidState` when it is not active.
    pub async fn port(&self, uuid: Uuid) -> Result<NetworkPort> {
        let port = self.call("network_port", CallClass::Query, async |call, driver| {
            networks(&*driver)?.port(&call, &self.network, uuid).await
        });
        Ok(self.port_handle(port.await?))
    }

    /// Makes a port (`virNetworkPortCreateXML`): what a hypervisor's driver does for each interface of a guest. The
    /// network fills in what it leads to.
    ///
    /// # Errors
    /// `InvalidState` when the network is not active; `AlreadyExists` for a uuid that another port has.
    pub async fn create_port(&self, config: &NetworkPortConfig) -> Result<NetworkPort> {
        let port = self.call("network_create_port", CallClass::Change, async |call, driver| {
            networks(&*driver)?
                .create_port(&call, &self.network, config)
                .await
        });
        Ok(self.port_handle(port.await?))
    }

    fn port_handle(&self, port: NetworkPortRef) -> NetworkPort {
        NetworkPort::new(self.clone(), port)
    }

    subject_calls!(pub(super), |network| &network.connection, |network| Subject::from(&network.network));
}
