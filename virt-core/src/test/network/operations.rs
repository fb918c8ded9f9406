//! Networks that become active, and end.

use uuid::Uuid;

use super::definitions::already_active;
use super::record::{NetworkRecord, NetworkRun};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, NetworkChange, NetworkEvent};
use crate::network::{NetworkFilter, NetworkInfo, NetworkRef};
use crate::sorted::sort_by_name;
use crate::test::world::{World, none_such};

impl World {
    pub(in crate::test) fn list_networks(&self, filter: &NetworkFilter) -> Vec<NetworkInfo> {
        let infos = self.networks.values().map(NetworkRecord::info);
        let mut shown: Vec<NetworkInfo> = infos.filter(|info| filter.matches(info)).collect();
        sort_by_name(&mut shown, |one| &one.network.name);
        shown
    }

    pub(in crate::test) fn network_info(&self, network: Uuid) -> Result<NetworkInfo> {
        Ok(self.network(network)?.info())
    }

    pub(in crate::test) fn start_network(&mut self, network: Uuid) -> Result<()> {
        let record = self.network_mut(network)?;
        if record.run.is_some() {
            return Err(already_active());
        }
        record.run = record.definition.clone().map(NetworkRun::new);
        let reference = record.reference().clone();
        self.network_started(&reference);
        Ok(())
    }

    /// Tells of it, and lends addresses to the guests that were waiting for one.
    pub(super) fn network_started(&mut self, network: &NetworkRef) {
        self.tell_network(network, NetworkChange::Started);
        let domains: Vec<Uuid> = self.domains.keys().copied().collect();
        for domain in domains {
            self.lend_addresses(domain);
        }
    }

    pub(in crate::test) fn destroy_network(&mut self, network: Uuid) -> Result<()> {
        let record = self.network_mut(network)?;
        record.active()?;
        record.run = None;
        let (is_persistent, reference) = (record.definition.is_some(), record.reference().clone());
        if !is_persistent {
            self.networks.remove(&network);
        }
        self.tell_network(&reference, NetworkChange::Stopped);
        Ok(())
    }

    pub(super) fn network(&self, network: Uuid) -> Result<&NetworkRecord> {
        self.networks.get(&network).ok_or_else(|| self.no_such_network())
    }

    pub(super) fn network_mut(&mut self, network: Uuid) -> Result<&mut NetworkRecord> {
        if !self.networks.contains_key(&network) {
            return Err(self.no_such_network());
        }
        self.networks
            .get_mut(&network)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a network vanished while nobody touched it"))
    }

    pub(super) fn no_such_network(&self) -> Error {
        let references = self.networks.values().map(NetworkRecord::reference);
        none_such("network", references.map(|known| known.name.as_str()))
    }

    pub(super) fn tell_network(&self, network: &NetworkRef, change: NetworkChange) {
        self.tell(&Event::Network(NetworkEvent::now(network.clone(), change)));
    }
}
