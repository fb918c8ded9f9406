//! The errors of conversion, all of one form: the element or the key, what is wrong, and the way out.

use std::borrow::Cow;

use virt_core::{Error, ErrorKind, Subject};

/// An element Xen has no means for.
pub(super) fn unsupported(element: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Error {
    Error::unsupported(text).with_subject(Subject::Element(element.into()))
}

/// An element that is wrong.
pub(super) fn invalid(element: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidConfig, text).with_subject(Subject::Element(element.into()))
}

/// A key of a file that is wrong.
pub(super) fn wrong_key(key: &str, text: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidConfig, text).with_subject(Subject::Other(format!("key {key}")))
}

/// A key of a file that domains have no means for.
pub(super) fn unsupported_key(key: &str, text: impl Into<Cow<'static, str>>) -> Error {
    Error::unsupported(text).with_subject(Subject::Other(format!("key {key}")))
}
