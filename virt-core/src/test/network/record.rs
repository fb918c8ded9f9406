//! What the driver knows of one network.

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{NetworkConfig, NetworkPortConfig};
use crate::network::{DhcpLease, NetworkInfo, NetworkRef};
use crate::sorted::SortedMap;

/// One network: its definition, and what is active of it.
#[derive(Debug)]
pub(in crate::test) struct NetworkRecord {
    reference: NetworkRef,
    /// What the next start uses; a transient network has none.
    pub(super) definition: Option<NetworkConfig>,
    pub(super) run: Option<NetworkRun>,
    pub(super) autostart: bool,
}

/// A network while it is active.
#[derive(Debug)]
pub(super) struct NetworkRun {
    pub(super) config: NetworkConfig,
    /// The configuration it was started with, as it was then.
    pub(super) at_start: NetworkConfig,
    pub(super) ports: SortedMap<Uuid, NetworkPortConfig>,
    pub(super) leases: Vec<DhcpLease>,
}

impl NetworkRun {
    pub(super) fn new(config: NetworkConfig) -> Self {
        Self {
            at_start: config.clone(),
            config,
            ports: SortedMap::new(),
            leases: Vec::new(),
        }
    }

    /// The device of the host.
    pub(super) fn bridge(&self) -> Option<&str> {
        bridge_of(&self.config)
    }
}

/// The bridge a document names.
pub(super) fn bridge_of(config: &NetworkConfig) -> Option<&str> {
    config.bridge.as_ref()?.name.as_deref()
}

impl NetworkRecord {
    pub(super) fn new(reference: NetworkRef) -> Self {
        Self {
            reference,
            definition: None,
            run: None,
            autostart: false,
        }
    }

    pub(super) fn reference(&self) -> &NetworkRef {
        &self.reference
    }

    /// The configuration in force: of the run, else of the next one.
    pub(super) fn config(&self) -> Option<&NetworkConfig> {
        self.run
            .as_ref()
            .map(|run| &run.config)
            .or(self.definition.as_ref())
    }

    /// What an active network is doing.
    pub(super) fn active(&mut self) -> Result<&mut NetworkRun> {
        self.run
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::InvalidState, "the network is not active: start it"))
    }

    pub(super) fn info(&self) -> NetworkInfo {
        let mut info = NetworkInfo::inactive(self.reference.clone());
        info.active = self.run.is_some();
        info.persistent = self.definition.is_some();
        info.autostart = self.autostart;
        info.bridge = self.config().and_then(bridge_of).map(str::to_owned);
        info
    }
}
