//! The connection.

use std::any::Any;

use async_trait::async_trait;
use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::driver::{
    AgentDriver, ConnectionDriver, ConsoleDriver, DeviceDriver, DomainDriver, SnapshotDriver,
    StatisticsDriver,
};
use virt_core::event::{EventFilter, EventStream};
use virt_core::{CallContext, Capabilities, Capability, Outcome, Result, Support};
use virt_manager::Embedded as _;

use super::EmbedDriver;

/// What this manager can do.
const CAN: &[Capability] = &[
    Capability::PersistentDomains,
    Capability::TransientDomains,
    Capability::AutoDestroy,
    Capability::Suspend,
    Capability::ShutdownSignal,
    Capability::ShutdownInitControl,
    Capability::Reboot,
    Capability::DestroyGraceful,
    Capability::Rename,
    Capability::Autostart,
    Capability::Metadata,
    Capability::LifecycleActions,
    Capability::SetMemory,
    Capability::SetMaxMemory,
    Capability::Console,
    Capability::ConsoleScrollback,
    Capability::Agent,
    Capability::Statistics,
    Capability::Events,
    Capability::DeviceAttach,
    Capability::DeviceUpdate,
    Capability::InterfaceAddresses,
    Capability::Snapshots,
];

#[async_trait]
impl ConnectionDriver for EmbedDriver {
    fn name(&self) -> &'static str {
        "LXC"
    }

    fn capabilities(&self) -> Capabilities {
        CAN.iter()
            .fold(Capabilities::none(), |can, one| can.with(*one, Support::Yes))
    }

    async fn node_info(&self, _call: &CallContext) -> Result<NodeInfo> {
        Ok(NodeInfo::from(self.manager.facts().as_ref()))
    }

    async fn version(&self, call: &CallContext) -> Result<HypervisorVersion> {
        call.bound(Outcome::NotApplied, self.manager.version()).await
    }

    fn is_alive(&self) -> bool {
        self.manager.root.life.is_open()
    }

    async fn subscribe(&self, _call: &CallContext, filter: EventFilter) -> Result<EventStream> {
        self.manager.root.life.check_open()?;
        Ok(self.manager.root.events.subscribe(filter))
    }

    fn domains(&self) -> &dyn DomainDriver {
        &self.domains
    }

    fn consoles(&self) -> Option<&dyn ConsoleDriver> {
        Some(self)
    }

    fn agents(&self) -> Option<&dyn AgentDriver> {
        Some(self)
    }

    fn statistics(&self) -> Option<&dyn StatisticsDriver> {
        Some(self)
    }

    fn snapshots(&self) -> Option<&dyn SnapshotDriver> {
        Some(self)
    }

    fn devices(&self) -> Option<&dyn DeviceDriver> {
        Some(self)
    }

    async fn shutdown(&self, call: &CallContext) -> Result<()> {
        self.manager.shut_down(call).await
    }

    fn close(&self) {
        self.manager.begin_end();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
