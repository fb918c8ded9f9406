//! What xenstored refuses with.

use virt_core::{Error, ErrorKind, Outcome, Subject};

/// The name of an error as xenstored says it (`ENOENT`), for [`Error::native`](virt_core::Error::native).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("xenstored answered {0}")]
pub struct XenstoreErrno(pub String);

/// The kind of an error, and what is said of it.
const KINDS: &[(&str, ErrorKind, &str)] = &[
    ("ENOENT", ErrorKind::NotFound, "there is no such node"),
    ("EACCES", ErrorKind::Denied, "this domain may not"),
    ("EPERM", ErrorKind::Denied, "this domain may not"),
    ("EROFS", ErrorKind::Denied, "the connection only reads"),
    ("EEXIST", ErrorKind::AlreadyExists, "it is there already"),
    (
        "EINVAL",
        ErrorKind::InvalidArgument,
        "that cannot be done with this node",
    ),
    ("EISDIR", ErrorKind::InvalidArgument, "there are nodes below it"),
    (
        "EAGAIN",
        ErrorKind::Busy,
        "others have changed the same meanwhile",
    ),
    ("EBUSY", ErrorKind::Busy, "it is being worked on"),
    ("E2BIG", ErrorKind::ResourceExhausted, "that is more than fits"),
    (
        "ENOSPC",
        ErrorKind::ResourceExhausted,
        "the domain has as much as it may have",
    ),
    (
        "EDQUOT",
        ErrorKind::ResourceExhausted,
        "the domain has as much as it may have",
    ),
    (
        "ENOMEM",
        ErrorKind::ResourceExhausted,
        "xenstored has no memory left",
    ),
    (
        "ENOSYS",
        ErrorKind::Unsupported,
        "this xenstored does not know that",
    ),
];

/// An answer that is an error.
pub(super) fn of_answer(payload: &[u8], path: &str) -> Error {
    let name = String::from_utf8_lossy(payload);
    let name = name.trim_end_matches('\0');
    let known = KINDS.iter().find(|(known, ..)| *known == name);
    let (kind, said) = known.map_or((ErrorKind::Failed, "it failed"), |(_, kind, said)| (*kind, *said));
    Error::new(kind, format!("{said} ({name})"))
        .with_subject(about(path))
        .with_outcome(Outcome::NotApplied)
        .with_source(XenstoreErrno(name.to_owned()))
}

/// Whether it is this error of xenstored.
pub(super) fn is(error: &Error, name: &str) -> bool {
    error
        .native::<XenstoreErrno>()
        .is_some_and(|errno| errno.0 == name)
}

/// The connection has ended.
pub(super) fn ended(outcome: Outcome) -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection to xenstored has ended").with_outcome(outcome)
}

/// What a call is about.
pub(super) fn about(path: &str) -> Subject {
    Subject::Other(format!("xenstore path {path:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_of_a_kind_and_keep_their_name() {
        let error = of_answer(b"ENOENT\0", "/a");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(is(&error, "ENOENT") && !is(&error, "EAGAIN"));
        let error = of_answer(b"EWHATEVER\0", "/a");
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert!(error.message().contains("EWHATEVER"));
    }
}
