//! What calls answer that cannot be carried out.

use virt_core::domain::{DomainState, StateReason};
use virt_core::{Error, ErrorKind, Retry};

/// What every call answers once the lease is lost: `why`, in words.
pub(crate) fn lease_lost(why: &str) -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        format!(
            "the lease of the root was lost ({why}), and another manager may have it: open the connection again"
        ),
    )
}

/// What calls answer that need a running domain, where it does not run.
pub(crate) fn not_running(state: DomainState, reason: StateReason) -> Error {
    let why = if reason == StateReason::Unknown {
        String::new()
    } else {
        format!(", {reason}")
    };
    Error::new(
        ErrorKind::InvalidState,
        format!("the domain does not run ({state}{why}): start it first"),
    )
}

/// What calls answer that need a definition, where there is none.
pub fn transient() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "the domain is transient: it has no definition",
    )
}

/// What calls answer that need a machine which is away.
pub fn unreachable() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the machine cannot be reached at present: it is tried again, and guests go on meanwhile",
    )
    .with_retry(Retry::Later)
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was closed")
}

pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::NotFound, "the domain is gone")
}
