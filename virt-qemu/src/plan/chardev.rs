//! Character devices: what serial ports, consoles, channels and random number generators are connected to.

use virt_core::Result;
use virt_core::model::domain::devices::{
    Channel, ChardevLog, ChardevProtocol, ChardevSource, ChardevType, Console, RngBackend, Serial,
};

use super::refusal;

/// What the kernel holds of a unix socket's path, in bytes.
pub(crate) const LONGEST_SOCKET_PATH: usize = 107;

/// The connected side of a device, whatever the device is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chardev<'a> {
    pub(crate) kind: Option<&'a ChardevType>,
    pub(crate) sources: &'a [ChardevSource],
    pub(crate) protocol: Option<&'a ChardevProtocol>,
    pub(crate) log: Option<&'a ChardevLog>,
}

macro_rules! from_device {
    ($($device:ty),+) => { $(
        impl<'a> From<&'a $device> for Chardev<'a> {
            fn from(device: &'a $device) -> Self {
                Self {
                    kind: device.kind.as_ref(),
                    sources: &device.sources,
                    protocol: device.protocol.as_ref(),
                    log: device.log.as_ref(),
                }
            }
        }
    )+ };
}
from_device!(Serial, Console, Channel, RngBackend);

impl<'a> Chardev<'a> {
    /// The first source's path, if it has one.
    pub(crate) fn path(&self) -> Option<&'a str> {
        self.sources
            .first()
            .and_then(|source| source.path.as_deref())
            .filter(|path| !path.is_empty())
    }

    /// Whether QEMU listens.
    pub(crate) fn listens(&self) -> bool {
        self.sources
            .first()
            .is_some_and(|source| source.mode.as_deref() == Some("bind"))
    }

    /// The source that connects, and the one that listens.
    pub(crate) fn ends(&self) -> (Option<&'a ChardevSource>, Option<&'a ChardevSource>) {
        let find = |mode: &str| {
            self.sources
                .iter()
                .find(|source| source.mode.as_deref() == Some(mode))
        };
        let unnamed = self.sources.iter().find(|source| source.mode.is_none());
        (find("connect").or(unnamed), find("bind"))
    }

    /// Refuses what is not supported or incomplete. A unix socket may lack its path if `path_is_made` for it.
    pub(crate) fn check(&self, path: &str, path_is_made: bool) -> Result<()> {
        let missing = |what: &str| Err(refusal::invalid(format!("{path}/source"), what.to_owned()));
        match self.kind {
            None => {
                return Err(refusal::invalid(
                    path,
                    "say what it is connected to: type=\"pty\", \"file\", \"unix\" …",
                ));
            }
            Some(ChardevType::Pty | ChardevType::Null | ChardevType::Stdio | ChardevType::Vc) => {}
            Some(ChardevType::File | ChardevType::Dev | ChardevType::Pipe) if self.path().is_some() => {}
            Some(ChardevType::Unix) if self.path().is_some() || path_is_made => {}
            Some(ChardevType::File | ChardevType::Dev | ChardevType::Pipe | ChardevType::Unix) => {
                return missing("say the path");
            }
            Some(ChardevType::Tcp) => {
                let source = self.sources.first();
                if source.and_then(|source| source.service.as_ref()).is_none() {
                    return missing("say host and service");
                }
            }
            Some(ChardevType::Udp) => {
                if self.ends().0.and_then(|source| source.service.as_ref()).is_none() {
                    return missing("say the service to connect to");
                }
            }
            Some(other) => {
                return Err(refusal::unsupported(
                    format!("{path}/@type"),
                    format!(
                        "a connection of type {other} is not supported yet; choose \"pty\", \"file\", \"unix\", \"tcp\" or \"null\""
                    ),
                ));
            }
        }
        self.check_source(path)?;
        match self.protocol.and_then(|protocol| protocol.kind.as_deref()) {
            None | Some("raw" | "telnet") => Ok(()),
            Some(other) => Err(refusal::unsupported(
                format!("{path}/protocol/@type"),
                format!("protocol {other:?} is not supported"),
            )),
        }
    }

    fn check_source(&self, path: &str) -> Result<()> {
        if self.kind == Some(&ChardevType::Unix)
            && self
                .path()
                .is_some_and(|socket| socket.len() > LONGEST_SOCKET_PATH)
        {
            return Err(refusal::invalid(
                format!("{path}/source/@path"),
                format!("the path of a socket has at most {LONGEST_SOCKET_PATH} bytes"),
            ));
        }
        for source in self.sources {
            match source.mode.as_deref() {
                None | Some("bind" | "connect") => {}
                Some(other) => {
                    return Err(refusal::invalid(
                        format!("{path}/source/@mode"),
                        format!("{other:?} is neither \"bind\" nor \"connect\""),
                    ));
                }
            }
            if source.path.as_deref().is_some_and(|file| !file.starts_with('/')) {
                return Err(refusal::invalid(
                    format!("{path}/source/@path"),
                    "the path is not absolute",
                ));
            }
            if source.tls.is_some_and(virt_core::model::value::YesNo::is_set) {
                return Err(refusal::unsupported(
                    format!("{path}/source/@tls"),
                    "TLS is not supported here yet",
                ));
            }
            let reconnects = source
                .reconnect
                .as_ref()
                .and_then(|reconnect| reconnect.enabled)
                .is_some_and(virt_core::model::value::YesNo::is_set);
            if reconnects && source.mode.as_deref() == Some("bind") {
                return Err(refusal::invalid(
                    format!("{path}/source/reconnect"),
                    "who listens does not reconnect; choose mode=\"connect\"",
                ));
            }
        }
        if self
            .log
            .is_some_and(|log| log.file.as_deref().is_none_or(|file| !file.starts_with('/')))
        {
            return Err(refusal::invalid(
                format!("{path}/log/@file"),
                "say an absolute path",
            ));
        }
        Ok(())
    }
}

/// Forgets what only a run knows: the terminal QEMU got.
pub(crate) fn forget_run(
    kind: Option<&ChardevType>,
    tty: &mut Option<String>,
    sources: &mut Vec<ChardevSource>,
) {
    *tty = None;
    if kind == Some(&ChardevType::Pty) {
        sources.clear();
    }
}
