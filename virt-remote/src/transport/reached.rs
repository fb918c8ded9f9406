//! What a transport gives: bytes to and from a daemon, and how well they are kept.

use std::fmt;

use virt_core::host::ByteStream;

use super::layered::{LayerSwitch, LayeredStream};
use super::unix::FdStream;

/// How well what goes to the daemon is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// It stays on this machine.
    Local,
    /// It is encrypted, and the machine at the other end is the one that was asked for.
    Encrypted,
    /// It is encrypted, but nobody has checked for whom (`no_verify=1`).
    Unverified,
    /// Not at all.
    None,
}

impl Protection {
    /// Whether a password may go there as it is.
    #[must_use]
    pub const fn is_confidential(self) -> bool {
        matches!(self, Self::Local | Self::Encrypted)
    }
}

/// Bytes to and from a daemon.
pub enum DaemonStream {
    /// A unix socket, on which file descriptors travel along.
    Unix(FdStream),
    /// Anything else.
    Bytes(Box<dyn ByteStream>),
}

impl fmt::Debug for DaemonStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unix(_) => "DaemonStream::Unix",
            Self::Bytes(_) => "DaemonStream::Bytes",
        })
    }
}

/// A daemon that was reached, and to which nothing has been said yet.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reached {
    /// The way to it. What carries it (a login by SSH) lives as long as this does.
    pub stream: DaemonStream,
    /// How well what goes there is kept.
    pub protection: Protection,
    /// Where the encryption goes that logging in may agree on; there is none where the way encrypts already.
    pub layer: Option<LayerSwitch>,
}

impl Reached {
    pub(super) fn by_unix(stream: FdStream) -> Self {
        Self {
            stream: DaemonStream::Unix(stream),
            protection: Protection::Local,
            layer: None,
        }
    }

    /// By a stream that protects nothing, until a login agrees on something better.
    pub(super) fn by_tcp(stream: impl ByteStream) -> Self {
        let stream = LayeredStream::new(stream);
        let layer = stream.switch();
        Self {
            layer: Some(layer),
            ..Self::by_stream(stream, Protection::None)
        }
    }

    pub(super) fn by_stream(stream: impl ByteStream, protection: Protection) -> Self {
        Self {
            stream: DaemonStream::Bytes(Box::new(stream)),
            protection,
            layer: None,
        }
    }
}
