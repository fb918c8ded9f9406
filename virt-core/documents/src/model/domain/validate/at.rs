//! Where a check stands, and how it refuses.

use std::fmt;

use crate::xml::{Rest, XmlError, XmlProblem};

/// What a check answers.
pub(super) type Checked = Result<(), XmlError>;

/// The element a check is about. Its path is put together where something is wrong, and only there.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    path: &'static str,
    index: Option<usize>,
    /// One of a list inside of it.
    part: Option<(&'static str, usize)>,
    rest: &'a Rest,
}

impl<'a> At<'a> {
    /// The element at that path.
    pub(super) fn the(path: &'static str, rest: &'a Rest) -> Self {
        Self {
            path,
            index: None,
            part: None,
            rest,
        }
    }

    /// One of a list, counted from 0.
    pub(super) fn nth(path: &'static str, index: usize, rest: &'a Rest) -> Self {
        Self {
            index: Some(index),
            ..Self::the(path, rest)
        }
    }

    /// One of a list inside of it, counted from 0. Of a list inside of that one, `below` has to say which.
    pub(super) fn part(self, below: &'static str, index: usize, rest: &'a Rest) -> Self {
        Self {
            part: Some((below, index)),
            ..self.on(rest)
        }
    }

    /// The same with the position of a part of it.
    pub(super) fn on(self, rest: &'a Rest) -> Self {
        match rest.position() {
            Some(_) => Self { rest, ..self },
            None => self,
        }
    }

    /// The path of the element.
    pub(super) fn path(self) -> String {
        let mut path = self.path.to_owned();
        if let Some(index) = self.index {
            path.push_str(&format!("[{}]", index + 1));
        }
        if let Some((below, index)) = self.part {
            path.push_str(&format!("{below}[{}]", index + 1));
        }
        path
    }

    /// A contradiction at what is `below` the element.
    pub(super) fn wrong(self, below: &str, sentence: impl Into<String>) -> XmlError {
        self.refuse(below, XmlProblem::Invalid(sentence.into()))
    }

    /// Something that is not there.
    pub(super) fn missing(self, below: &str, what: impl Into<String>) -> XmlError {
        self.refuse(below, XmlProblem::Missing(what.into()))
    }

    /// The value, which must be there.
    pub(super) fn need<'v, T>(
        self,
        below: &str,
        what: &str,
        value: Option<&'v T>,
    ) -> Result<&'v T, XmlError> {
        value.ok_or_else(|| self.missing(below, what))
    }

    /// The text, which must be there and not be empty.
    pub(super) fn need_text<'v>(
        self,
        below: &str,
        what: &str,
        value: Option<&'v String>,
    ) -> Result<&'v str, XmlError> {
        match value {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.missing(below, what)),
        }
    }

    /// Refuses a text that is none of the known ones.
    pub(super) fn one_of(self, below: &str, value: Option<&String>, known: &[&str]) -> Checked {
        match value {
            Some(text) if !known.contains(&text.as_str()) => Err(self.refuse(
                below,
                XmlProblem::Value {
                    value: text.chars().take(64).collect(),
                    expected: format!("one of {}", known.join(", ")),
                },
            )),
            _ => Ok(()),
        }
    }

    /// Refuses when the condition holds.
    pub(super) fn refuse_if(self, condition: bool, below: &str, sentence: &str) -> Checked {
        match condition {
            true => Err(self.wrong(below, sentence)),
            false => Ok(()),
        }
    }

    /// The same with a sentence that is put together only then.
    pub(super) fn refuse_when(self, condition: bool, below: &str, sentence: fmt::Arguments<'_>) -> Checked {
        match condition {
            true => Err(self.wrong(below, sentence.to_string())),
            false => Ok(()),
        }
    }

    /// An error of a rule that holds for more documents than this one, at what is `below` the element.
    pub(super) fn around(self, below: &str, error: XmlError) -> XmlError {
        let place = format!("{}{below}", self.path());
        error.at(self.rest.position().unwrap_or_default()).within(&place)
    }

    fn refuse(self, below: &str, problem: XmlProblem) -> XmlError {
        let error = XmlError::new(problem).at(self.rest.position().unwrap_or_default());
        error.within(&format!("{}{below}", self.path()))
    }
}
