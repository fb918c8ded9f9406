//! The virtual networks of a connection.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::{ConfigScope, MetadataItem};
use crate::error::Result;
use crate::model::domain::devices::Bandwidth;
use crate::model::network::NetworkUpdate;
use crate::model::{MacAddress, NetworkConfig, NetworkPortConfig};
use crate::network::{
    DhcpLease, NetworkFilter, NetworkInfo, NetworkPortRef, NetworkRef, NetworkSelector, NetworkXmlOptions,
};

/// The virtual networks of a connection.
///
/// # Behaviour, for all methods
/// * A network is told by its uuid; the name in its reference is for messages. One that does not exist answers
///   `NotFound`.
/// * An operation the network's state does not allow answers `InvalidState`, and nothing has changed.
///
/// # Cancel safety
/// Dropping a future stops the waiting, not the work.
#[async_trait]
pub trait NetworkDriver: Send + Sync {
    /// The networks a filter shows, sorted by name (`virConnectListAllNetworks`).
    async fn list(&self, call: &CallContext, filter: &NetworkFilter) -> Result<Vec<NetworkInfo>>;

    /// One network (`virNetworkLookupByName`, `virNetworkLookupByUUID`).
    ///
    /// # Errors
    /// `NotFound`, naming a few that do exist.
    async fn lookup(&self, call: &CallContext, selector: &NetworkSelector) -> Result<NetworkRef>;

    /// What is known of a network.
    async fn info(&self, call: &CallContext, network: &NetworkRef) -> Result<NetworkInfo>;

    /// A network's configuration (`virNetworkGetXMLDesc`).
    ///
    /// # Behaviour
    /// * Live when it is active, unless the inactive one is asked for; a transient network's inactive one is that of
    ///   its start.
    async fn config(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig>;

    /// Makes a definition durable (`virNetworkDefineXMLFlags`).
    ///
    /// # Behaviour
    /// * A missing uuid is made up. Same name and uuid as an existing network: its inactive configuration is replaced,
    ///   and an active transient one becomes persistent.
    /// * Emits `Defined`.
    ///
    /// # Errors
    /// `AlreadyExists` for a name or uuid that belongs to another network.
    async fn define(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef>;

    /// Makes a network active that has no definition (`virNetworkCreateXMLFlags`). Emits `Started`.
    ///
    /// # Errors
    /// As [`define`](Self::define); `InvalidState` or `AlreadyExists` when the network is active.
    async fn create(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef>;

    /// Removes a definition (`virNetworkUndefine`). An active network goes on as a transient one. Emits `Undefined`.
    async fn undefine(&self, call: &CallContext, network: &NetworkRef) -> Result<()>;

    /// Makes a network active (`virNetworkCreate`). Emits `Started`.
    async fn start(&self, call: &CallContext, network: &NetworkRef) -> Result<()>;

    /// Makes a network inactive (`virNetworkDestroy`); its ports and leases are gone, and so is a transient one. Emits
    /// `Stopped`.
    async fn destroy(&self, call: &CallContext, network: &NetworkRef) -> Result<()>;

    /// Whether it starts by itself (`virNetworkSetAutostart`). Idempotent; `InvalidState` for a transient network.
    async fn set_autostart(&self, call: &CallContext, network: &NetworkRef, autostart: bool) -> Result<()>;

    /// Changes one part of a network (`virNetworkUpdate`).
    ///
    /// # Errors
    /// `InvalidConfig` for a part that is malformed; `InvalidState` for one that is there already, or is not there;
    /// `Unsupported` for a section that can't be changed so.
    async fn update(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()>;

    /// Changes title, description or an element of the metadata (`virNetworkSetMetadata`). Emits `MetadataChanged`.
    async fn set_metadata(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()>;

    /// The addresses an active network has lent, all or those of one Ethernet address, sorted by address
    /// (`virNetworkGetDHCPLeases`).
    async fn dhcp_leases(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>>;

    /// An active network's ports, sorted by uuid (`virNetworkListAllPorts`).
    async fn ports(&self, call: &CallContext, network: &NetworkRef) -> Result<Vec<NetworkPortRef>>;

    /// One port (`virNetworkPortLookupByUUID`).
    async fn port(&self, call: &CallContext, network: &NetworkRef, port: Uuid) -> Result<NetworkPortRef>;

    /// Makes a port on an active network (`virNetworkPortCreateXML`). A missing uuid is made up.
    ///
    /// # Errors
    /// `AlreadyExists` for a uuid that another port of the network has.
    async fn create_port(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef>;

    /// A port's configuration (`virNetworkPortGetXMLDesc`).
    async fn port_config(&self, call: &CallContext, port: &NetworkPortRef) -> Result<NetworkPortConfig>;

    /// Changes a port's limits (`virNetworkPortSetParameters`).
    async fn set_port_bandwidth(
        &self,
        call: &CallContext,
        port: &NetworkPortRef,
        bandwidth: &Bandwidth,
    ) -> Result<()>;

    /// Deletes a port (`virNetworkPortDelete`).
    async fn delete_port(&self, call: &CallContext, port: &NetworkPortRef) -> Result<()>;
}
