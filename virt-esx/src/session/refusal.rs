//! What a fault means: the one table from the API's faults to kinds of errors.

use virt_core::{Error, ErrorKind, Outcome, Retry};

use crate::vim::Fault;

/// The first row that a fault is one of, or derived from one of, counts: what is special stands before what is general.
const KINDS: &[(&str, ErrorKind)] = &[
    ("NotAuthenticated", ErrorKind::AuthenticationFailed),
    ("InvalidGuestLogin", ErrorKind::AuthenticationFailed),
    ("InvalidLogin", ErrorKind::AuthenticationFailed),
    ("NoPermission", ErrorKind::Denied),
    ("GuestPermissionDenied", ErrorKind::Denied),
    ("OperationDisabledByGuest", ErrorKind::Unsupported),
    ("OperationNotSupportedByGuest", ErrorKind::Unsupported),
    ("GuestComponentsOutOfDate", ErrorKind::Unsupported),
    ("GuestProcessNotFound", ErrorKind::NotFound),
    ("TooManyGuestLogons", ErrorKind::ResourceExhausted),
    ("RestrictedVersion", ErrorKind::Denied),
    ("RestrictedByAdministrator", ErrorKind::Denied),
    ("ManagedObjectNotFound", ErrorKind::NotFound),
    ("FileNotFound", ErrorKind::NotFound),
    ("NotFound", ErrorKind::NotFound),
    ("AlreadyExists", ErrorKind::AlreadyExists),
    ("DuplicateName", ErrorKind::AlreadyExists),
    ("FileAlreadyExists", ErrorKind::AlreadyExists),
    ("TaskInProgress", ErrorKind::Busy),
    ("ConcurrentAccess", ErrorKind::Busy),
    ("ResourceInUse", ErrorKind::Busy),
    ("FileLocked", ErrorKind::Busy),
    ("ToolsUnavailable", ErrorKind::AgentUnavailable),
    ("GuestOperationsUnavailable", ErrorKind::AgentUnavailable),
    ("InvalidPowerState", ErrorKind::InvalidState),
    ("InvalidState", ErrorKind::InvalidState),
    ("CpuHotPlugNotSupported", ErrorKind::InvalidState),
    ("MemoryHotPlugNotSupported", ErrorKind::InvalidState),
    ("RequestCanceled", ErrorKind::Cancelled),
    ("Timedout", ErrorKind::Timeout),
    ("HostNotConnected", ErrorKind::ConnectionLost),
    ("HostNotReachable", ErrorKind::ConnectionLost),
    ("HostCommunication", ErrorKind::ConnectionLost),
    ("NoDiskSpace", ErrorKind::ResourceExhausted),
    ("InsufficientResourcesFault", ErrorKind::ResourceExhausted),
    ("OutOfBounds", ErrorKind::InvalidArgument),
    ("InvalidName", ErrorKind::InvalidArgument),
    ("InvalidDatastorePath", ErrorKind::InvalidArgument),
    ("DatastoreNotWritableOnHost", ErrorKind::Denied),
    ("InaccessibleDatastore", ErrorKind::InvalidState),
    ("InvalidDatastore", ErrorKind::NotFound),
    ("FileTooLarge", ErrorKind::InvalidArgument),
    ("FileNotWritable", ErrorKind::Denied),
    ("DirectoryNotEmpty", ErrorKind::InvalidState),
    ("NoDiskFound", ErrorKind::NotFound),
    ("InvalidArgument", ErrorKind::InvalidArgument),
    ("InvalidRequest", ErrorKind::InvalidArgument),
    ("NotSupported", ErrorKind::Unsupported),
    ("NotImplemented", ErrorKind::Unsupported),
    ("MethodNotFound", ErrorKind::Unsupported),
    ("DeviceNotSupported", ErrorKind::Unsupported),
    ("DeviceHotPlugNotSupported", ErrorKind::Unsupported),
    ("InvalidVmConfig", ErrorKind::InvalidConfig),
    ("GuestOperationsFault", ErrorKind::Failed),
];

/// The error that a server's fault is. Refused before anything was done, as far as can be told.
pub(crate) fn of_fault(fault: Fault) -> Error {
    let kind = KINDS
        .iter()
        .find(|(name, _)| fault.is_a(name))
        .map_or(ErrorKind::Failed, |(_, kind)| *kind);
    let retry = matches!(kind, ErrorKind::ConnectionLost).then_some(Retry::Later);
    let outcome = match kind {
        ErrorKind::Failed | ErrorKind::ConnectionLost | ErrorKind::Timeout | ErrorKind::Cancelled => {
            Outcome::Unknown
        }
        _ => Outcome::NotApplied,
    };
    let error = Error::new(kind, fault.to_string()).with_outcome(outcome);
    let error = match retry {
        Some(retry) => error.with_retry(retry),
        None => error,
    };
    error.with_source(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_kind_of_what_they_are_derived_from() {
        for (fault, kind) in [
            ("InvalidLogin", ErrorKind::AuthenticationFailed),
            ("InvalidPowerState", ErrorKind::InvalidState),
            ("VmToolsUpgradeFault", ErrorKind::Failed),
            ("TaskInProgress", ErrorKind::Busy),
            ("InvalidState", ErrorKind::InvalidState),
            ("CpuHotPlugNotSupported", ErrorKind::InvalidState),
            ("ToolsUnavailable", ErrorKind::AgentUnavailable),
            ("ManagedObjectNotFound", ErrorKind::NotFound),
            ("NoDiskSpace", ErrorKind::ResourceExhausted),
            ("InvalidDatastorePath", ErrorKind::InvalidArgument),
            ("InvalidDatastore", ErrorKind::NotFound),
            ("SomethingNewer", ErrorKind::Failed),
        ] {
            let error = of_fault(Fault::new(fault, "because"));
            assert_eq!(error.kind(), kind, "{fault}");
            assert!(error.to_string().contains("because"));
        }
    }
}
