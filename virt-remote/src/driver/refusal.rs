//! Which error of a daemon means what, where its code alone does not say it.

use virt_core::{Error, ErrorKind, Retry};

use crate::protocol::error_code::ErrorCode;
use crate::rpc::RpcError;

/// Whether the daemon does not know a flag, or a number, that it was given.
pub(super) fn is_unknown_flag(error: &RpcError) -> bool {
    error.libvirt().is_some_and(crate::rpc::is_unknown_flag)
}

/// Whether the object is not there (any more).
pub(super) fn is_gone(error: &RpcError) -> bool {
    error.libvirt().map(crate::rpc::kind_of) == Some(ErrorKind::NotFound)
}

/// Whether it is for others.
pub(super) fn is_denied(error: &RpcError) -> bool {
    error.libvirt().map(crate::rpc::kind_of) == Some(ErrorKind::Denied)
}

/// Whether the daemon's driver, or the daemon, cannot do this at all.
pub(super) fn is_unsupported(error: &RpcError) -> bool {
    error.libvirt().map(crate::rpc::kind_of) == Some(ErrorKind::Unsupported)
}

/// Whether somebody else has the console, or the channel, open.
pub(super) fn is_held(error: &RpcError) -> bool {
    // By another stream of the daemon's, or by another process on the machine.
    error.code() == Some(ErrorCode::OPERATION_FAILED)
        && said(
            error,
            &["Active console session exists", "is locked by lock file"],
        )
}

/// Whether the guest agent went away before it answered.
pub(super) fn is_agent_gone(error: &RpcError) -> bool {
    let ended = error.code() == Some(ErrorCode::INTERNAL_ERROR) && said(error, &["End of file from agent"]);
    ended || error.code() == Some(ErrorCode::AGENT_UNRESPONSIVE)
}

/// Whether the object's state did not allow it.
pub(super) fn is_invalid_state(error: &RpcError) -> bool {
    error.code() == Some(ErrorCode::OPERATION_INVALID)
}

/// Whether the domain has started, and its first process is not known yet.
pub(super) fn is_starting(error: &RpcError) -> bool {
    is_invalid_state(error) && said(error, &["until init PID is known"])
}

/// Whether it may be about the object's state, or a name or a uuid that somebody has already: libvirt has several codes
/// for these, and uses them for much else. Who wants to know looks at the object.
pub(super) fn may_be_about_state(error: &RpcError) -> bool {
    matches!(
        error.code(),
        Some(
            ErrorCode::OPERATION_FAILED
                | ErrorCode::OPERATION_INVALID
                | ErrorCode::INTERNAL_ERROR
                | ErrorCode::DOM_EXIST
        )
    )
}

/// The error of something that goes through the guest agent.
pub(super) fn of_agent(error: RpcError) -> Error {
    match error.code() {
        // libvirt's word for a domain without a channel for an agent.
        Some(ErrorCode::ARGUMENT_UNSUPPORTED) => Error::new(
            ErrorKind::AgentUnavailable,
            "the domain has no channel org.qemu.guest_agent.0: add one to its devices",
        )
        .with_retry(Retry::Never)
        .with_source(error),
        // The agent's own words: it has no command of that name, or does not allow it.
        Some(_)
            if said(
                &error,
                &["has not been found", "has been disabled", "is disabled"],
            ) =>
        {
            Error::new(
                ErrorKind::Unsupported,
                "the guest agent lacks the command, or does not allow it",
            )
            .with_source(error)
        }
        Some(ErrorCode::INTERNAL_ERROR) => {
            let failed = Error::new(ErrorKind::Failed, "the guest agent reported a failure");
            failed.with_source(error)
        }
        _ => error.into(),
    }
}

fn said(error: &RpcError, words: &[&str]) -> bool {
    let message = error.libvirt().map(|error| error.message.as_str());
    message.is_some_and(|message| words.iter().any(|words| message.contains(words)))
}
