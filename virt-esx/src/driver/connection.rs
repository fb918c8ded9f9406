//! The connection.

use std::any::Any;

use async_trait::async_trait;
use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::driver::{
    AgentDriver, ConnectionDriver, DeviceDriver, DomainDriver, JobDriver, MigrationDriver, NetworkDriver,
    NodeDriver, SaveDriver, ScreenDriver, SnapshotDriver, StatisticsDriver, StorageDriver,
};
use virt_core::event::{EventFilter, EventStream};
use virt_core::{CallClass, CallContext, Capabilities, Capability, Result, Support};

use super::EsxDriver;
use crate::session::is_vcenter;

/// What this driver can do.
const CAN: &[Capability] = &[
    Capability::PersistentDomains,
    Capability::Suspend,
    Capability::ShutdownAgent,
    Capability::Reboot,
    Capability::Reset,
    Capability::DestroyGraceful,
    Capability::Rename,
    Capability::Autostart,
    Capability::DeviceAttach,
    Capability::DeviceUpdate,
    Capability::BlockInfo,
    Capability::BlockResize,
    Capability::InterfaceAddresses,
    Capability::SetVcpus,
    Capability::SetMaxMemory,
    Capability::Statistics,
    Capability::Events,
    Capability::StoragePools,
    Capability::StorageVolumes,
    Capability::VolumeResize,
    Capability::VolumeWipe,
    Capability::VolumeTransfer,
    Capability::Agent,
    Capability::Screenshot,
    Capability::Snapshots,
    Capability::JobStatistics,
    Capability::HostCapabilities,
    Capability::DomainCapabilities,
];

/// What it can do of servers of this version and later.
const CAN_SINCE: &[(Capability, (u32, u32))] =
    &[(Capability::SendKeys, (6, 5)), (Capability::InjectNmi, (6, 0))];

/// What it can do in part: networks are defined, changed and removed, and never end; a machine that is saved shows as paused; of
/// what a host does it tells how busy it is, and not what it has done since it was started.
const MAY: &[Capability] = &[
    Capability::Networks,
    Capability::NetworkUpdate,
    Capability::ManagedSave,
    Capability::HostStatistics,
];

/// What it can do besides, on a vCenter.
const CAN_ON_VCENTER: &[Capability] = &[Capability::Migration, Capability::PeerToPeerMigration];

#[async_trait]
impl ConnectionDriver for EsxDriver {
    fn name(&self) -> &'static str {
        "ESX"
    }

    fn capabilities(&self) -> Capabilities {
        let version = self.product_version();
        let has = |since: (u32, u32)| (version.major, version.minor) >= since;
        let since = CAN_SINCE.iter().filter(|(_, since)| has(*since));
        let on_vcenter = CAN_ON_VCENTER.iter().filter(|_| self.is_of_vcenter());
        let can = CAN.iter().chain(since.map(|(one, _)| one)).chain(on_vcenter);
        let can = can.fold(Capabilities::none(), |can, one| can.with(*one, Support::Yes));
        MAY.iter().fold(can, |can, one| can.with(*one, Support::Unknown))
    }

    async fn node_info(&self, call: &CallContext) -> Result<NodeInfo> {
        self.server.check_open()?;
        self.host_info(call).await
    }

    async fn version(&self, _call: &CallContext) -> Result<HypervisorVersion> {
        self.server.check_open()?;
        Ok(self.product_version())
    }

    fn is_alive(&self) -> bool {
        self.server.is_open()
    }

    async fn subscribe(&self, _call: &CallContext, filter: EventFilter) -> Result<EventStream> {
        let stream = self.server.events.subscribe(filter);
        // In this order: one that is there before the end is ended with the others.
        self.server.check_open()?;
        Ok(stream)
    }

    fn domains(&self) -> &dyn DomainDriver {
        self
    }

    fn storage(&self) -> Option<&dyn StorageDriver> {
        Some(self)
    }

    fn agents(&self) -> Option<&dyn AgentDriver> {
        Some(self)
    }

    fn screens(&self) -> Option<&dyn ScreenDriver> {
        Some(self)
    }

    fn networks(&self) -> Option<&dyn NetworkDriver> {
        Some(self)
    }

    fn jobs(&self) -> Option<&dyn JobDriver> {
        Some(self)
    }

    fn migration(&self) -> Option<&dyn MigrationDriver> {
        self.is_of_vcenter().then_some(self)
    }

    fn saving(&self) -> Option<&dyn SaveDriver> {
        Some(self)
    }

    fn snapshots(&self) -> Option<&dyn SnapshotDriver> {
        Some(self)
    }

    fn devices(&self) -> Option<&dyn DeviceDriver> {
        Some(self)
    }

    fn statistics(&self) -> Option<&dyn StatisticsDriver> {
        Some(self)
    }

    fn node(&self) -> Option<&dyn NodeDriver> {
        Some(self)
    }

    async fn shutdown(&self, call: &CallContext) -> Result<()> {
        self.server.close(call).await
    }

    fn close(&self) {
        let server = std::sync::Arc::clone(&self.server);
        server.stop();
        let time = server.deadlines.of(CallClass::Query);
        // Without a runtime the session ends by itself, after the server's time.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        drop(runtime.spawn(async move {
            let call = CallContext::new("close", CallClass::Query, time);
            if let Err(error) = server.close(&call).await {
                tracing::debug!(%error, "a session is left to end by itself");
            }
        }));
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl EsxDriver {
    fn is_of_vcenter(&self) -> bool {
        is_vcenter(self.server.session.content())
    }
}
