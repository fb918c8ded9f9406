//! The driver: one file per trait.

mod agents;
mod consoles;
mod definitions;
mod device_changes;
mod devices;
mod domains;
mod jobs;
mod migration;
mod operations;
mod saved;
mod screens;
mod snapshots;
mod statistics;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::world::{Link, Shared};
use crate::capabilities::Capabilities;
use crate::connection::{HypervisorVersion, NodeInfo};
use crate::deadline::CallContext;
use crate::driver::{
    AgentDriver, ConnectionDriver, ConsoleDriver, DeviceDriver, DomainDriver, JobDriver, MigrationDriver,
    SaveDriver, ScreenDriver, SnapshotDriver, StatisticsDriver,
};
use crate::error::Result;
use crate::event::{EventFilter, EventStream};

/// The driver of a `test:///` connection.
pub(super) struct TestDriver {
    pub(super) shared: Arc<Shared>,
}

impl TestDriver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Drop for TestDriver {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl fmt::Debug for TestDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDriver").finish_non_exhaustive()
    }
}

#[async_trait]
impl ConnectionDriver for TestDriver {
    fn name(&self) -> &'static str {
        "Test"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }

    async fn node_info(&self, call: &CallContext) -> Result<NodeInfo> {
        self.shared
            .query(call, None, |_| {
                Ok(NodeInfo {
                    hostname: "localhost".to_owned(),
                    arch: "x86_64".to_owned(),
                    cpu_model: "Test CPU".to_owned(),
                    memory_kib: 64 << 20,
                    cpus: 16,
                    mhz: 1400,
                    cells: 2,
                    sockets: 2,
                    cores: 2,
                    threads: 2,
                })
            })
            .await
    }

    async fn version(&self, call: &CallContext) -> Result<HypervisorVersion> {
        let version = HypervisorVersion {
            major: 1,
            minor: 0,
            micro: 0,
        };
        self.shared.query(call, None, |_| Ok(version)).await
    }

    fn is_alive(&self) -> bool {
        self.shared.link() == Link::Up
    }

    async fn subscribe(&self, call: &CallContext, filter: EventFilter) -> Result<EventStream> {
        self.shared
            .query(call, None, |world| Ok(world.events.subscribe(filter)))
            .await
    }

    fn domains(&self) -> &dyn DomainDriver {
        self
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

    fn devices(&self) -> Option<&dyn DeviceDriver> {
        Some(self)
    }

    fn jobs(&self) -> Option<&dyn JobDriver> {
        Some(self)
    }

    fn migration(&self) -> Option<&dyn MigrationDriver> {
        Some(self)
    }

    fn saving(&self) -> Option<&dyn SaveDriver> {
        Some(self)
    }

    fn screens(&self) -> Option<&dyn ScreenDriver> {
        Some(self)
    }

    fn snapshots(&self) -> Option<&dyn SnapshotDriver> {
        Some(self)
    }

    async fn shutdown(&self, call: &CallContext) -> Result<()> {
        self.shared.shutdown(call).await
    }

    fn close(&self) {
        self.shared.close();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
