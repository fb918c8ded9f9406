//! Consoles.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;
use virt_core::console::{ConsoleHub, ConsoleOptions, ConsoleStream, Scrollback};
use virt_core::driver::ConsoleDriver;
use virt_core::host::{ByteStream, ChildProcess};
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::lock;

use super::EmbedDriver;
use crate::manager::Run;
use crate::tools::console_command;

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
        let (name, live) = {
            let view = entry.view();
            (view.name.clone(), view.live.clone())
        };
        let live = live.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?;
        let (terminal, alias) = select(&live.config()?, options.device.as_deref())?;
        call.bound(Outcome::NotApplied, async {
            let hub = self.hub(&name, &run, terminal).await?;
            hub.attach(&alias, options)
        })
        .await
    }
}

impl EmbedDriver {
    /// The hub of a terminal, made when it is first opened: from then on it keeps what the terminal prints.
    async fn hub(&self, name: &str, run: &Run, terminal: u32) -> Result<Arc<ConsoleHub>> {
        let known = lock(&run.consoles).get(&terminal).cloned();
        if let Some(hub) = known.filter(|hub| !hub.has_ended()) {
            return Ok(hub);
        }
        let host = self.manager.host.as_ref();
        let layout = &self.manager.store.layout;
        let older = if terminal == 0 {
            let log = host.files().read_tail(&layout.console_log(name), OLDER).await;
            log.unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut child = host
            .processes()
            .spawn(console_command(layout.root(), name, terminal))
            .await?;
        let stream = child
            .take_stdio()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a program that was started has no output"))?;
        let device = Terminal {
            stream,
            carriage: (terminal == 0).then(CarriageReturns::default),
            _child: Mutex::new(child),
        };
        let mut consoles = lock(&run.consoles);
        // Somebody may have been faster; then that one has the terminal.
        if let Some(hub) = consoles.get(&terminal).filter(|hub| !hub.has_ended()) {
            return Ok(Arc::clone(hub));
        }
        let hub = Arc::new(ConsoleHub::start(
            Box::new(device),
            Scrollback::default().preloaded(&older),
        ));
        consoles.insert(terminal, Arc::clone(&hub));
        Ok(hub)
    }
}

/// A terminal, held open by a program.
struct Terminal {
    stream: Box<dyn ByteStream>,
    /// What takes out what was put in on the way, of the console.
    carriage: Option<CarriageReturns>,
    /// Ended when this is dropped; never locked.
    _child: Mutex<Box<dyn ChildProcess>>,
}

impl AsyncRead for Terminal {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        let Some(carriage) = &mut this.carriage else {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        };
        loop {
            let before = buffer.filled().len();
            match Pin::new(&mut this.stream).poll_read(context, buffer) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
            let read = buffer.filled().get(before..).unwrap_or_default().to_vec();
            let at_end = read.is_empty();
            let text = if at_end {
                carriage.rest()
            } else {
                carriage.take(&read)
            };
            buffer.set_filled(before);
            // Never more than was read, but for the one held back: of which there is room, as nothing was read then.
            let room = buffer.remaining();
            buffer.put_slice(text.get(..text.len().min(room)).unwrap_or_default());
            if at_end || !text.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Terminal {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Takes out the carriage return that the terminal between a container's console and its client puts before every end of
/// a line.
#[derive(Debug, Default)]
struct CarriageReturns {
    /// The last byte read was one, of which it is not known yet whether it is the container's.
    held: bool,
}

impl CarriageReturns {
    fn take(&mut self, read: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(read.len() + 1);
        for byte in read {
            if self.held && *byte != b'\n' {
                text.push(b'\r');
            }
            self.held = *byte == b'\r';
            if !self.held {
                text.push(*byte);
            }
        }
        text
    }

    fn rest(&mut self) -> Vec<u8> {
        if std::mem::take(&mut self.held) {
            vec![b'\r']
        } else {
            Vec::new()
        }
    }
}

/// The terminal an alias names, the first console when there is none: the first is `/dev/console`, others are ttys.
fn select(live: &DomainConfig, alias: Option<&str>) -> Result<(u32, String)> {
    let consoles = live.devices.iter().flat_map(|devices| &devices.consoles);
    let named: Vec<(u32, String)> = (0_u32..)
        .zip(consoles)
        .map(|(index, console)| {
            let alias = console.alias.as_ref().and_then(|alias| alias.name.clone());
            (index, alias.unwrap_or_else(|| format!("console{index}")))
        })
        .collect();
    let found = match alias {
        Some(alias) => named.iter().find(|(_, name)| name == alias),
        None => named.first(),
    };
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
        let listed = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let wanted = alias.map_or_else(|| "console".to_owned(), |alias| format!("device {alias:?}"));
        Error::new(
            ErrorKind::NotFound,
            format!("the domain has no {wanted} (there are: {listed})"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_terminal_between_adds_is_taken_out_wherever_it_is_cut() {
        // As the container's own terminal writes them, and what comes of it.
        let written: &[u8] = b"a\r\nb\nc\rd\r\r\n\r";
        let mut read = Vec::new();
        for byte in written {
            if *byte == b'\n' {
                read.push(b'\r');
            }
            read.push(*byte);
        }
        for at in 0..=read.len() {
            let (first, second) = read.split_at(at);
            let mut carriage = CarriageReturns::default();
            let mut text = carriage.take(first);
            text.extend(carriage.take(second));
            text.extend(carriage.rest());
            assert_eq!(text, written, "cut at {at}");
        }
    }
}
