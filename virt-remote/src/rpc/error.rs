//! What can go wrong on a connection to a libvirt daemon.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::coding::called;
use super::framing::FramingError;
use crate::protocol::Procedure;
use crate::protocol::error_code::{ErrorCode, ErrorDomain};
use crate::protocol::net::{MessageDomain, MessageError, MessageNetwork};
use crate::protocol::xdr::XdrError;
pub use crate::rpc::ticket::Delivery;

/// The result of a call.
pub type RpcResult<T> = Result<T, RpcError>;

/// The procedure an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Called {
    /// The protocol's own name.
    pub name: Cow<'static, str>,
    /// Whether it changes nothing, so that an answer lost is nothing lost.
    pub reads_only: bool,
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An error as a daemon reports it (`virError`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LibvirtError {
    /// What it is (`virErrorNumber`).
    pub code: ErrorCode,
    /// Which part of libvirt it comes from (`virErrorDomain`).
    pub domain: ErrorDomain,
    /// How bad it is: 1 a warning, 2 an error (`virErrorLevel`).
    pub level: i32,
    /// What happened, for people.
    pub message: String,
    /// More about it; what, depends on the code.
    pub strings: [Option<String>; 3],
    /// More about it; for `SYSTEM_ERROR` the first is the errno.
    pub numbers: [i32; 2],
    /// The domain it is about.
    pub object: Option<Box<MessageDomain>>,
    /// The network it is about.
    pub network: Option<Box<MessageNetwork>>,
}

impl From<MessageError> for LibvirtError {
    fn from(error: MessageError) -> Self {
        let text = |string: Option<crate::protocol::xdr::XdrString>| string.map(|string| string.into_text());
        Self {
            code: ErrorCode(error.code),
            domain: ErrorDomain(error.domain),
            level: error.level,
            message: text(error.message).unwrap_or_default(),
            strings: [text(error.str1), text(error.str2), text(error.str3)],
            numbers: [error.int1, error.int2],
            object: error.dom.map(Box::new),
            network: error.net.map(Box::new),
        }
    }
}

impl fmt::Display for LibvirtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "libvirt reported {:?} without a word", self.code),
            message => f.write_str(message),
        }
    }
}

impl std::error::Error for LibvirtError {}

/// Why a connection ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EndReason {
    /// The peer closed it.
    Eof,
    /// The peer closed it in the middle of a message.
    EofInMessage,
    /// This side closed it, or dropped every handle.
    Closed,
    /// The transport failed.
    Io(Arc<std::io::Error>),
    /// What the peer sent is not cut into messages as it should be.
    Framing(FramingError),
    /// The peer sent a message that makes no sense.
    Malformed(Cow<'static, str>),
    /// Nothing came for so long, although it was asked for.
    Silent(Duration),
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eof => f.write_str("the peer closed it"),
            Self::EofInMessage => f.write_str("the peer closed it in the middle of a message"),
            Self::Closed => f.write_str("it was closed on this side"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Framing(error) => write!(f, "the peer does not speak libvirt's protocol: {error}"),
            Self::Malformed(what) => write!(f, "the peer does not speak libvirt's protocol: {what}"),
            Self::Silent(time) => write!(f, "nothing came from the peer for {time:?}"),
        }
    }
}

/// A failed call, stream or connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RpcError {
    /// The daemon answered with an error.
    Libvirt {
        /// The procedure.
        procedure: Called,
        /// The daemon's error.
        error: Box<LibvirtError>,
    },
    /// The deadline passed.
    Timeout {
        /// The procedure.
        procedure: Called,
        /// Whether it had been sent.
        delivery: Delivery,
    },
    /// The connection ended before the answer came, or had ended before the call.
    Disconnected {
        /// The procedure.
        procedure: Called,
        /// Whether it had been sent.
        delivery: Delivery,
        /// Why the connection ended.
        reason: EndReason,
    },
    /// The arguments are not within the protocol's limits; nothing was sent.
    Encode {
        /// The procedure.
        procedure: Called,
        /// What did not fit.
        source: XdrError,
    },
    /// The answer is not of the procedure's type. The call itself was carried out.
    Decode {
        /// The procedure.
        procedure: Called,
        /// What did not fit.
        source: XdrError,
    },
    /// File descriptors were to go along, or came along, and cannot on this connection; nothing was sent where they were
    /// to go.
    FdsNotPassed {
        /// The procedure.
        procedure: Called,
    },
    /// The stream was aborted on this side, or is over.
    StreamAborted {
        /// The procedure that opened the stream.
        procedure: Called,
    },
    /// What came in on the stream was not read in time, and the rest of the connection could not wait any longer.
    StreamNotRead {
        /// The procedure that opened the stream.
        procedure: Called,
        /// How long the connection waited for its reader.
        waited: Duration,
    },
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let procedure = self.procedure();
        match self {
            Self::Libvirt { .. } => write!(f, "the daemon refused {procedure}"),
            Self::Timeout { delivery, .. } => {
                write!(
                    f,
                    "{procedure} was {} when its deadline passed",
                    describe(*delivery)
                )
            }
            Self::Disconnected { delivery, reason, .. } => write!(
                f,
                "the connection to the daemon is lost ({reason}); {procedure} was {}",
                describe(*delivery)
            ),
            Self::Encode { .. } => write!(f, "the arguments of {procedure} cannot be sent"),
            Self::Decode { .. } => write!(f, "the reply to {procedure} could not be understood"),
            Self::FdsNotPassed { .. } => write!(
                f,
                "{procedure} cannot pass so many file descriptors on this connection (a unix socket passes up to 32)"
            ),
            Self::StreamAborted { .. } => write!(f, "the stream of {procedure} was aborted"),
            Self::StreamNotRead { waited, .. } => write!(
                f,
                "the stream of {procedure} was not read for {waited:?} and has been aborted"
            ),
        }
    }
}

impl std::error::Error for RpcError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // What is in the box, so that it is found by its type.
            Self::Libvirt { error, .. } => Some(error.as_ref()),
            Self::Encode { source, .. } | Self::Decode { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn describe(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "not sent",
        Delivery::Sent => "sent but unanswered",
    }
}

impl RpcError {
    /// The daemon's own error, where it answered with one.
    #[must_use]
    pub fn libvirt(&self) -> Option<&LibvirtError> {
        match self {
            Self::Libvirt { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The code of the daemon's own error.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.libvirt().map(|error| error.code)
    }

    /// The procedure concerned.
    #[must_use]
    pub fn procedure(&self) -> &Called {
        match self {
            Self::Libvirt { procedure, .. }
            | Self::Timeout { procedure, .. }
            | Self::Disconnected { procedure, .. }
            | Self::Encode { procedure, .. }
            | Self::Decode { procedure, .. }
            | Self::FdsNotPassed { procedure }
            | Self::StreamAborted { procedure }
            | Self::StreamNotRead { procedure, .. } => procedure,
        }
    }

    /// A call that was not made: the connection ended before it.
    pub(crate) fn not_sent<P: Procedure>(reason: EndReason) -> Self {
        Self::Disconnected {
            procedure: called(P::INFO),
            delivery: Delivery::NotSent,
            reason,
        }
    }

    /// Whether the connection is gone: no further call on it can succeed.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected { .. })
    }

    /// Whether the work may have been done although this call failed: it changes something, was sent, and no error was
    /// answered.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        if self.procedure().reads_only {
            return false;
        }
        match self {
            Self::Timeout { delivery, .. } | Self::Disconnected { delivery, .. } => {
                *delivery == Delivery::Sent
            }
            Self::Decode { .. } | Self::StreamAborted { .. } | Self::StreamNotRead { .. } => true,
            Self::Libvirt { .. } | Self::Encode { .. } | Self::FdsNotPassed { .. } => false,
        }
    }
}
