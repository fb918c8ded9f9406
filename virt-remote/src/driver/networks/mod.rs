//! The networks: `NetworkDriver`, over the procedures of the same names.

mod definitions;
mod leases;
mod lists;
mod ports;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::driver::NetworkDriver;
use virt_core::model::domain::devices::Bandwidth;
use virt_core::model::network::NetworkUpdate;
use virt_core::model::{MacAddress, NetworkConfig, NetworkPortConfig};
use virt_core::network::{
    DhcpLease, NetworkFilter, NetworkInfo, NetworkPortRef, NetworkRef, NetworkSelector, NetworkXmlOptions,
};
use virt_core::{CallContext, Result};

use super::hypervisor::Hypervisor;
use super::{RemoteConnection, objects};
use crate::protocol::remote::network::{
    NetworkCreate, NetworkCreateArgs, NetworkDestroy, NetworkDestroyArgs, NetworkSetAutostart,
    NetworkSetAutostartArgs,
};

#[async_trait]
impl NetworkDriver for RemoteConnection {
    async fn list(&self, call: &CallContext, filter: &NetworkFilter) -> Result<Vec<NetworkInfo>> {
        self.list_networks(call, filter).await
    }

    async fn lookup(&self, call: &CallContext, selector: &NetworkSelector) -> Result<NetworkRef> {
        self.look_up_network(call, selector).await
    }

    async fn info(&self, call: &CallContext, network: &NetworkRef) -> Result<NetworkInfo> {
        self.network_info(call, network).await
    }

    async fn config(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig> {
        self.network_config(call, network, options).await
    }

    async fn define(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef> {
        self.define_network(call, config).await
    }

    async fn create(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef> {
        self.create_network(call, config).await
    }

    async fn undefine(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        self.undefine_network(call, network).await
    }

    async fn start(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        let net = objects::network(network);
        Ok(self
            .link
            .call::<NetworkCreate>(call, &NetworkCreateArgs { net })
            .await?)
    }

    async fn destroy(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        if self.hypervisor == Hypervisor::Test {
            self.refuse_inactive(call, network).await?;
        }
        let net = objects::network(network);
        Ok(self
            .link
            .call::<NetworkDestroy>(call, &NetworkDestroyArgs { net })
            .await?)
    }

    async fn set_autostart(&self, call: &CallContext, network: &NetworkRef, autostart: bool) -> Result<()> {
        if self.hypervisor == Hypervisor::Test {
            self.refuse_transient(call, network).await?;
        }
        let args = NetworkSetAutostartArgs {
            net: objects::network(network),
            autostart: i32::from(autostart),
        };
        Ok(self.link.call::<NetworkSetAutostart>(call, &args).await?)
    }

    async fn update(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()> {
        self.update_network(call, network, update, scope).await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        self.set_network_metadata(call, network, item, scope).await
    }

    async fn dhcp_leases(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>> {
        self.network_leases(call, network, mac).await
    }

    async fn ports(&self, call: &CallContext, network: &NetworkRef) -> Result<Vec<NetworkPortRef>> {
        self.network_ports(call, network).await
    }

    async fn port(&self, call: &CallContext, network: &NetworkRef, port: Uuid) -> Result<NetworkPortRef> {
        self.network_port(call, network, port).await
    }

    async fn create_port(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef> {
        self.create_network_port(call, network, config).await
    }

    async fn port_config(&self, call: &CallContext, port: &NetworkPortRef) -> Result<NetworkPortConfig> {
        self.network_port_config(call, port).await
    }

    async fn set_port_bandwidth(
        &self,
        call: &CallContext,
        port: &NetworkPortRef,
        bandwidth: &Bandwidth,
    ) -> Result<()> {
        self.limit_network_port(call, port, bandwidth).await
    }

    async fn delete_port(&self, call: &CallContext, port: &NetworkPortRef) -> Result<()> {
        self.delete_network_port(call, port).await
    }
}
