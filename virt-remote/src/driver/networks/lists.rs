//! Lists, look-ups, and what is known of a network.

use std::collections::HashSet;

use futures::future::join_all;
use uuid::Uuid;
use virt_core::model::NetworkConfig;
use virt_core::network::{NetworkFilter, NetworkInfo, NetworkRef, NetworkSelector, NetworkXmlOptions};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::{RemoteConnection, document, objects, refusal};
use crate::protocol::remote::network::{
    ConnectListAllNetworks, ConnectListAllNetworksArgs, NetworkGetAutostart, NetworkGetAutostartArgs,
    NetworkGetBridgeName, NetworkGetBridgeNameArgs, NetworkGetXmlDesc, NetworkGetXmlDescArgs,
    NetworkIsActive, NetworkIsActiveArgs, NetworkIsPersistent, NetworkIsPersistentArgs, NetworkLookupByName,
    NetworkLookupByNameArgs, NetworkLookupByUuid, NetworkLookupByUuidArgs,
};
use crate::protocol::remote::object::Network;
use crate::rpc::RpcResult;

/// `virConnectListAllNetworksFlags`.
const ACTIVE: u32 = 1 << 1;
const PERSISTENT: u32 = 1 << 2;
const AUTOSTART: u32 = 1 << 4;

/// `VIR_NETWORK_XML_INACTIVE`.
const INACTIVE_XML: u32 = 1;

impl RemoteConnection {
    /// What is known of all networks takes four lists, however many there are, and a bridge's name each.
    pub(super) async fn list_networks(
        &self,
        call: &CallContext,
        filter: &NetworkFilter,
    ) -> Result<Vec<NetworkInfo>> {
        let (all, active, persistent, autostart) = tokio::join!(
            self.networks(call, 0),
            self.networks(call, ACTIVE),
            self.networks(call, PERSISTENT),
            self.networks(call, AUTOSTART),
        );
        let uuids = |networks: Vec<Network>| -> HashSet<Uuid> {
            networks.into_iter().map(|network| network.uuid).collect()
        };
        let (active, persistent, autostart) = (uuids(active?), uuids(persistent?), uuids(autostart?));
        let described = all?.into_iter().map(|network| {
            let mut info = NetworkInfo::inactive(objects::network_ref(&network));
            info.active = active.contains(&network.uuid);
            info.persistent = persistent.contains(&network.uuid);
            info.autostart = autostart.contains(&network.uuid);
            info
        });
        let mut shown: Vec<NetworkInfo> = described.filter(|info| filter.matches(info)).collect();
        let bridges = shown
            .iter()
            .map(|info| self.bridge_name(call, objects::network(&info.network)));
        let bridges = join_all(bridges).await;
        for (info, bridge) in shown.iter_mut().zip(bridges) {
            info.bridge = bridge?;
        }
        shown.sort_by(|a, b| a.network.name.cmp(&b.network.name));
        Ok(shown)
    }

    async fn networks(&self, call: &CallContext, flags: u32) -> RpcResult<Vec<Network>> {
        let args = ConnectListAllNetworksArgs {
            need_results: 1,
            flags,
        };
        Ok(self.link.call::<ConnectListAllNetworks>(call, &args).await?.nets)
    }

    pub(super) async fn look_up_network(
        &self,
        call: &CallContext,
        selector: &NetworkSelector,
    ) -> Result<NetworkRef> {
        let found = match selector {
            NetworkSelector::Uuid(uuid) => self.network_of_uuid(call, *uuid).await,
            named => self.network_of_name(call, &named.to_string()).await,
        };
        match found {
            Ok(found) => Ok(objects::network_ref(&found)),
            Err(error) if refusal::is_gone(&error) => {
                let there_are = self.networks(call, 0).await.ok();
                let names = there_are.map(|all| all.into_iter().map(|one| one.name.into_text()).collect());
                Err(objects::no_such("network", names).with_source(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn network_of_uuid(&self, call: &CallContext, uuid: Uuid) -> RpcResult<Network> {
        let args = NetworkLookupByUuidArgs { uuid };
        Ok(self.link.call::<NetworkLookupByUuid>(call, &args).await?.net)
    }

    pub(super) async fn network_of_name(&self, call: &CallContext, name: &str) -> RpcResult<Network> {
        let args = NetworkLookupByNameArgs { name: name.into() };
        Ok(self.link.call::<NetworkLookupByName>(call, &args).await?.net)
    }

    pub(super) async fn network_info(&self, call: &CallContext, network: &NetworkRef) -> Result<NetworkInfo> {
        let net = objects::network(network);
        let (persistent, autostart) = (
            NetworkIsPersistentArgs { net: net.clone() },
            NetworkGetAutostartArgs { net: net.clone() },
        );
        // Asked together: they take one round trip.
        let (found, active, persistent, autostart, bridge) = tokio::join!(
            self.network_of_uuid(call, network.uuid),
            self.is_active_network(call, net.clone()),
            self.link.call::<NetworkIsPersistent>(call, &persistent),
            self.link.call::<NetworkGetAutostart>(call, &autostart),
            self.bridge_name(call, net.clone()),
        );
        let mut info = NetworkInfo::inactive(objects::network_ref(&found?));
        info.active = active?;
        info.persistent = persistent?.persistent != 0;
        info.autostart = match autostart {
            Ok(found) => found.autostart != 0,
            // A transient network can't start by itself, and some drivers say so.
            Err(_) if !info.persistent => false,
            Err(error) => return Err(error.into()),
        };
        info.bridge = bridge?;
        Ok(info)
    }

    pub(super) async fn is_active_network(&self, call: &CallContext, net: Network) -> RpcResult<bool> {
        let args = NetworkIsActiveArgs { net };
        let found = self.link.call::<NetworkIsActive>(call, &args).await?;
        Ok(found.active != 0)
    }

    /// Refuses an inactive network, where the driver does not.
    pub(super) async fn refuse_inactive(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        match self.is_active_network(call, objects::network(network)).await? {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::InvalidState,
                "the network is not active: start it",
            )),
        }
    }

    /// Refuses a transient network, where the driver does not.
    pub(super) async fn refuse_transient(&self, call: &CallContext, network: &NetworkRef) -> Result<()> {
        match self.network_info(call, network).await?.persistent {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::InvalidState,
                "the network is transient: it has no definition (define it to keep it)",
            )),
        }
    }

    /// The name of a network's bridge. That there is none is a refusal like many others: any but that the network is
    /// gone is taken for it.
    async fn bridge_name(&self, call: &CallContext, net: Network) -> RpcResult<Option<String>> {
        let args = NetworkGetBridgeNameArgs { net };
        match self.link.call::<NetworkGetBridgeName>(call, &args).await {
            Ok(found) => Ok(Some(found.name.into_text()).filter(|name| !name.is_empty())),
            Err(error) if error.libvirt().is_some() && !refusal::is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn network_config(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig> {
        let mut args = NetworkGetXmlDescArgs {
            net: objects::network(network),
            flags: if options.inactive { INACTIVE_XML } else { 0 },
        };
        let text = match self.link.call::<NetworkGetXmlDesc>(call, &args).await {
            // libvirt's test driver knows of no other document than the present one: of an inactive network, the same.
            Err(error)
                if refusal::is_unknown_flag(&error) && !self.network_info(call, network).await?.active =>
            {
                args.flags = 0;
                self.link.call::<NetworkGetXmlDesc>(call, &args).await?.xml
            }
            answer => answer?.xml,
        };
        NetworkConfig::from_xml(&text.text()).map_err(|error| document::not_understood("network", error))
    }
}
