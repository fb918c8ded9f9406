//! What the far machine's tools say, as errors of the kinds that the same failures have here.

use std::fmt;

use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

/// A failure on the far machine, as one of its tools put it: the source of errors of a host over SSH.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FarError {
    errno: Option<&'static str>,
    message: String,
}

impl FarError {
    /// The system's name for the failure, such as `ENOENT`, where the tool's words could be understood.
    #[must_use]
    pub fn errno(&self) -> Option<&'static str> {
        self.errno
    }

    /// What the tool said.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn new(message: &str) -> Self {
        Self {
            errno: row_of(message).map(|row| row.name),
            message: message.trim().to_owned(),
        }
    }

    fn kind(&self) -> ErrorKind {
        row_of(&self.message).map_or(ErrorKind::Failed, |row| row.kind)
    }

    fn is(&self, errno: &str) -> bool {
        self.errno == Some(errno)
    }

    /// Whether it says that nothing is at a path.
    pub(super) fn is_missing(&self) -> bool {
        self.is("ENOENT") || self.is("ENOTDIR")
    }
}

impl fmt::Display for FarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A failure on the far machine: what was tried, and on what.
pub(super) fn far_error(said: &str, tried: &'static str, subject: Subject) -> Error {
    let (said, outcome) = match said.strip_prefix("%applied ") {
        Some(said) => (said, Outcome::Applied),
        None => (said, Outcome::NotApplied),
    };
    let native = FarError::new(said);
    let tried = match outcome {
        Outcome::Applied => "done, but it may not outlast a loss of power",
        _ => tried,
    };
    Error::new(native.kind(), tried)
        .with_subject(subject)
        .with_outcome(outcome)
        .with_source(native)
}

/// A failure of the far machine or of the way to it that nothing was done before.
pub(super) fn not_understood(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the far shell's answer to {what} could not be understood"),
    )
    .with_outcome(Outcome::Unknown)
}

/// The link was lost, or the far shell that was asked.
pub(super) fn lost(host: &str, outcome: Outcome) -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection was lost")
        .with_subject(Subject::Host(host.to_owned()))
        .with_outcome(outcome)
}

/// Refuses what could not mean the same on another machine.
pub(super) fn absolute(path: &str) -> Result<()> {
    let why = if !path.starts_with('/') {
        "the path is not absolute"
    } else if path.contains('\0') {
        "the path holds a NUL character"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, why).with_subject(Subject::Path(path.to_owned())))
}

struct Row {
    name: &'static str,
    kind: ErrorKind,
    /// How glibc puts it, then musl, then shells of their own mind.
    words: &'static [&'static str],
}

const fn row(name: &'static str, kind: ErrorKind, words: &'static [&'static str]) -> Row {
    Row { name, kind, words }
}

/// The one table of it. The kinds are those that [`kind_of_io`](virt_core::kind_of_io) gives the same failures.
const TABLE: &[Row] = &[
    row(
        "ENOENT",
        ErrorKind::NotFound,
        &[
            "No such file or directory",
            "No such file",
            "Directory nonexistent",
            "nonexistent directory",
        ],
    ),
    row("EACCES", ErrorKind::Denied, &["Permission denied"]),
    row("EPERM", ErrorKind::Denied, &["Operation not permitted"]),
    row("EROFS", ErrorKind::Denied, &["Read-only file system"]),
    row("EEXIST", ErrorKind::AlreadyExists, &["File exists"]),
    row("ENOTDIR", ErrorKind::Failed, &["Not a directory"]),
    row("EISDIR", ErrorKind::Failed, &["Is a directory"]),
    row("ENOTEMPTY", ErrorKind::Failed, &["Directory not empty"]),
    row(
        "ELOOP",
        ErrorKind::Failed,
        &["Too many levels of symbolic links", "Symbolic link loop"],
    ),
    row(
        "EXDEV",
        ErrorKind::Failed,
        &["Invalid cross-device link", "Cross-device link"],
    ),
    row("EIO", ErrorKind::Failed, &["Input/output error", "I/O error"]),
    row(
        "ENOSPC",
        ErrorKind::ResourceExhausted,
        &["No space left on device"],
    ),
    row(
        "EDQUOT",
        ErrorKind::ResourceExhausted,
        &["Disk quota exceeded", "Quota exceeded"],
    ),
    row(
        "ENOMEM",
        ErrorKind::ResourceExhausted,
        &["Cannot allocate memory", "Out of memory", "Cannot fork"],
    ),
    row("EFBIG", ErrorKind::ResourceExhausted, &["File too large"]),
    row(
        "EMFILE",
        ErrorKind::ResourceExhausted,
        &["Too many open files", "No file descriptors available"],
    ),
    row(
        "ENFILE",
        ErrorKind::ResourceExhausted,
        &["Too many open files in system"],
    ),
    row(
        "EBUSY",
        ErrorKind::Busy,
        &["Device or resource busy", "Resource busy"],
    ),
    row("ETXTBSY", ErrorKind::Busy, &["Text file busy"]),
    row("EAGAIN", ErrorKind::Busy, &["Resource temporarily unavailable"]),
    row("EINVAL", ErrorKind::InvalidArgument, &["Invalid argument"]),
    row(
        "ENAMETOOLONG",
        ErrorKind::InvalidArgument,
        &["File name too long", "Filename too long"],
    ),
    row("E2BIG", ErrorKind::Failed, &["Argument list too long"]),
    row("ENOEXEC", ErrorKind::Failed, &["Exec format error"]),
    row(
        "ENOTTY",
        ErrorKind::InvalidArgument,
        &["Inappropriate ioctl for device", "Not a tty"],
    ),
    row("ESRCH", ErrorKind::NotFound, &["No such process"]),
    row("ECONNREFUSED", ErrorKind::ConnectionLost, &["Connection refused"]),
    row(
        "ECONNRESET",
        ErrorKind::ConnectionLost,
        &["Connection reset by peer"],
    ),
    row("EPIPE", ErrorKind::ConnectionLost, &["Broken pipe"]),
    row("ENXIO", ErrorKind::Failed, &["No such device or address"]),
    row("ENODEV", ErrorKind::Failed, &["No such device"]),
    row(
        "EOPNOTSUPP",
        ErrorKind::Unsupported,
        &["Operation not supported", "Not supported"],
    ),
];

/// The failure a tool's words name: the words that come first, and of those the longest. A name that the tool quotes may
/// hold such words, too: the words at the end of the text, or before a pause in it, go before all others.
fn row_of(said: &str) -> Option<&'static Row> {
    let phrases = || {
        TABLE
            .iter()
            .flat_map(|row| row.words.iter().map(move |words| (row, *words)))
    };
    let said = said.trim().trim_end_matches(" failed").trim_end();
    let last = phrases()
        .filter(|(_, words)| said.ends_with(words))
        .max_by_key(|(_, words)| words.len());
    let anywhere = || {
        phrases()
            .filter_map(|(row, words)| Some((said.find(words)?, words.len(), row)))
            .min_by_key(|(at, length, _)| (*at, usize::MAX - length))
            .map(|(_, _, row)| row)
    };
    last.map(|(row, _)| row).or_else(anywhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_say_is_understood() {
        for (said, errno, kind) in [
            (
                "cat: /x: No such file or directory",
                "ENOENT",
                ErrorKind::NotFound,
            ),
            (
                "sh: 1: cannot open /x: No such file",
                "ENOENT",
                ErrorKind::NotFound,
            ),
            (
                "mv: cannot move 'a' to 'b': Directory not empty",
                "ENOTEMPTY",
                ErrorKind::Failed,
            ),
            (
                "cat: write error: No space left on device failed",
                "ENOSPC",
                ErrorKind::ResourceExhausted,
            ),
            (
                "mkdir: can't create directory '/Is a directory': File exists",
                "EEXIST",
                ErrorKind::AlreadyExists,
            ),
            (
                "x: Too many open files in system",
                "ENFILE",
                ErrorKind::ResourceExhausted,
            ),
        ] {
            let error = far_error(said, "cannot", Subject::Path("/x".into()));
            assert_eq!(error.kind(), kind, "{said}");
            assert_eq!(error.native::<FarError>().unwrap().errno(), Some(errno), "{said}");
        }
        assert_eq!(
            far_error("well", "cannot", Subject::Path("/".into())).kind(),
            ErrorKind::Failed
        );
    }
}
