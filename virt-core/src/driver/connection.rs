//! A connection's driver.

use std::any::Any;
use std::fmt;

use async_trait::async_trait;

use super::{
    AgentDriver, ConsoleDriver, DeviceDriver, DomainDriver, JobDriver, MigrationDriver, NetworkDriver,
    NodeDriver, SaveDriver, ScreenDriver, SecretDriver, SnapshotDriver, StatisticsDriver, StorageDriver,
};
use crate::capabilities::Capabilities;
use crate::connection::{HypervisorVersion, NodeInfo};
use crate::deadline::CallContext;
use crate::error::Result;
use crate::event::{EventFilter, EventStream};

/// An open connection, as its backend sees it.
#[async_trait]
pub trait ConnectionDriver: Send + Sync + fmt::Debug + 'static {
    /// The driver's name, as libvirt has it: `QEMU`, `Test`, `LXC` (`virConnectGetType`).
    fn name(&self) -> &'static str;

    /// What it can do. Conformance proves it.
    fn capabilities(&self) -> Capabilities;

    /// The machine it manages (`virNodeGetInfo`, `virConnectGetHostname`).
    async fn node_info(&self, call: &CallContext) -> Result<NodeInfo>;

    /// The hypervisor's version (`virConnectGetVersion`): of the default emulator where there are several.
    async fn version(&self, call: &CallContext) -> Result<HypervisorVersion>;

    /// Whether the connection still works (`virConnectIsAlive`): as far as known, without asking.
    fn is_alive(&self) -> bool;

    /// Events from now on: returns once subscribed.
    async fn subscribe(&self, call: &CallContext, filter: EventFilter) -> Result<EventStream>;

    /// The domains.
    fn domains(&self) -> &dyn DomainDriver;

    /// Consoles as byte streams.
    fn consoles(&self) -> Option<&dyn ConsoleDriver> {
        None
    }

    /// The guest agent.
    fn agents(&self) -> Option<&dyn AgentDriver> {
        None
    }

    /// Statistics in bulk.
    fn statistics(&self) -> Option<&dyn StatisticsDriver> {
        None
    }

    /// The devices of domains.
    fn devices(&self) -> Option<&dyn DeviceDriver> {
        None
    }

    /// Long work on domains.
    fn jobs(&self) -> Option<&dyn JobDriver> {
        None
    }

    /// Domains that move to another machine.
    fn migration(&self) -> Option<&dyn MigrationDriver> {
        None
    }

    /// Saved states of domains.
    fn saving(&self) -> Option<&dyn SaveDriver> {
        None
    }

    /// Screens and keyboards of domains.
    fn screens(&self) -> Option<&dyn ScreenDriver> {
        None
    }

    /// Snapshots of domains.
    fn snapshots(&self) -> Option<&dyn SnapshotDriver> {
        None
    }

    /// Virtual networks.
    fn networks(&self) -> Option<&dyn NetworkDriver> {
        None
    }

    /// Storage pools and volumes.
    fn storage(&self) -> Option<&dyn StorageDriver> {
        None
    }

    /// Secrets.
    fn secrets(&self) -> Option<&dyn SecretDriver> {
        None
    }

    /// The machine.
    fn node(&self) -> Option<&dyn NodeDriver> {
        None
    }

    /// Ends the connection in good order: what is in progress is finished, auto-destroy guests are destroyed, state is
    /// on disk, leases are given back. Everything after it answers `ConnectionLost`. Again: at once.
    async fn shutdown(&self, call: &CallContext) -> Result<()>;

    /// Cuts the connection: returns at once; auto-destroy guests are destroyed in the background as far as the runtime
    /// still lives. Again: nothing.
    fn close(&self);

    /// The driver itself, for a backend's own extensions.
    fn as_any(&self) -> &dyn Any;
}
