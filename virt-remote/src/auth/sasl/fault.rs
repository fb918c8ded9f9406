//! What goes wrong in a login by SASL.

use virt_core::{Error, ErrorKind};

/// A fault in a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SaslFault {
    /// What the daemon says is not what the mechanism has there.
    #[error("the daemon's part of the login is malformed: {0}")]
    Malformed(String),
    /// The daemon says no.
    #[error("the daemon refuses: {0}")]
    Refused(String),
    /// The daemon does not show that it knows the password: it may be another one.
    #[error("the daemon does not prove that it knows the password")]
    Impostor,
    /// It wants what we do not do.
    #[error("{0}")]
    Unsupported(String),
    /// What we were given can't be used.
    #[error("{0}")]
    Unusable(String),
    /// What it wants computed takes too long.
    #[error("the hashing that the daemon wants was not done in time")]
    TooSlow,
    /// The daemon goes on where there is no more to say, or stops before.
    #[error("the daemon does not keep to the mechanism's order")]
    OutOfOrder,
}

impl SaslFault {
    pub(super) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }

    const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::Unusable(_) => ErrorKind::InvalidArgument,
            Self::TooSlow => ErrorKind::Timeout,
            _ => ErrorKind::AuthenticationFailed,
        }
    }

    /// The error of a login by this mechanism.
    pub(super) fn into_error(self, mechanism: &str) -> Error {
        Error::new(self.kind(), format!("logging in by SASL ({mechanism}) failed")).with_source(self)
    }
}
