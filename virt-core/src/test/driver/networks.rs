//! The networks of the test driver: which work each call is.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::{ConfigScope, MetadataItem};
use crate::driver::NetworkDriver;
use crate::error::Result;
use crate::model::domain::devices::Bandwidth;
use crate::model::network::NetworkUpdate;
use crate::model::{MacAddress, NetworkConfig, NetworkPortConfig};
use crate::network::{
    DhcpLease, NetworkFilter, NetworkInfo, NetworkPortRef, NetworkRef, NetworkSelector, NetworkXmlOptions,
};

#[async_trait]
impl NetworkDriver for TestDriver {
    async fn list(&self, call: &CallContext, filter: &NetworkFilter) -> Result<Vec<NetworkInfo>> {
        self.shared
            .query(call, None, |world| Ok(world.list_networks(filter)))
            .await
    }

    async fn lookup(&self, call: &CallContext, selector: &NetworkSelector) -> Result<NetworkRef> {
        self.shared
            .query(call, None, |world| world.lookup_network(selector))
            .await
    }

    async fn info(&self, call: &CallContext, network: &NetworkRef) -> Result<NetworkInfo> {
        self.shared
            .query(call, None, |world| world.network_info(network.uuid))
            .await
    }

    async fn config(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig> {
        self.shared
            .query(call, None, |world| world.network_config(network.uuid, options))
            .await
    }

    async fn define(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef> {
        let (lane, config) = (config.uuid.unwrap_or_else(Uuid::new_v4), config.clone());
        self.on_object(call, lane, move |world| world.define_network(config))
            .await
    }

    async fn create(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef> {
        let (lane, config) = (config.uuid.unwrap_or_else(Uuid::new_v4), config.clone());
        self.on_object(call, lane, move |world| world.create_network(config))
            .await
    }

    async fn undefine(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let network = network.uuid;
        self.on_object(call, network, move |world| world.undefine_network(network))
            .await
    }

    async fn start(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let network = network.uuid;
        self.on_object(call, network, move |world| world.start_network(network))
            .await
    }

    async fn destroy(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let network = network.uuid;
        self.on_object(call, network, move |world| world.destroy_network(network))
            .await
    }

    async fn set_autostart(&self, call: &CallContext, network: &NetworkRef, autostart: bool) -> Result<()> {
        let network = network.uuid;
        self.on_object(call, network, move |world| {
            world.set_network_autostart(network, autostart)
        })
        .await
    }

    async fn update(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()> {
        let (network, update) = (network.uuid, update.clone());
        self.on_object(call, network, move |world| {
            world.update_network(network, &update, scope)
        })
        .await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let (network, item) = (network.uuid, item.clone());
        self.on_object(call, network, move |world| {
            world.set_network_metadata(network, &item, scope)
        })
        .await
    }

    async fn dhcp_leases(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>> {
        self.shared
            .query(call, None, |world| world.network_leases(network.uuid, mac))
            .await
    }

    async fn ports(&self, call: &CallContext, network: &NetworkRef) -> Result<Vec<NetworkPortRef>> {
        self.shared
            .query(call, None, |world| world.network_ports(network.uuid))
            .await
    }

    async fn port(&self, call: &CallContext, network: &NetworkRef, port: Uuid) -> Result<NetworkPortRef> {
        self.shared
            .query(call, None, |world| world.network_port(network.uuid, port))
            .await
    }

    async fn create_port(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef> {
        let (network, config) = (network.clone(), config.clone());
        self.on_object(call, network.uuid, move |world| {
            world.create_network_port(&network, &config)
        })
        .await
    }

    async fn port_config(&self, call: &CallContext, port: &NetworkPortRef) -> Result<NetworkPortConfig> {
        self.shared
            .query(call, None, |world| world.network_port_config(port))
            .await
    }

    async fn set_port_bandwidth(
        &self,
        call: &CallContext,
        port: &NetworkPortRef,
        bandwidth: &Bandwidth,
    ) -> Result<()> {
        let (port, bandwidth) = (port.clone(), bandwidth.clone());
        self.on_object(call, port.network.uuid, move |world| {
            world.set_network_port_bandwidth(&port, &bandwidth)
        })
        .await
    }

    async fn delete_port(&self, call: &CallContext, port: &NetworkPortRef) -> Result<()> {
        let port = port.clone();
        self.on_object(call, port.network.uuid, move |world| {
            world.delete_network_port(&port)
        })
        .await
    }
}
