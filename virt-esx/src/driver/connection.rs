//! The connection.

use std::any::Any;

use async_trait::async_trait;
use virt_core::connection::{HypervisorVersion, NodeInfo};
use virt_core::driver::{ConnectionDriver, DomainDriver, NodeDriver, StatisticsDriver};
use virt_core::event::{EventFilter, EventStream};
use virt_core::{CallClass, CallContext, Capabilities, Capability, Result, Support};

use super::EsxDriver;

/// What this driver can do.
const CAN: &[Capability] = &[
    Capability::Suspend,
    Capability::ShutdownAgent,
    Capability::Reboot,
    Capability::Reset,
    Capability::DestroyGraceful,
    Capability::Rename,
    Capability::Autostart,
    Capability::SetVcpus,
    Capability::SetMaxMemory,
    Capability::Statistics,
    Capability::Events,
    Capability::HostCapabilities,
    Capability::DomainCapabilities,
];

#[async_trait]
impl ConnectionDriver for EsxDriver {
    fn name(&self) -> &'static str {
        "ESX"
    }

    fn capabilities(&self) -> Capabilities {
        // Of what a host does, it tells how busy it is, and not what it has done since it was started.
        let can = Capabilities::none().with(Capability::HostStatistics, Support::Unknown);
        CAN.iter().fold(can, |can, one| can.with(*one, Support::Yes))
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
        self.server.check_open()?;
        Ok(self.server.events.subscribe(filter))
    }

    fn domains(&self) -> &dyn DomainDriver {
        self
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
