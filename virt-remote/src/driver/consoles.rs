//! Consoles: a stream of the daemon's, which all who have it open on this connection share.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;
use virt_core::console::{ConsoleHub, ConsoleOptions, ConsoleStream, Scrollback, SecondReader};
use virt_core::driver::ConsoleDriver;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{RemoteConnection, flags, objects, refusal};
use crate::protocol::remote::domain_device::{
    DomainOpenChannel, DomainOpenChannelArgs, DomainOpenConsole, DomainOpenConsoleArgs,
};
use crate::rpc::{RpcResult, RpcStream};

/// `VIR_DOMAIN_CONSOLE_FORCE`, `VIR_DOMAIN_CHANNEL_FORCE`.
const FORCE: u32 = 1;

/// How long the daemon has to take note of the end of a stream.
const FINISH: Duration = Duration::from_secs(5);

/// The consoles that are open on this connection. Each is closed with the last of those who have it open, so that
/// others can have it.
#[derive(Debug, Default)]
pub(super) struct Consoles(Mutex<HashMap<(Uuid, String), Weak<ConsoleHub>>>);

impl Consoles {
    fn open_one(&self, console: &(Uuid, String)) -> Option<Arc<ConsoleHub>> {
        let hub = self.hubs().get(console).and_then(Weak::upgrade);
        hub.filter(|hub| !hub.has_ended())
    }

    fn add(&self, console: (Uuid, String), hub: &Arc<ConsoleHub>) {
        let mut hubs = self.hubs();
        hubs.retain(|_, hub| hub.strong_count() > 0);
        hubs.insert(console, Arc::downgrade(hub));
    }

    fn hubs(&self) -> MutexGuard<'_, HashMap<(Uuid, String), Weak<ConsoleHub>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConsoleDriver for RemoteConnection {
    async fn open(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &ConsoleOptions,
    ) -> Result<ConsoleStream> {
        let device = self
            .console_device(call, domain, options.device.as_deref())
            .await?;
        let console = (domain, device.alias.clone());
        if let Some(hub) = self.consoles.open_one(&console) {
            return attach(hub, &device.alias, options);
        }
        let force = flags::set(&[(options.second == SecondReader::TakeOver, FORCE)]);
        let opened = self.open_device(call, domain, &device, force).await;
        let stream = opened.map_err(|error| match refusal::is_held(&error) {
            true => Error::new(
                ErrorKind::Busy,
                "somebody else has it open: close it there, or open it here with SecondReader::TakeOver",
            )
            .with_source(error),
            false => error.into(),
        })?;
        // What reads the stream lives as long as the connection does, wherever this is called from.
        let _runtime = self.background.runtime().enter();
        let hub = ConsoleHub::start(Box::new(stream.into_io(FINISH)), Scrollback::default());
        let hub = Arc::new(hub);
        self.consoles.add(console, &hub);
        attach(hub, &device.alias, options)
    }
}

impl RemoteConnection {
    async fn console_device(
        &self,
        call: &CallContext,
        domain: Uuid,
        alias: Option<&str>,
    ) -> Result<StreamDevice> {
        let dom = objects::domain(domain);
        let (state, config) = tokio::join!(
            self.state_of_domain(call, dom.clone()),
            self.document_of(call, dom.clone(), 0)
        );
        if !state?.0.is_active() {
            let message = "the domain is shut off: start it first";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        select(&config?, alias)
    }

    async fn open_device(
        &self,
        call: &CallContext,
        domain: Uuid,
        device: &StreamDevice,
        flags: u32,
    ) -> RpcResult<RpcStream> {
        let (dom, name) = (objects::domain(domain), Some(device.alias.as_str().into()));
        let opened = if device.is_console {
            let dev_name = name;
            let args = DomainOpenConsoleArgs { dom, dev_name, flags };
            self.link.open_stream::<DomainOpenConsole>(call, &args).await
        } else {
            let args = DomainOpenChannelArgs { dom, name, flags };
            self.link.open_stream::<DomainOpenChannel>(call, &args).await
        };
        opened.map(|(_, stream)| stream)
    }
}

/// A device that is a stream of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StreamDevice {
    alias: String,
    is_console: bool,
    is_agent: bool,
}

/// The streams of a live configuration: consoles first, then serial ports, then channels.
fn streams(live: &DomainConfig) -> Vec<StreamDevice> {
    let Some(devices) = &live.devices else {
        return Vec::new();
    };
    let consoles = devices.consoles.iter().map(|one| (true, false, &one.alias));
    let serials = devices.serials.iter().map(|one| (true, false, &one.alias));
    let channels = devices.channels.iter();
    let channels = channels.map(|one| (false, one.is_guest_agent(), &one.alias));
    let mut found: Vec<StreamDevice> = Vec::new();
    for (is_console, is_agent, alias) in consoles.chain(serials).chain(channels) {
        let Some(alias) = alias.as_ref().and_then(|alias| alias.name.clone()) else {
            continue;
        };
        // The first console may be the first serial port once more, under the same alias.
        if found.iter().all(|known| known.alias != alias) {
            found.push(StreamDevice {
                alias,
                is_console,
                is_agent,
            });
        }
    }
    found
}

/// The device an alias names; the first console when there is none.
fn select(live: &DomainConfig, alias: Option<&str>) -> Result<StreamDevice> {
    let all = streams(live);
    let found = all.iter().find(|device| match alias {
        Some(alias) => device.alias == alias,
        None => device.is_console,
    });
    match found {
        Some(device) if device.is_agent => {
            let message = format!(
                "{} is the guest agent's channel: its calls would be disturbed",
                device.alias
            );
            Err(Error::new(ErrorKind::Busy, message))
        }
        Some(device) => Ok(device.clone()),
        None => {
            let names: Vec<&str> = all.iter().map(|device| device.alias.as_str()).collect();
            let listed = match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            let wanted = alias.map_or_else(|| "console".to_owned(), |alias| format!("device {alias:?}"));
            let message = format!("the domain has no {wanted} (there are: {listed})");
            Err(Error::new(ErrorKind::NotFound, message))
        }
    }
}

fn attach(hub: Arc<ConsoleHub>, alias: &str, options: &ConsoleOptions) -> Result<ConsoleStream> {
    let stream = hub.attach(alias, options)?;
    Ok(ConsoleStream::new(alias, Box::new(Holding { stream, _hub: hub })))
}

/// One who has a console open, and with it the daemon's stream.
struct Holding {
    stream: ConsoleStream,
    _hub: Arc<ConsoleHub>,
}

impl AsyncRead for Holding {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Holding {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
