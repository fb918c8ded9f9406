//! A connection to a daemon, as the SDK sees it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use uuid::Uuid;
use virt_core::backend::OpenRequest;
use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::driver::{
    AgentDriver, ConnectionDriver, ConsoleDriver, DeviceDriver, DomainDriver, JobDriver, MigrationDriver,
    NetworkDriver, NodeDriver, SaveDriver, ScreenDriver, SecretDriver, SnapshotDriver, StatisticsDriver,
    StorageDriver,
};
use virt_core::event::{EventFilter, EventStream};
use virt_core::{CallContext, Capabilities, Result};

use super::RunMarks;
use super::background::Background;
use super::capability;
use super::consoles::Consoles;
use super::events::Events;
use super::hung::Hung;
use super::hypervisor::Hypervisor;
use super::jobs::Jobs;
use super::keeper::Keeper;
use super::link::Link;
use super::objects;
use crate::protocol::remote::connect::{
    ConnectGetCapabilities, ConnectGetHostname, ConnectGetLibVersion, ConnectGetType, ConnectGetVersion,
};
use crate::protocol::remote::domain::{DomainLookupByUuid, DomainLookupByUuidArgs};
use crate::protocol::remote::domain_lifecycle::{DomainDestroyFlags, DomainDestroyFlagsArgs};
use crate::protocol::remote::node::NodeGetInfo;
use crate::rpc::{EndReason, RpcResult};
use crate::session::Session;

/// How long the end of a guest that goes with the connection is waited for.
const DESTROY: Duration = Duration::from_secs(20);

/// A connection to one driver of a libvirt daemon. Its traits are implemented a file each, beside this one.
///
/// # When the daemon goes away
/// It is connected to again, with pauses that grow from 50 ms to 5 s, for as long as the connection is open. Meanwhile
/// calls that change nothing wait for it, and changes answer `ConnectionLost` at once; one that was cut off says whether it
/// may have been carried out. Event streams go on, with an [`Event::Resync`](virt_core::event::Event::Resync) once the
/// daemon tells again. Consoles end with an error. Guests that are to end with the connection have been ended by the daemon.
pub struct RemoteConnection {
    pub(super) link: Arc<Link>,
    pub(super) hypervisor: Hypervisor,
    /// The daemon's version, as libvirt counts: 11.3.0 is 11003000.
    pub(super) libvirt: u64,
    /// What it was opened with.
    pub(super) request: OpenRequest,
    pub(super) events: Arc<Events>,
    pub(super) background: Arc<Background>,
    pub(super) auto_destroyed: Arc<RunMarks>,
    pub(super) started_paused: RunMarks,
    pub(super) consoles: Consoles,
    pub(super) jobs: Arc<Jobs>,
    pub(super) hung: Hung,
}

impl RemoteConnection {
    /// Asks the daemon what it is, as far as its URI does not say.
    pub(super) async fn begin(request: OpenRequest, session: Session, call: &CallContext) -> Result<Self> {
        let link = Arc::new(Link::new(session.clone()));
        let asked = async {
            match Hypervisor::of_uri(session.uri()) {
                Some(known) => Ok(known),
                None => {
                    let found = link.call::<ConnectGetType>(call, &()).await?;
                    Ok(Hypervisor::of(&found.type_.text()))
                }
            }
        };
        let (hypervisor, version): (RpcResult<Hypervisor>, _) =
            tokio::join!(asked, link.call::<ConnectGetLibVersion>(call, &()));
        let hypervisor = hypervisor?;
        let events = Arc::new(Events::new(Arc::clone(&link), hypervisor));
        let background = Arc::new(Background::new());
        let auto_destroyed = Arc::new(RunMarks::default());
        let keeper = Keeper {
            request: request.clone(),
            link: Arc::clone(&link),
            events: Arc::clone(&events),
            auto_destroyed: Arc::clone(&auto_destroyed),
        };
        background.spawn(keeper.keep(session));
        Ok(Self {
            link,
            hypervisor,
            libvirt: version?.lib_ver,
            request,
            events,
            background,
            auto_destroyed,
            started_paused: RunMarks::default(),
            consoles: Consoles::default(),
            jobs: Arc::new(Jobs::default()),
            hung: Hung::default(),
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
        capability::of(self.hypervisor, self.libvirt)
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
        Ok(objects::version(version))
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
        self.hypervisor.may_have_consoles().then_some(self)
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

    fn storage(&self) -> Option<&dyn StorageDriver> {
        Some(self)
    }

    fn agents(&self) -> Option<&dyn AgentDriver> {
        self.hypervisor.may_have_agents().then_some(self)
    }

    fn statistics(&self) -> Option<&dyn StatisticsDriver> {
        Some(self)
    }

    fn jobs(&self) -> Option<&dyn JobDriver> {
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

    async fn shutdown(&self, call: &CallContext) -> Result<()> {
        let Some(session) = self.link.session() else {
            self.close();
            return Ok(());
        };
        let runs = self.auto_destroyed.take();
        if !runs.is_empty() {
            destroy_runs(&session, runs).await;
            // Their ends are told before the streams end.
            let _told = self.events.caught_up(call).await;
        }
        self.link.end(EndReason::Closed);
        let ended = session.shutdown(call.deadline).await;
        self.events.end();
        self.background.end();
        ended
    }

    fn close(&self) {
        let Some(session) = self.link.end(EndReason::Closed) else {
            self.events.end();
            self.background.end();
            return;
        };
        let runs = self.auto_destroyed.take();
        let (events, background) = (Arc::clone(&self.events), Arc::clone(&self.background));
        if runs.is_empty() {
            session.close();
            events.end();
            background.end();
            return;
        }
        // The daemon would end them as well, but nobody would know when. Without a runtime it does.
        self.background.runtime().spawn(async move {
            destroy_runs(&session, runs).await;
            session.close();
            events.end();
            background.end();
        });
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Destroys the guests that end with the connection, as far as they are still in that run.
async fn destroy_runs(session: &Session, runs: Vec<(Uuid, u32)>) {
    let deadline = Instant::now() + DESTROY;
    let connection = session.connection();
    let ends = runs.into_iter().map(|(uuid, run)| async move {
        let args = DomainLookupByUuidArgs { uuid };
        let found = connection
            .call::<DomainLookupByUuid>(&args, deadline)
            .await
            .ok()?;
        if objects::run_id(&found.dom) == Some(run) {
            let args = DomainDestroyFlagsArgs {
                dom: found.dom,
                flags: 0,
            };
            // One that has ended meanwhile has ended.
            let _ended = connection.call::<DomainDestroyFlags>(&args, deadline).await;
        }
        Some(())
    });
    futures::future::join_all(ends).await;
}
