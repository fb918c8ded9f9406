//! Networks: the standard switches of a host, as libvirt has them, and what a vCenter adds to them, to be read.
//!
//! A standard switch is a network; its port groups are the network's. Distributed port groups and opaque networks are
//! networks as well, which the vCenter, or NSX, changes. Where a connection is about several hosts there is no one switch
//! of a name: port groups are shown by themselves then.

mod changes;
mod document;
mod found;
mod identity;
mod shaping;
mod steps;
mod users;
mod wanted;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::driver::NetworkDriver;
use virt_core::event::{Event, NetworkChange, NetworkEvent};
use virt_core::model::domain::devices::Bandwidth;
use virt_core::model::network::NetworkUpdate;
use virt_core::model::{MacAddress, NetworkConfig, NetworkPortConfig};
use virt_core::network::{
    DhcpLease, NetworkFilter, NetworkInfo, NetworkPortRef, NetworkRef, NetworkSelector, NetworkXmlOptions,
};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::EsxDriver;

#[async_trait]
impl NetworkDriver for EsxDriver {
    async fn list(&self, call: &CallContext, filter: &NetworkFilter) -> Result<Vec<NetworkInfo>> {
        self.server.check_open()?;
        let found = self.networks_there(call).await?;
        let infos = found
            .networks
            .into_iter()
            .map(|network| info_of(network.reference));
        let mut infos: Vec<NetworkInfo> = infos.filter(|info| filter.matches(info)).collect();
        infos.sort_unstable_by(|a, b| a.network.name.cmp(&b.network.name));
        Ok(infos)
    }

    async fn lookup(&self, call: &CallContext, selector: &NetworkSelector) -> Result<NetworkRef> {
        self.server.check_open()?;
        let found = self.networks_there(call).await?;
        found.select(selector).map(|network| network.reference.clone())
    }

    async fn info(&self, call: &CallContext, network: &NetworkRef) -> Result<NetworkInfo> {
        self.server.check_open()?;
        let found = self.networks_there(call).await?;
        found
            .existing(network)
            .map(|network| info_of(network.reference.clone()))
    }

    async fn config(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        _options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig> {
        self.server.check_open()?;
        self.network_document(call, network).await
    }

    async fn define(&self, call: &CallContext, config: &NetworkConfig) -> Result<NetworkRef> {
        self.server.check_may_change()?;
        self.define_switch(call, config).await
    }

    async fn create(&self, _call: &CallContext, _config: &NetworkConfig) -> Result<NetworkRef> {
        self.server.check_may_change()?;
        Err(Error::unsupported(
            "a network of ESX stays: there are no transient ones, define it",
        ))
    }

    async fn undefine(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        self.server.check_may_change()?;
        self.remove_switch(call, network).await
    }

    async fn start(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        self.server.check_may_change()?;
        self.networks_there(call).await?.existing(network)?;
        Err(Error::new(
            ErrorKind::InvalidState,
            "a network of ESX is active for as long as it is there",
        )
        .with_outcome(Outcome::NotApplied))
    }

    async fn destroy(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        self.server.check_may_change()?;
        self.networks_there(call).await?.existing(network)?;
        Err(Error::unsupported(
            "a network of ESX is active for as long as it is there: undefine it",
        ))
    }

    async fn set_autostart(&self, call: &CallContext, network: &NetworkRef, autostart: bool) -> Result<()> {
        self.server.check_may_change()?;
        self.networks_there(call).await?.existing(network)?;
        if autostart {
            return Ok(());
        }
        Err(Error::unsupported(
            "a network of ESX starts with its host, always",
        ))
    }

    async fn update(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()> {
        self.server.check_may_change()?;
        if scope == ConfigScope::Config {
            return Err(Error::unsupported(
                "a network of ESX has one configuration, which is in force: change the current one",
            ));
        }
        self.update_switch(call, network, update).await
    }

    async fn set_metadata(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        _item: &MetadataItem,
        _scope: ConfigScope,
    ) -> Result<()> {
        self.server.check_may_change()?;
        self.networks_there(call).await?.existing(network)?;
        Err(Error::unsupported(
            "a network of ESX has no title, description or metadata",
        ))
    }

    async fn dhcp_leases(
        &self,
        _call: &CallContext,
        _network: &NetworkRef,
        _mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>> {
        self.server.check_open()?;
        Err(Error::unsupported(
            "networks of ESX lend no addresses: a guest's own are told by its VMware Tools",
        ))
    }

    async fn ports(&self, _call: &CallContext, _network: &NetworkRef) -> Result<Vec<NetworkPortRef>> {
        self.server.check_open()?;
        Err(no_ports())
    }

    async fn port(&self, _call: &CallContext, _network: &NetworkRef, _port: Uuid) -> Result<NetworkPortRef> {
        self.server.check_open()?;
        Err(no_ports())
    }

    async fn create_port(
        &self,
        _call: &CallContext,
        _network: &NetworkRef,
        _config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef> {
        self.server.check_may_change()?;
        Err(no_ports())
    }

    async fn port_config(&self, _call: &CallContext, _port: &NetworkPortRef) -> Result<NetworkPortConfig> {
        self.server.check_open()?;
        Err(no_ports())
    }

    async fn set_port_bandwidth(
        &self,
        _call: &CallContext,
        _port: &NetworkPortRef,
        _bandwidth: &Bandwidth,
    ) -> Result<()> {
        self.server.check_may_change()?;
        Err(no_ports())
    }

    async fn delete_port(&self, _call: &CallContext, _port: &NetworkPortRef) -> Result<()> {
        self.server.check_may_change()?;
        Err(no_ports())
    }
}

impl EsxDriver {
    /// Tells what we have done to a network.
    fn tell_network(&self, network: &NetworkRef, changes: impl IntoIterator<Item = NetworkChange>) {
        for change in changes {
            let event = NetworkEvent::now(network.clone(), change);
            self.server.events.publish(&Event::Network(event));
        }
    }
}

/// Networks of ESX are there, and then they work.
fn info_of(reference: NetworkRef) -> NetworkInfo {
    let mut info = NetworkInfo::inactive(reference);
    info.active = true;
    info.autostart = true;
    info
}

fn no_ports() -> Error {
    Error::unsupported("networks of ESX have port groups, and no ports of their own that could be named")
}
