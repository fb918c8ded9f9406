//! How the validators of documents complain: problem, path below the element at hand, position of that element.

use crate::xml::{Rest, XmlError, XmlProblem};

/// Things that do not go together, or are out of range.
pub(crate) fn wrong(path: &str, rest: &Rest, sentence: impl Into<String>) -> XmlError {
    at(path, rest, XmlProblem::Invalid(sentence.into()))
}

/// A thing that must be there: `the element <name>`.
pub(crate) fn missing(path: &str, rest: &Rest, what: impl Into<String>) -> XmlError {
    at(path, rest, XmlProblem::Missing(what.into()))
}

/// A word that is none of the known ones.
pub(crate) fn unknown(path: &str, rest: &Rest, value: &str, expected: impl Into<String>) -> XmlError {
    let problem = XmlProblem::Value {
        value: value.to_owned(),
        expected: expected.into(),
    };
    at(path, rest, problem)
}

/// `what (one, two, three)`.
pub(crate) fn one_of(what: &str, names: &mut dyn Iterator<Item = &str>) -> String {
    let names: Vec<&str> = names.collect();
    format!("{what} ({})", names.join(", "))
}

fn at(path: &str, rest: &Rest, problem: XmlProblem) -> XmlError {
    let error = XmlError::new(problem).at(rest.position().unwrap_or_default());
    if path.is_empty() {
        error
    } else {
        error.within(path)
    }
}

/// The text, unless it is empty: libvirt reads an empty text as none.
pub(crate) fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}
