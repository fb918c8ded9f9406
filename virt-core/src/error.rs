//! The one error of the SDK: what failed, on what, whether trying again makes sense, and what became of the work.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::xml::XmlError;

/// The result of every fallible call of the SDK.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it was: few, stable, meant to be matched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The object does not exist (`VIR_ERR_NO_DOMAIN` and its kin).
    NotFound,
    /// An object of that name, uuid or path exists already.
    AlreadyExists,
    /// The object exists, but not in a state that allows the operation (`VIR_ERR_OPERATION_INVALID`).
    InvalidState,
    /// An argument is malformed or out of range (`VIR_ERR_INVALID_ARG`).
    InvalidArgument,
    /// A document is malformed or contradicts itself (`VIR_ERR_XML_ERROR`, `VIR_ERR_XML_DETAIL`).
    InvalidConfig,
    /// The backend, this version of the hypervisor, or this build of the SDK cannot do it.
    Unsupported,
    /// Somebody else holds it now: another manager, another monitor client, another console, another job.
    Busy,
    /// The operating system or the peer refused for lack of rights, or the connection is read-only.
    Denied,
    /// The peer did not accept the credentials, or the peer's own identity could not be proven.
    AuthenticationFailed,
    /// The deadline passed; [`Error::outcome`] says what became of the work.
    Timeout,
    /// The work was cancelled before it was complete.
    Cancelled,
    /// The connection to the host, the hypervisor or the guest was closed or broke.
    ConnectionLost,
    /// Disk space, memory, file handles or another resource ran out.
    ResourceExhausted,
    /// The guest agent is not configured, not connected, or does not answer.
    AgentUnavailable,
    /// State on disk or a peer's message could not be understood.
    Corrupt,
    /// The hypervisor, the guest or the operating system reported a failure of its own; see [`Error::source`](StdError::source).
    Failed,
    /// A promise of this library was broken: please report it.
    Internal,
}

impl ErrorKind {
    /// The default answer to "does trying again make sense", where the place that made the error knows no better.
    const fn retry(self) -> Retry {
        match self {
            Self::Busy | Self::Timeout | Self::ResourceExhausted | Self::AgentUnavailable => Retry::Later,
            Self::ConnectionLost => Retry::Reconnect,
            _ => Retry::Never,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::InvalidState => "not valid in the present state",
            Self::InvalidArgument => "invalid argument",
            Self::InvalidConfig => "invalid document",
            Self::Unsupported => "not supported",
            Self::Busy => "busy",
            Self::Denied => "denied",
            Self::AuthenticationFailed => "authentication failed",
            Self::Timeout => "deadline passed",
            Self::Cancelled => "cancelled",
            Self::ConnectionLost => "connection lost",
            Self::ResourceExhausted => "out of resources",
            Self::AgentUnavailable => "guest agent unavailable",
            Self::Corrupt => "corrupt data",
            Self::Failed => "failed",
            Self::Internal => "internal error",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Whether, and how, the same call may succeed later. Retrying is the caller's: no driver loops on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// The same call fails again until something is changed.
    Never,
    /// The same call may succeed after a pause.
    Later,
    /// The same call may succeed on a new connection.
    Reconnect,
}

/// What became of the work when a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing changed, or everything that had changed was rolled back.
    NotApplied,
    /// The work was done, though the call failed (only its answer was lost).
    Applied,
    /// It cannot be told; look at the object's state.
    Unknown,
}

/// What an error is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A domain, by name or, where that is not known, by uuid.
    Domain(String),
    /// A network, by name or, where that is not known, by uuid.
    Network(String),
    /// A storage pool, by name or, where that is not known, by uuid.
    StoragePool(String),
    /// A volume of a storage pool: `POOL/NAME`, or its path or key where that is all that is known.
    StorageVolume(String),
    /// A secret, by uuid or by what it is for.
    Secret(String),
    /// A snapshot of a domain: `DOMAIN/NAME`.
    Snapshot(String),
    /// A device of the machine, by name.
    NodeDevice(String),
    /// A connection, by URI without secrets.
    Connection(String),
    /// A host, as the user named it.
    Host(String),
    /// A file, directory or socket.
    Path(String),
    /// An element of a document, by its path.
    Element(String),
    /// Something else, in words.
    Other(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) => write!(f, "domain {name:?}"),
            Self::Network(name) => write!(f, "network {name:?}"),
            Self::StoragePool(name) => write!(f, "storage pool {name:?}"),
            Self::StorageVolume(name) => write!(f, "volume {name:?}"),
            Self::Secret(name) => write!(f, "secret {name:?}"),
            Self::Snapshot(name) => write!(f, "snapshot {name:?}"),
            Self::NodeDevice(name) => write!(f, "device {name:?}"),
            Self::Connection(uri) => write!(f, "connection {uri}"),
            Self::Host(name) => write!(f, "host {name}"),
            Self::Path(path) => write!(f, "{path:?}"),
            Self::Element(path) => write!(f, "element {path}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

type Source = Box<dyn StdError + Send + Sync + 'static>;

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<&'static str>,
    driver: Option<&'static str>,
    subject: Option<Subject>,
    retry: Option<Retry>,
    outcome: Outcome,
    source: Option<Source>,
}

/// The error of every call: one word wide, cheap to pass on.
///
/// [`Display`](fmt::Display) prints this level only; the cause is reached by [`source`](StdError::source), and the
/// native failure (QMP class, libvirt code, errno) by downcasting it, for which [`Error::native`] is the short way.
///
/// ```
/// use virt_core::{Error, ErrorKind, Outcome, Retry};
///
/// let error = Error::new(ErrorKind::Busy, "the root is held by another manager").with_operation("open");
/// assert_eq!(error.kind(), ErrorKind::Busy);
/// assert_eq!(error.retry(), Retry::Later);
/// assert_eq!(error.outcome(), Outcome::NotApplied);
/// assert_eq!(error.to_string(), "open: the root is held by another manager");
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

impl Error {
    /// An error of this kind. The message is lower case, without a full stop, and names the thing and the way out.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            driver: None,
            subject: None,
            retry: None,
            outcome: Outcome::NotApplied,
            source: None,
        }))
    }

    /// Nothing of this build or backend can do `what`.
    pub fn unsupported(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported, what)
    }

    /// The operation it happened in, by the name of the handle's method.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// The driver it happened in, as [`ConnectionDriver::name`](crate::driver::ConnectionDriver::name) gives it.
    #[must_use]
    pub fn with_driver(mut self, driver: &'static str) -> Self {
        self.0.driver.get_or_insert(driver);
        self
    }

    /// What it is about. The first subject given stays: the place nearest to the failure knows best.
    #[must_use]
    pub fn with_subject(mut self, subject: Subject) -> Self {
        self.0.subject.get_or_insert(subject);
        self
    }

    /// What became of the work; [`Outcome::NotApplied`] unless said.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Whether trying again makes sense, where the kind's own answer is wrong.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = Some(retry);
        self
    }

    /// The cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What failed, without operation and subject.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation it happened in.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The driver it happened in.
    #[must_use]
    pub fn driver(&self) -> Option<&'static str> {
        self.0.driver
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.0.subject.as_ref()
    }

    /// Whether trying again makes sense.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry.unwrap_or_else(|| self.0.kind.retry())
    }

    /// What became of the work.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The native failure of type `T` among the causes: QMP's error, an [`std::io::Error`], an XML error.
    #[must_use]
    pub fn native<T: StdError + 'static>(&self) -> Option<&T> {
        let mut cause = self.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<T>() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        match (&self.0.subject, self.0.message.is_empty()) {
            (Some(subject), true) => write!(f, "{subject}: {}", self.0.kind),
            (Some(subject), false) => write!(f, "{subject}: {}", self.0.message),
            (None, true) => write!(f, "{}", self.0.kind),
            (None, false) => f.write_str(&self.0.message),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| {
            let source: &(dyn StdError + 'static) = source.as_ref();
            source
        })
    }
}

/// An [`ErrorKind::InvalidConfig`] whose source is the XML error.
impl From<XmlError> for Error {
    fn from(error: XmlError) -> Self {
        Self::new(ErrorKind::InvalidConfig, "the document is not accepted").with_source(error)
    }
}

impl From<std::io::Error> for Error {
    /// The error that is inside, where there is one of this type: what streams pass on. Else that of the operating system.
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(error) => Self::new(kind_of_io(&error), "the operating system refused").with_source(error),
        }
    }
}

/// The kind of an operating system's failure: the one table of it.
#[must_use]
pub fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::NotFound => ErrorKind::NotFound,
        Io::AlreadyExists => ErrorKind::AlreadyExists,
        Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::Denied,
        Io::StorageFull | Io::QuotaExceeded | Io::OutOfMemory | Io::FileTooLarge => {
            ErrorKind::ResourceExhausted
        }
        Io::ConnectionRefused
        | Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::NotConnected
        | Io::BrokenPipe
        | Io::UnexpectedEof => ErrorKind::ConnectionLost,
        Io::TimedOut => ErrorKind::Timeout,
        Io::ResourceBusy | Io::WouldBlock | Io::ExecutableFileBusy => ErrorKind::Busy,
        Io::InvalidInput | Io::InvalidFilename => ErrorKind::InvalidArgument,
        Io::InvalidData => ErrorKind::Corrupt,
        Io::Unsupported => ErrorKind::Unsupported,
        _ => kind_of_errno(error),
    }
}

/// Failures that the standard library has no kind for.
fn kind_of_errno(error: &std::io::Error) -> ErrorKind {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS) => ErrorKind::ResourceExhausted,
        Some(Errno::SRCH) => ErrorKind::NotFound,
        _ => ErrorKind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_prints_one_level_and_source_gives_the_next() {
        let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::new(ErrorKind::ResourceExhausted, "cannot write the definition")
            .with_operation("define_domain")
            .with_subject(Subject::Domain("web".into()))
            .with_source(io);
        assert_eq!(
            error.to_string(),
            "define_domain: domain \"web\": cannot write the definition"
        );
        assert_eq!(
            error.native::<std::io::Error>().map(std::io::Error::kind),
            Some(std::io::ErrorKind::StorageFull)
        );
    }

    #[test]
    fn the_first_subject_stays() {
        let error = Error::new(ErrorKind::NotFound, "")
            .with_subject(Subject::Path("/a".into()))
            .with_subject(Subject::Domain("web".into()));
        assert_eq!(error.to_string(), "\"/a\": not found");
    }

    #[test]
    fn io_failures_have_kinds() {
        use std::io::{Error as Io, ErrorKind as K};
        for (io, kind) in [
            (K::NotFound, ErrorKind::NotFound),
            (K::StorageFull, ErrorKind::ResourceExhausted),
            (K::PermissionDenied, ErrorKind::Denied),
            (K::BrokenPipe, ErrorKind::ConnectionLost),
            (K::TimedOut, ErrorKind::Timeout),
        ] {
            assert_eq!(Error::from(Io::from(io)).kind(), kind);
        }
        let too_many_files = Io::from(rustix::io::Errno::MFILE);
        assert_eq!(Error::from(too_many_files).kind(), ErrorKind::ResourceExhausted);
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
