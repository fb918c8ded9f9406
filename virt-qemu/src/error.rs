//! How failures of QEMU and of the guest agent become the SDK's error: the one place where they do.

use virt_core::{Error, ErrorKind, Outcome, Retry};

use crate::agent::AgentError;
use crate::qmp::{Delivery, DisconnectReason, ErrorClass, QmpError};

/// The name under which this driver appears in errors.
pub(crate) const DRIVER: &str = "qemu";

impl From<QmpError> for Error {
    fn from(error: QmpError) -> Self {
        let (kind, outcome, message) = match &error {
            QmpError::Busy { .. } => (
                ErrorKind::Busy,
                Outcome::NotApplied,
                "the monitor does not greet".to_owned(),
            ),
            QmpError::Command { command, class, desc } => (
                kind_of_refusal(class, desc),
                Outcome::NotApplied,
                format!("QEMU refused {command}"),
            ),
            QmpError::Timeout { command, delivery } => (
                ErrorKind::Timeout,
                outcome_of(*delivery),
                format!("the deadline passed before QEMU answered {command}"),
            ),
            QmpError::Disconnected {
                command,
                delivery,
                reason,
            } => (
                kind_of_end(reason),
                outcome_of(*delivery),
                format!("no connection to QEMU for {command}"),
            ),
            QmpError::Decode { command, .. } => (
                ErrorKind::Corrupt,
                Outcome::Applied,
                format!("QEMU's answer to {command} is not understood"),
            ),
            QmpError::Encode { command, .. } => (
                ErrorKind::InvalidArgument,
                Outcome::NotApplied,
                format!("{command} has arguments that are no JSON"),
            ),
        };
        let lost = error.is_disconnected();
        let mapped = Self::new(kind, message)
            .with_driver(DRIVER)
            .with_outcome(outcome)
            .with_source(error);
        if lost {
            mapped.with_retry(Retry::Reconnect)
        } else {
            mapped
        }
    }
}

impl From<AgentError> for Error {
    fn from(error: AgentError) -> Self {
        let (kind, outcome, message) = match &error {
            AgentError::NotConnected { delivery, .. } => (
                ErrorKind::AgentUnavailable,
                outcome_of(*delivery),
                "no guest agent is connected",
            ),
            AgentError::Timeout { delivery, .. } => (
                ErrorKind::AgentUnavailable,
                outcome_of(*delivery),
                "the guest agent did not answer in time",
            ),
            AgentError::CommandNotFound { .. } => (
                ErrorKind::Unsupported,
                Outcome::NotApplied,
                "the guest agent lacks the command",
            ),
            AgentError::Disabled { .. } => (
                ErrorKind::Unsupported,
                Outcome::NotApplied,
                "the guest agent does not allow the command now",
            ),
            AgentError::Guest { .. } => (
                ErrorKind::Failed,
                Outcome::Unknown,
                "the guest agent reported a failure",
            ),
            AgentError::Garbled { .. } => (
                ErrorKind::Corrupt,
                Outcome::Unknown,
                "the guest agent's answer is garbled",
            ),
            AgentError::Decode { .. } => (
                ErrorKind::Corrupt,
                Outcome::Applied,
                "the guest agent's answer is not understood",
            ),
            AgentError::Encode { .. } => (
                ErrorKind::InvalidArgument,
                Outcome::NotApplied,
                "the arguments cannot be written as JSON",
            ),
            AgentError::StillRunning { .. } => (
                ErrorKind::Timeout,
                Outcome::Unknown,
                "the program did not end within its time limit",
            ),
            AgentError::FileTooLarge { .. } => (
                ErrorKind::InvalidArgument,
                Outcome::NotApplied,
                "the guest's file is larger than the limit",
            ),
        };
        Self::new(kind, message)
            .with_driver(DRIVER)
            .with_outcome(outcome)
            .with_source(error)
    }
}

/// What an answered error is. QEMU has one class for nearly everything; where its description ends in the words of
/// the operating system (which it writes in English under the locale we start it with), they decide.
fn kind_of_refusal(class: &ErrorClass, desc: &str) -> ErrorKind {
    const TEXTS: &[(&str, ErrorKind)] = &[
        ("Failed to get \"", ErrorKind::Busy),
        ("Failed to get shared \"", ErrorKind::Busy),
        ("Device or resource busy", ErrorKind::Busy),
        ("Permission denied", ErrorKind::Denied),
        ("Operation not permitted", ErrorKind::Denied),
        ("No space left on device", ErrorKind::ResourceExhausted),
        ("Cannot allocate memory", ErrorKind::ResourceExhausted),
        ("Too many open files", ErrorKind::ResourceExhausted),
        ("No such file or directory", ErrorKind::NotFound),
    ];
    match class {
        ErrorClass::CommandNotFound | ErrorClass::KvmMissingCap => ErrorKind::Unsupported,
        ErrorClass::DeviceNotFound => ErrorKind::NotFound,
        ErrorClass::DeviceNotActive => ErrorKind::InvalidState,
        ErrorClass::GenericError | ErrorClass::Unknown(_) => TEXTS
            .iter()
            .find(|(text, _)| desc.contains(text))
            .map_or(ErrorKind::Failed, |(_, kind)| *kind),
    }
}

fn kind_of_end(reason: &DisconnectReason) -> ErrorKind {
    match reason {
        DisconnectReason::Malformed(_) | DisconnectReason::LineTooLong(_) => ErrorKind::Corrupt,
        DisconnectReason::Eof
        | DisconnectReason::EofInMessage
        | DisconnectReason::Closed
        | DisconnectReason::Io(_) => ErrorKind::ConnectionLost,
    }
}

fn outcome_of(delivery: Delivery) -> Outcome {
    match delivery {
        Delivery::NotSent => Outcome::NotApplied,
        Delivery::Sent => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::error::Error as _;
    use std::time::Duration;

    const COMMAND: Cow<'static, str> = Cow::Borrowed("blockdev-add");

    fn refused(class: &str, desc: &str) -> QmpError {
        QmpError::Command {
            command: COMMAND,
            class: ErrorClass::from(class),
            desc: desc.to_owned(),
        }
    }

    fn lost(delivery: Delivery, reason: DisconnectReason) -> QmpError {
        QmpError::Disconnected {
            command: COMMAND,
            delivery,
            reason,
        }
    }

    #[test]
    fn every_failure_of_qmp_has_its_kind_outcome_and_retry() {
        use ErrorKind as K;
        use Outcome::{Applied, NotApplied, Unknown};
        use Retry::{Later, Never, Reconnect};
        let json = || serde_json::from_str::<u8>("x").unwrap_err();
        let in_use = "Failed to get \"write\" lock";
        let table = [
            (
                QmpError::Busy {
                    waited: Duration::from_secs(2),
                },
                K::Busy,
                NotApplied,
                Later,
            ),
            (refused("GenericError", "odd"), K::Failed, NotApplied, Never),
            (refused("NewClass", "odd"), K::Failed, NotApplied, Never),
            (refused("GenericError", in_use), K::Busy, NotApplied, Later),
            (
                refused("GenericError", "x: Permission denied"),
                K::Denied,
                NotApplied,
                Never,
            ),
            (
                refused("GenericError", "x: No such file or directory"),
                K::NotFound,
                NotApplied,
                Never,
            ),
            (
                refused("GenericError", "x: No space left on device"),
                K::ResourceExhausted,
                NotApplied,
                Later,
            ),
            (refused("CommandNotFound", ""), K::Unsupported, NotApplied, Never),
            (refused("KVMMissingCap", ""), K::Unsupported, NotApplied, Never),
            (refused("DeviceNotFound", ""), K::NotFound, NotApplied, Never),
            (refused("DeviceNotActive", ""), K::InvalidState, NotApplied, Never),
            (
                QmpError::Timeout {
                    command: COMMAND,
                    delivery: Delivery::NotSent,
                },
                K::Timeout,
                NotApplied,
                Later,
            ),
            (
                QmpError::Timeout {
                    command: COMMAND,
                    delivery: Delivery::Sent,
                },
                K::Timeout,
                Unknown,
                Later,
            ),
            (
                lost(Delivery::Sent, DisconnectReason::Eof),
                K::ConnectionLost,
                Unknown,
                Reconnect,
            ),
            (
                lost(Delivery::NotSent, DisconnectReason::Closed),
                K::ConnectionLost,
                NotApplied,
                Reconnect,
            ),
            (
                lost(Delivery::Sent, DisconnectReason::Malformed("x".into())),
                K::Corrupt,
                Unknown,
                Reconnect,
            ),
            (
                lost(Delivery::Sent, DisconnectReason::LineTooLong(1)),
                K::Corrupt,
                Unknown,
                Reconnect,
            ),
            (
                QmpError::Decode {
                    command: COMMAND,
                    source: json(),
                },
                K::Corrupt,
                Applied,
                Never,
            ),
            (
                QmpError::Encode {
                    command: COMMAND,
                    source: json(),
                },
                K::InvalidArgument,
                NotApplied,
                Never,
            ),
        ];
        for (native, kind, outcome, retry) in table {
            let told = format!("{native:?}");
            let error = Error::from(native);
            assert_eq!(
                (error.kind(), error.outcome(), error.retry()),
                (kind, outcome, retry),
                "{told}"
            );
            assert!(error.native::<QmpError>().is_some(), "{told}");
            let below = error.source().map(ToString::to_string).unwrap_or_default();
            assert!(!error.to_string().contains(&below), "{error} repeats its source");
        }
    }

    #[test]
    fn every_failure_of_the_agent_has_its_kind_and_outcome() {
        use ErrorKind as K;
        use Outcome::{Applied, NotApplied, Unknown};
        let json = || serde_json::from_str::<u8>("x").unwrap_err();
        let command = || Cow::Borrowed("guest-exec");
        let (text, sent) = (String::new, Delivery::Sent);
        let table = [
            (
                AgentError::NotConnected {
                    command: command(),
                    delivery: Delivery::NotSent,
                },
                K::AgentUnavailable,
                NotApplied,
            ),
            (
                AgentError::NotConnected {
                    command: command(),
                    delivery: sent,
                },
                K::AgentUnavailable,
                Unknown,
            ),
            (
                AgentError::Timeout {
                    command: command(),
                    delivery: sent,
                },
                K::AgentUnavailable,
                Unknown,
            ),
            (
                AgentError::CommandNotFound { command: command() },
                K::Unsupported,
                NotApplied,
            ),
            (
                AgentError::Disabled {
                    command: command(),
                    desc: text(),
                },
                K::Unsupported,
                NotApplied,
            ),
            (
                AgentError::Guest {
                    command: command(),
                    class: ErrorClass::GenericError,
                    desc: text(),
                },
                K::Failed,
                Unknown,
            ),
            (
                AgentError::Garbled {
                    command: command(),
                    what: text(),
                },
                K::Corrupt,
                Unknown,
            ),
            (
                AgentError::Decode {
                    command: command(),
                    source: json(),
                },
                K::Corrupt,
                Applied,
            ),
            (
                AgentError::Encode {
                    command: command(),
                    source: json(),
                },
                K::InvalidArgument,
                NotApplied,
            ),
            (
                AgentError::StillRunning {
                    pid: 1,
                    limit: Duration::ZERO,
                },
                K::Timeout,
                Unknown,
            ),
            (
                AgentError::FileTooLarge {
                    path: text(),
                    limit: 1,
                },
                K::InvalidArgument,
                NotApplied,
            ),
        ];
        for (native, kind, outcome) in table {
            let told = format!("{native:?}");
            let error = Error::from(native);
            assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{told}");
            assert!(error.native::<AgentError>().is_some(), "{told}");
        }
    }
}
