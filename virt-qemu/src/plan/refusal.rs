//! The errors of planning: what, where, and the way out.

use virt_core::{Error, ErrorKind, Subject};

/// Something this driver cannot do yet, at an element.
pub(crate) fn unsupported(path: impl Into<String>, why: impl Into<String>) -> Error {
    Error::unsupported(why.into()).with_subject(Subject::Element(path.into()))
}

/// Something that contradicts itself or cannot be, at an element.
pub(crate) fn invalid(path: impl Into<String>, why: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConfig, why.into()).with_subject(Subject::Element(path.into()))
}

/// The path of the `index`th element of that name among the devices, counted from 0 here and from 1 in the path.
pub(crate) fn device(name: &str, index: usize) -> String {
    format!("/domain/devices/{name}[{}]", index + 1)
}
