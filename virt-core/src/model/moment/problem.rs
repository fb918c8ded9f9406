//! Refusals with their place.

use crate::xml::{Rest, XmlError, XmlProblem};

/// A value or combination that is refused, at `path`, where `rest` was parsed.
pub(crate) fn invalid(path: &str, rest: &Rest, sentence: impl Into<String>) -> XmlError {
    at(path, rest, XmlProblem::Invalid(sentence.into()))
}

/// Something that must be there, at `path`, where `rest` was parsed.
pub(crate) fn missing(path: &str, rest: &Rest, what: impl Into<String>) -> XmlError {
    at(path, rest, XmlProblem::Missing(what.into()))
}

fn at(path: &str, rest: &Rest, problem: XmlProblem) -> XmlError {
    XmlError::new(problem)
        .at(rest.position().unwrap_or_default())
        .within(path)
}
