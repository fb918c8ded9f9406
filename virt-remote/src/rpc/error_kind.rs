//! From libvirt's errors to the SDK's kinds: the one table of it.

use virt_core::{Error, ErrorKind, Outcome, Subject, kind_of_io};

use super::error::{LibvirtError, RpcError};
use crate::protocol::error_code::ErrorCode;

/// Codes and the kind of each; what is not here is [`ErrorKind::Failed`].
const KINDS: &[(ErrorKind, &[ErrorCode])] = &[
    (
        ErrorKind::NotFound,
        &[
            ErrorCode::NO_DOMAIN,
            ErrorCode::NO_NETWORK,
            ErrorCode::NO_STORAGE_POOL,
            ErrorCode::NO_STORAGE_VOL,
            ErrorCode::NO_NODE_DEVICE,
            ErrorCode::NO_INTERFACE,
            ErrorCode::NO_NWFILTER,
            ErrorCode::NO_NWFILTER_BINDING,
            ErrorCode::NO_SECRET,
            ErrorCode::NO_DOMAIN_SNAPSHOT,
            ErrorCode::NO_DOMAIN_CHECKPOINT,
            ErrorCode::NO_DOMAIN_BACKUP,
            ErrorCode::NO_DOMAIN_METADATA,
            ErrorCode::NO_NETWORK_METADATA,
            ErrorCode::NO_NETWORK_PORT,
            ErrorCode::NO_SERVER,
            ErrorCode::NO_CLIENT,
            ErrorCode::DEVICE_MISSING,
            ErrorCode::UNKNOWN_HOST,
        ],
    ),
    (
        ErrorKind::AlreadyExists,
        &[
            ErrorCode::DOM_EXIST,
            ErrorCode::NETWORK_EXIST,
            ErrorCode::NETWORK_PORT_EXIST,
            ErrorCode::STORAGE_VOL_EXIST,
        ],
    ),
    (
        ErrorKind::InvalidState,
        &[
            ErrorCode::OPERATION_INVALID,
            ErrorCode::STORAGE_POOL_BUILT,
            ErrorCode::BLOCK_COPY_ACTIVE,
            ErrorCode::SNAPSHOT_REVERT_RISKY,
            ErrorCode::MIGRATE_UNSAFE,
            ErrorCode::CHECKPOINT_INCONSISTENT,
        ],
    ),
    (
        ErrorKind::InvalidArgument,
        &[
            ErrorCode::INVALID_ARG,
            ErrorCode::INVALID_CONN,
            ErrorCode::INVALID_DOMAIN,
            ErrorCode::INVALID_NETWORK,
            ErrorCode::INVALID_MAC,
            ErrorCode::INVALID_STORAGE_POOL,
            ErrorCode::INVALID_STORAGE_VOL,
            ErrorCode::INVALID_NODE_DEVICE,
            ErrorCode::INVALID_INTERFACE,
            ErrorCode::INVALID_NWFILTER,
            ErrorCode::INVALID_NWFILTER_BINDING,
            ErrorCode::INVALID_SECRET,
            ErrorCode::INVALID_DOMAIN_SNAPSHOT,
            ErrorCode::INVALID_DOMAIN_CHECKPOINT,
            ErrorCode::INVALID_NETWORK_PORT,
            ErrorCode::INVALID_STREAM,
            ErrorCode::MULTIPLE_INTERFACES,
            ErrorCode::MULTIPLE_DOMAINS,
            ErrorCode::OVERFLOW,
        ],
    ),
    (
        ErrorKind::InvalidConfig,
        &[
            ErrorCode::XML_ERROR,
            ErrorCode::XML_DETAIL,
            ErrorCode::XML_INVALID_SCHEMA,
            ErrorCode::PARSE_FAILED,
            ErrorCode::CONF_SYNTAX,
            ErrorCode::OS_TYPE,
            ErrorCode::NO_KERNEL,
            ErrorCode::NO_ROOT,
            ErrorCode::NO_SOURCE,
            ErrorCode::NO_TARGET,
            ErrorCode::NO_NAME,
            ErrorCode::NO_OS,
            ErrorCode::NO_DEVICE,
        ],
    ),
    (
        ErrorKind::Unsupported,
        &[
            ErrorCode::NO_SUPPORT,
            ErrorCode::CONFIG_UNSUPPORTED,
            ErrorCode::ARGUMENT_UNSUPPORTED,
            ErrorCode::OPERATION_UNSUPPORTED,
            ErrorCode::NO_SECURITY_MODEL,
            ErrorCode::WAR_NO_NETWORK,
            ErrorCode::WAR_NO_STORAGE,
            ErrorCode::WAR_NO_NODE,
            ErrorCode::WAR_NO_INTERFACE,
            ErrorCode::WAR_NO_NWFILTER,
            ErrorCode::WAR_NO_SECRET,
        ],
    ),
    (
        ErrorKind::Denied,
        &[ErrorCode::OPERATION_DENIED, ErrorCode::ACCESS_DENIED],
    ),
    (
        ErrorKind::AuthenticationFailed,
        &[ErrorCode::AUTH_FAILED, ErrorCode::AUTH_UNAVAILABLE],
    ),
    (
        ErrorKind::Cancelled,
        &[ErrorCode::OPERATION_ABORTED, ErrorCode::AUTH_CANCELLED],
    ),
    (ErrorKind::Busy, &[ErrorCode::RESOURCE_BUSY]),
    (ErrorKind::Timeout, &[ErrorCode::OPERATION_TIMEOUT]),
    (
        ErrorKind::AgentUnavailable,
        &[
            ErrorCode::AGENT_UNRESPONSIVE,
            ErrorCode::AGENT_UNSYNCED,
            ErrorCode::AGENT_COMMAND_TIMEOUT,
        ],
    ),
    (
        ErrorKind::ResourceExhausted,
        &[ErrorCode::NO_MEMORY, ErrorCode::DRIVER_FULL],
    ),
    (ErrorKind::ConnectionLost, &[ErrorCode::NO_CONNECT]),
];

/// The kind of a daemon's error.
#[must_use]
pub fn kind_of(error: &LibvirtError) -> ErrorKind {
    let [errno, _] = error.numbers;
    match error.code {
        ErrorCode::SYSTEM_ERROR if errno > 0 => kind_of_io(&std::io::Error::from_raw_os_error(errno)),
        ErrorCode::RPC if error.message.starts_with("unknown procedure") => ErrorKind::Unsupported,
        ErrorCode::INVALID_ARG if is_unknown_flag(error) => ErrorKind::Unsupported,
        ErrorCode::RPC if error.message.starts_with("authentication required") => {
            ErrorKind::AuthenticationFailed
        }
        code => KINDS
            .iter()
            .find_map(|(kind, codes)| codes.contains(&code).then_some(*kind))
            .unwrap_or(ErrorKind::Failed),
    }
}

/// Whether the daemon's driver does not know a flag that it was given: it says so by a text alone.
#[must_use]
pub fn is_unknown_flag(error: &LibvirtError) -> bool {
    error.code == ErrorCode::INVALID_ARG && error.message.contains("unsupported flags (0x")
}

impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        let outcome = match error.may_have_applied() {
            true => Outcome::Unknown,
            false => Outcome::NotApplied,
        };
        let kind = match &error {
            RpcError::Libvirt { error, .. } => kind_of(error),
            RpcError::Timeout { .. } | RpcError::StreamNotRead { .. } => ErrorKind::Timeout,
            RpcError::Disconnected { .. } => ErrorKind::ConnectionLost,
            RpcError::Encode { .. } => ErrorKind::InvalidArgument,
            RpcError::Decode { .. } => ErrorKind::Corrupt,
            RpcError::FdsNotPassed { .. } => ErrorKind::Unsupported,
            RpcError::StreamAborted { .. } => ErrorKind::Cancelled,
        };
        let object = error.libvirt().and_then(|error| error.object.as_ref());
        let subject = object.map(|domain| Subject::Domain(domain.name.text().into_owned()));
        let message = message(&error);
        let core = Self::new(kind, message).with_outcome(outcome);
        let core = match error {
            // What the daemon said, without what was said here already.
            RpcError::Libvirt { error, .. } => core.with_source(*error),
            error => core.with_source(error),
        };
        match subject {
            Some(subject) => core.with_subject(subject),
            None => core,
        }
    }
}

/// What is said on this level: the cause says the rest.
fn message(error: &RpcError) -> String {
    let procedure = error.procedure();
    match error {
        RpcError::Libvirt { .. } => format!("the daemon refused {procedure}"),
        RpcError::Timeout { .. } => format!("the deadline passed before the daemon answered {procedure}"),
        RpcError::Disconnected { .. } => format!("no connection to the daemon for {procedure}"),
        RpcError::Encode { .. } => format!("{procedure} has arguments beyond the protocol's limits"),
        RpcError::Decode { .. } => format!("the daemon's answer to {procedure} is not understood"),
        RpcError::FdsNotPassed { .. } => format!("{procedure} cannot pass file descriptors"),
        RpcError::StreamAborted { .. } => format!("the stream of {procedure} is over"),
        RpcError::StreamNotRead { .. } => format!("the stream of {procedure} was not read in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::net::MessageError;
    use crate::rpc::error::{Called, Delivery};

    fn libvirt(code: ErrorCode, message: &str, int1: i32) -> LibvirtError {
        MessageError {
            code: code.0,
            domain: 10,
            message: Some(message.into()),
            int1,
            ..MessageError::default()
        }
        .into()
    }

    #[test]
    fn codes_have_kinds() {
        for (code, message, int1, kind) in [
            (ErrorCode::NO_DOMAIN, "Domain not found", 0, ErrorKind::NotFound),
            (
                ErrorCode::OPERATION_INVALID,
                "domain is not running",
                0,
                ErrorKind::InvalidState,
            ),
            (
                ErrorCode::SYSTEM_ERROR,
                "no space",
                28,
                ErrorKind::ResourceExhausted,
            ),
            (ErrorCode::SYSTEM_ERROR, "odd", 0, ErrorKind::Failed),
            (
                ErrorCode::RPC,
                "unknown procedure: 999",
                0,
                ErrorKind::Unsupported,
            ),
            (
                ErrorCode::RPC,
                "authentication required",
                0,
                ErrorKind::AuthenticationFailed,
            ),
            (ErrorCode::INTERNAL_ERROR, "internal error", 0, ErrorKind::Failed),
            (ErrorCode(9999), "of tomorrow", 0, ErrorKind::Failed),
        ] {
            assert_eq!(kind_of(&libvirt(code, message, int1)), kind, "{code:?}");
        }
    }

    #[test]
    fn no_code_has_two_kinds() {
        let mut codes: Vec<i32> = KINDS
            .iter()
            .flat_map(|(_, codes)| codes.iter().map(|code| code.0))
            .collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn the_daemons_error_is_in_reach() {
        let procedure = Called {
            name: "REMOTE_PROC_DOMAIN_CREATE".into(),
            reads_only: false,
        };
        let error = RpcError::Libvirt {
            procedure: procedure.clone(),
            error: Box::new(libvirt(
                ErrorCode::OPERATION_INVALID,
                "domain is already running",
                0,
            )),
        };
        let error = Error::from(error);
        assert_eq!(error.to_string(), "the daemon refused REMOTE_PROC_DOMAIN_CREATE");
        let native = error.native::<LibvirtError>().expect("the daemon's error");
        assert_eq!(native.code, ErrorCode::OPERATION_INVALID);
        assert_eq!(native.to_string(), "domain is already running");
        let lost = |reads_only, delivery| {
            let procedure = Called {
                reads_only,
                ..procedure.clone()
            };
            Error::from(RpcError::Timeout { procedure, delivery }).outcome()
        };
        assert_eq!(lost(false, Delivery::Sent), Outcome::Unknown);
        assert_eq!(lost(false, Delivery::NotSent), Outcome::NotApplied);
        assert_eq!(lost(true, Delivery::Sent), Outcome::NotApplied);
    }
}
