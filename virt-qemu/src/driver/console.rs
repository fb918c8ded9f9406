//! Consoles.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::console::{ConsoleHub, ConsoleOptions, ConsoleStream, Scrollback};
use virt_core::driver::ConsoleDriver;
use virt_core::host::StreamUse;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::lock;

use super::EmbedDriver;
use crate::document::{StreamDevice, StreamPlace, agent_channel, streams};
use crate::owner::Run;

/// How much of a console's log comes along at its first opening.
const OLDER: u64 = 256 * 1024;

#[async_trait]
impl ConsoleDriver for EmbedDriver {
    async fn open(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &ConsoleOptions,
    ) -> Result<ConsoleStream> {
        let entry = self.manager.root.existing(domain)?;
        self.manager.root.reach.check()?;
        let run = entry.run()?;
        let live = entry.view().live.clone();
        let live = live.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?;
        let device = select(&live, options.device.as_deref())?;
        call.bound(Outcome::NotApplied, async {
            let hub = self.hub(&run, &device).await?;
            hub.attach(&device.alias, options)
        })
        .await
    }
}

impl EmbedDriver {
    /// The hub of a console, made when it is first opened: from then on it keeps what the console prints.
    async fn hub(&self, run: &Run, device: &StreamDevice) -> Result<Arc<ConsoleHub>> {
        let known = lock(&run.consoles).get(&device.alias).cloned();
        if let Some(hub) = known.filter(|hub| !hub.has_ended()) {
            return Ok(hub);
        }
        let host = self.manager.host.as_ref();
        let older = match &device.log {
            Some(log) => host.files().read_tail(log, OLDER).await.unwrap_or_default(),
            None => Vec::new(),
        };
        let stream = match &device.place {
            StreamPlace::Terminal(path) => host.open_terminal(path).await?,
            StreamPlace::Socket(path) => host.sockets().connect_unix(path, StreamUse::Bulk).await?,
            StreamPlace::Other(what) => {
                let message = format!("{} goes to {what}: that is no stream to open", device.alias);
                return Err(Error::unsupported(message));
            }
        };
        let mut consoles = lock(&run.consoles);
        // Somebody may have been faster; then that one has the device.
        if let Some(hub) = consoles.get(&device.alias).filter(|hub| !hub.has_ended()) {
            return Ok(Arc::clone(hub));
        }
        let hub = Arc::new(ConsoleHub::start(stream, Scrollback::default().preloaded(&older)));
        consoles.insert(device.alias.clone(), Arc::clone(&hub));
        Ok(hub)
    }
}

/// The device an alias names; the first console when there is none.
fn select(live: &DomainConfig, alias: Option<&str>) -> Result<StreamDevice> {
    let mut all = streams(live);
    let agent = agent_channel(live).map(|channel| channel.alias);
    let found = match alias {
        Some(alias) if agent.as_deref() == Some(alias) => {
            let message = format!("{alias} is the guest agent's channel: its calls would be disturbed");
            return Err(Error::new(ErrorKind::Busy, message));
        }
        Some(alias) => all.iter().position(|device| device.alias == alias),
        None => all.iter().position(|device| device.is_console),
    };
    match found {
        Some(index) => Ok(all.swap_remove(index)),
        None => {
            let names: Vec<&str> = all.iter().map(|device| device.alias.as_str()).collect();
            let listed = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            let wanted = alias.map_or_else(|| "console".to_owned(), |alias| format!("device {alias:?}"));
            Err(Error::new(
                ErrorKind::NotFound,
                format!("the domain has no {wanted} (there are: {listed})"),
            ))
        }
    }
}
