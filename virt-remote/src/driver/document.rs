//! Documents of the daemon.

use virt_core::xml::XmlError;
use virt_core::{Error, ErrorKind};

/// A document of the daemon that is none of what it should be.
pub(super) fn not_understood(what: &str, error: XmlError) -> Error {
    let message = format!("the daemon's document of the {what} is not understood");
    Error::new(ErrorKind::Corrupt, message).with_source(error)
}
