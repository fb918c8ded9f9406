//! What can go wrong on a QMP connection.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::lenient::lenient_enum;

/// The result of a QMP call.
pub type QmpResult<T> = Result<T, QmpError>;

lenient_enum! {
    /// The class of an error that QEMU answered with.
    pub enum ErrorClass {
        /// Anything that has no class of its own; the description says what.
        GenericError = "GenericError",
        /// This QEMU does not know the command.
        CommandNotFound = "CommandNotFound",
        /// The device is not active (for instance: no balloon device).
        DeviceNotActive = "DeviceNotActive",
        /// No device or node of that name.
        DeviceNotFound = "DeviceNotFound",
        /// The host's KVM lacks something the command needs.
        KvmMissingCap = "KVMMissingCap",
    }
}

/// How far a command had come when it failed: what decides whether the work may have been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It never left this process and never will: nothing was done.
    NotSent,
    /// It was written, wholly or in part, and no answer was seen: the work may have been done, or be done later.
    Sent,
}

/// Why a connection ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer closed the connection: for QEMU, its process ended or another monitor replaced this one.
    Eof,
    /// The peer closed the connection in the middle of a message.
    EofInMessage,
    /// This side closed it, or every handle was dropped.
    Closed,
    /// The transport failed.
    Io(Arc<std::io::Error>),
    /// What the peer sent is not QMP.
    Malformed(Arc<str>),
    /// The peer sent a line longer than the limit, in bytes.
    LineTooLong(usize),
}

impl std::fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Eof => f.write_str("the peer closed it"),
            Self::EofInMessage => f.write_str("the peer closed it in the middle of a message"),
            Self::Closed => f.write_str("it was closed on this side"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Malformed(what) => write!(f, "the peer does not speak QMP: {what}"),
            Self::LineTooLong(limit) => write!(f, "the peer sent a line of more than {limit} bytes"),
        }
    }
}

/// A failed QMP call or connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QmpError {
    /// The monitor accepted the connection and then said nothing: another client holds it, or the process does
    /// not run (stopped, or stuck).
    #[error("no greeting from the monitor within {waited:?}: another client holds it, or QEMU does not run")]
    Busy {
        /// How long the greeting was waited for.
        waited: Duration,
    },
    /// QEMU answered with an error.
    #[error("QMP {command}: {desc}")]
    Command {
        /// The command.
        command: Cow<'static, str>,
        /// The class of the error.
        class: ErrorClass,
        /// QEMU's description, for people.
        desc: String,
    },
    /// The deadline passed.
    #[error("QMP {command} was {} when its deadline passed", describe(*delivery))]
    Timeout {
        /// The command.
        command: Cow<'static, str>,
        /// Whether it had been sent.
        delivery: Delivery,
    },
    /// The connection ended before the answer came, or had ended before the call.
    #[error("the QMP connection is lost ({reason}); {command} was {}", describe(*delivery))]
    Disconnected {
        /// The command; `greeting` for a connection that ended before it began.
        command: Cow<'static, str>,
        /// Whether it had been sent.
        delivery: Delivery,
        /// Why the connection ended.
        reason: DisconnectReason,
    },
    /// The answer is not what the command's type expects. The command itself was carried out.
    #[error("the reply to QMP {command} could not be understood")]
    Decode {
        /// The command.
        command: Cow<'static, str>,
        /// What did not fit.
        source: serde_json::Error,
    },
    /// The arguments could not be written as JSON; nothing was sent.
    #[error("the arguments of QMP {command} could not be written as JSON")]
    Encode {
        /// The command.
        command: Cow<'static, str>,
        /// What did not fit.
        source: serde_json::Error,
    },
}

fn describe(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "not sent",
        Delivery::Sent => "sent but unanswered",
    }
}

impl QmpError {
    /// The command concerned, where there is one.
    #[must_use]
    pub fn command(&self) -> Option<&str> {
        match self {
            Self::Busy { .. } => None,
            Self::Command { command, .. }
            | Self::Timeout { command, .. }
            | Self::Disconnected { command, .. }
            | Self::Decode { command, .. }
            | Self::Encode { command, .. } => Some(command),
        }
    }

    /// The class of the error that QEMU answered with; `None` when it did not answer.
    #[must_use]
    pub fn class(&self) -> Option<&ErrorClass> {
        match self {
            Self::Command { class, .. } => Some(class),
            _ => None,
        }
    }

    /// Whether QEMU refused because it does not know the command.
    #[must_use]
    pub fn is_command_not_found(&self) -> bool {
        self.class() == Some(&ErrorClass::CommandNotFound)
    }

    /// Whether the connection is gone: no further call on it can succeed.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected { .. })
    }

    /// Whether the work may have been done although this call failed: it was sent and no error was answered.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Timeout { delivery, .. } | Self::Disconnected { delivery, .. } => {
                *delivery == Delivery::Sent
            }
            Self::Decode { .. } => true,
            Self::Busy { .. } | Self::Command { .. } | Self::Encode { .. } => false,
        }
    }
}
