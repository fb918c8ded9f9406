//! Complaints about the element at hand itself, and checks of its parts, which name them.

use super::complaint;
use crate::xml::{Rest, XmlError};

/// Values that do not go together, at the element `rest` is of.
pub(crate) fn wrong(rest: &Rest, sentence: impl Into<String>) -> XmlError {
    complaint::wrong("", rest, sentence)
}

/// Something that must be there, as `the attribute 'dev'`.
pub(crate) fn missing(rest: &Rest, what: impl Into<String>) -> XmlError {
    complaint::missing("", rest, what)
}

/// An attribute that must be there.
pub(crate) fn missing_attribute(rest: &Rest, name: &str) -> XmlError {
    missing(rest, format!("the attribute '{name}'"))
}

/// A spelling that is none of those known.
pub(crate) fn unknown(rest: &Rest, value: &str, what: &str, known: &[&str]) -> XmlError {
    complaint::unknown("", rest, value, format!("{what}: {}", known.join(", ")))
}

/// Checks each item of a list; an error names its number.
pub(crate) fn each<'a, T>(
    name: &str,
    items: &'a [T],
    mut check: impl FnMut(&'a T) -> Result<(), XmlError>,
) -> Result<(), XmlError> {
    for (index, item) in items.iter().enumerate() {
        check(item).map_err(|error| error.within(&format!("{name}[{}]", index + 1)))?;
    }
    Ok(())
}

/// Checks an item that may be missing; an error names it.
pub(crate) fn only<T>(
    name: &str,
    item: Option<&T>,
    check: impl FnOnce(&T) -> Result<(), XmlError>,
) -> Result<(), XmlError> {
    item.map_or(Ok(()), |item| check(item).map_err(|error| error.within(name)))
}
