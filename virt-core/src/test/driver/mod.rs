//! The driver: one file per trait.

mod agents;
mod consoles;
mod definitions;
mod device_changes;
mod devices;
mod domains;
mod jobs;
mod migration;
mod networks;
mod node;
mod operations;
mod saved;
mod screens;
mod secrets;
mod snapshots;
mod statistics;
mod storage;
mod transfers;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::lane::LaneKey;
use super::machine;
use super::world::{Link, Shared, World};
use crate::capabilities::Capabilities;
use crate::connection::{HypervisorVersion, NodeInfo};
use crate::deadline::CallContext;
use crate::driver::{
    AgentDriver, ConnectionDriver, ConsoleDriver, DeviceDriver, DomainDriver, JobDriver, MigrationDriver,
    NetworkDriver, NodeDriver, SaveDriver, ScreenDriver, SecretDriver, SnapshotDriver, StatisticsDriver,
    StorageDriver,
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

    /// Carries a change of an object that is no domain out, in its lane.
    async fn on_object<T: Send + 'static>(
        &self,
        call: &CallContext,
        object: Uuid,
        work: impl FnOnce(&mut World) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.change(call, LaneKey::Object(object), work).await
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
        self.shared.query(call, None, |_| Ok(machine::node_info())).await
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

    fn networks(&self) -> Option<&dyn NetworkDriver> {
        Some(self)
    }

    fn secrets(&self) -> Option<&dyn SecretDriver> {
        Some(self)
    }

    fn node(&self) -> Option<&dyn NodeDriver> {
        Some(self)
    }

    fn storage(&self) -> Option<&dyn StorageDriver> {
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
