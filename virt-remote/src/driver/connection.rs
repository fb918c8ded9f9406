//! A connection to a daemon, as the SDK sees it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::driver::{
    ConnectionDriver, ConsoleDriver, DeviceDriver, DomainDriver, MigrationDriver, SaveDriver, ScreenDriver, SnapshotDriver,
};
use virt_core::event::{EventFilter, EventStream};
use virt_core::{CallContext, Capabilities, Result};

use super::background::Background;
use super::capability;
use super::consoles::Consoles;
use super::domains::AutoDestroyed;
use super::events::Events;
use super::hypervisor::Hypervisor;
use super::link::Link;
use crate::protocol::remote::connect::{
    ConnectGetCapabilities, ConnectGetHostname, ConnectGetType, ConnectGetVersion,
};
use crate::protocol::remote::node::NodeGetInfo;
use crate::rpc::RpcEvents;
use crate::session::Session;

/// A connection to one driver of a libvirt daemon. Its traits are implemented a file each, beside this one.
pub struct RemoteConnection {
    pub(super) link: Arc<Link>,
    pub(super) hypervisor: Hypervisor,
    pub(super) events: Arc<Events>,
    pub(super) background: Arc<Background>,
    pub(super) auto_destroyed: AutoDestroyed,
    pub(super) consoles: Consoles,
}

impl RemoteConnection {
    /// Asks the daemon what it is.
    pub(super) async fn begin((session, _): (Session, RpcEvents), call: &CallContext) -> Result<Self> {
        let link = Arc::new(Link::new(session));
        let found = link.call::<ConnectGetType>(call, &()).await?;
        let hypervisor = Hypervisor::of(&found.type_.text());
        let background = Arc::new(Background::new());
        Ok(Self {
            events: Arc::new(Events::new(Arc::clone(&link), hypervisor)),
            link,
            hypervisor,
            background,
            auto_destroyed: AutoDestroyed::default(),
            consoles: Consoles::default(),
        })
    }
}

impl fmt::Debug for RemoteConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteConnection")
            .field("hypervisor", &self.hypervisor)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Drop for RemoteConnection {
    fn drop(&mut self) {
        self.close();
    }
}

#[async_trait]
impl ConnectionDriver for RemoteConnection {
    fn name(&self) -> &'static str {
        self.hypervisor.name()
    }

    fn capabilities(&self) -> Capabilities {
        capability::of(self.hypervisor)
    }

    async fn node_info(&self, call: &CallContext) -> Result<NodeInfo> {
        let (node, host, capabilities) = tokio::join!(
            self.link.call::<NodeGetInfo>(call, &()),
            self.link.call::<ConnectGetHostname>(call, &()),
            self.link.call::<ConnectGetCapabilities>(call, &()),
        );
        let (node, hostname) = (node?, host?.hostname.into_text());
        // Only they know what the processor is called; a driver may have none.
        let cpu_model = capabilities
            .ok()
            .and_then(|text| virt_core::model::Capabilities::from_xml(&text.capabilities.text()).ok())
            .and_then(|document| document.host?.cpu?.model?.name);
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        let mut info = NodeInfo::default();
        info.hostname = hostname;
        info.arch = node.model.text().into_owned();
        info.cpu_model = cpu_model.unwrap_or_default();
        info.memory_kib = node.memory;
        info.cpus = count(node.cpus);
        info.mhz = count(node.mhz);
        info.cells = count(node.nodes);
        info.sockets = count(node.sockets);
        info.cores = count(node.cores);
        info.threads = count(node.threads);
        Ok(info)
    }

    async fn version(&self, call: &CallContext) -> Result<HypervisorVersion> {
        let version = self.link.call::<ConnectGetVersion>(call, &()).await?.hv_ver;
        let part = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(HypervisorVersion {
            major: part(version / 1_000_000),
            minor: part(version / 1000 % 1000),
            micro: part(version % 1000),
        })
    }

    fn is_alive(&self) -> bool {
        self.link.is_up()
    }

    async fn subscribe(&self, call: &CallContext, filter: EventFilter) -> Result<EventStream> {
        self.events.subscribe(call, filter, &self.background).await
    }

    fn domains(&self) -> &dyn DomainDriver {
        self
    }

    fn consoles(&self) -> Option<&dyn ConsoleDriver> {
        Some(self)
    }

    fn devices(&self) -> Option<&dyn DeviceDriver> {
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
        let ended = self.link.shutdown(call).await;
        self.close();
        ended
    }

    fn close(&self) {
        self.link.close();
        self.background.end();
        self.events.end();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
