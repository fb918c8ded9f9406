//! What kind of error a change that was not made is.

use crate::error::{Error, ErrorKind};
use crate::model::network::NetworkUpdateError;

impl From<NetworkUpdateError> for Error {
    fn from(error: NetworkUpdateError) -> Self {
        let kind = match &error {
            NetworkUpdateError::Unsupported { .. } => ErrorKind::Unsupported,
            NetworkUpdateError::Fragment(_) | NetworkUpdateError::Family { .. } => ErrorKind::InvalidConfig,
            // What the network has or lacks.
            _ => ErrorKind::InvalidState,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}
