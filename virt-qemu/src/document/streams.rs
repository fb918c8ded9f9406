//! Devices that are streams of bytes: consoles, serial ports, channels.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Alias, ChardevSource, ChardevTarget, ChardevType};

/// The name by which the guest agent's channel is known in the guest.
const AGENT_CHANNEL: &str = "org.qemu.guest_agent.0";

/// Where a stream is on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StreamPlace {
    /// A terminal device.
    Terminal(String),
    /// A unix socket on which QEMU listens.
    Socket(String),
    /// Somewhere that is no stream we could open: what it is.
    Other(String),
}

/// A device that is a stream of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamDevice {
    pub(crate) alias: String,
    pub(crate) place: StreamPlace,
    pub(crate) is_console: bool,
    /// Where what it prints is kept.
    pub(crate) log: Option<String>,
}

/// The streams of a live configuration: consoles first, then serial ports, then channels.
pub(crate) fn streams(live: &DomainConfig) -> Vec<StreamDevice> {
    let Some(devices) = &live.devices else {
        return Vec::new();
    };
    let consoles = devices
        .consoles
        .iter()
        .map(|one| (true, &one.alias, &one.kind, &one.tty, &one.sources, &one.log));
    let serials = devices
        .serials
        .iter()
        .map(|one| (true, &one.alias, &one.kind, &one.tty, &one.sources, &one.log));
    let channels = devices
        .channels
        .iter()
        .map(|one| (false, &one.alias, &one.kind, &one.tty, &one.sources, &one.log));
    let all = consoles.chain(serials).chain(channels);
    let mut found: Vec<StreamDevice> = Vec::new();
    for (is_console, alias, kind, tty, sources, log) in all {
        let Some(alias) = name(alias.as_ref()) else {
            continue;
        };
        // The first console is the first serial port once more, under the same alias.
        if found.iter().all(|known| known.alias != alias) {
            let place = place(kind.as_ref(), tty.as_ref(), sources);
            let log = log.as_ref().and_then(|log| log.file.clone());
            found.push(StreamDevice {
                alias: alias.to_owned(),
                place,
                is_console,
                log,
            });
        }
    }
    found
}

fn name(alias: Option<&Alias>) -> Option<&str> {
    alias.and_then(|alias| alias.name.as_deref())
}

fn place(kind: Option<&ChardevType>, tty: Option<&String>, sources: &[ChardevSource]) -> StreamPlace {
    let source = sources.first();
    let path = source.and_then(|source| source.path.clone());
    match (kind, path) {
        (Some(ChardevType::Pty), path) => match tty.cloned().or(path) {
            Some(path) => StreamPlace::Terminal(path),
            None => StreamPlace::Other("pty".to_owned()),
        },
        (Some(ChardevType::Unix), Some(path))
            if source.and_then(|one| one.mode.as_deref()) != Some("connect") =>
        {
            StreamPlace::Socket(path)
        }
        (Some(kind), _) => StreamPlace::Other(kind.to_string()),
        (None, _) => StreamPlace::Other("unknown".to_owned()),
    }
}

/// The agent's channel of a live configuration, where its socket is ours to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentChannel {
    pub(crate) alias: String,
    pub(crate) socket: Option<String>,
}

/// The guest agent's channel.
pub(crate) fn agent_channel(live: &DomainConfig) -> Option<AgentChannel> {
    let channels = &live.devices.as_ref()?.channels;
    let is_agent = |target: Option<&ChardevTarget>| {
        target.is_some_and(|target| target.name.as_deref() == Some(AGENT_CHANNEL))
    };
    let channel = channels
        .iter()
        .find(|channel| is_agent(channel.target.as_ref()))?;
    let socket = match place(channel.kind.as_ref(), channel.tty.as_ref(), &channel.sources) {
        StreamPlace::Socket(path) => Some(path),
        _ => None,
    };
    Some(AgentChannel {
        alias: name(channel.alias.as_ref())?.to_owned(),
        socket,
    })
}

/// Writes the terminals QEMU made, by the ids of its character devices, into a live configuration.
pub(crate) fn set_ttys(live: &mut DomainConfig, ttys: &[(String, String)]) {
    let path_of = |alias: Option<&Alias>| -> Option<String> {
        let id = format!("char{}", name(alias)?);
        ttys.iter()
            .find(|(known, _)| *known == id)
            .map(|(_, path)| path.clone())
    };
    let Some(devices) = live.devices.as_mut() else {
        return;
    };
    for serial in &mut devices.serials {
        if let Some(path) = path_of(serial.alias.as_ref()) {
            set_source(&mut serial.sources, &path);
        }
    }
    for channel in &mut devices.channels {
        if let Some(path) = path_of(channel.alias.as_ref()) {
            set_source(&mut channel.sources, &path);
        }
    }
    for console in &mut devices.consoles {
        if let Some(path) = path_of(console.alias.as_ref()) {
            set_source(&mut console.sources, &path);
            console.tty = Some(path);
        }
    }
}

fn set_source(sources: &mut Vec<ChardevSource>, path: &str) {
    if sources.is_empty() {
        sources.push(ChardevSource::default());
    }
    if let Some(source) = sources.first_mut() {
        source.path = Some(path.to_owned());
    }
}
