//! What is wrong with a file.

use std::fmt;

use thiserror::Error;

/// Where in a text something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in it, counted from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte in a text.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A file that is not accepted: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}", self.prefix())]
pub struct ConfigFileError {
    place: Option<Place>,
    problem: ConfigFileProblem,
}

/// What is wrong with a file, a key or a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigFileProblem {
    /// The text is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file has {0} bytes, more than 4 MiB")]
    TooLarge(usize),
    /// The bytes are no UTF-8.
    #[error("the file is no text in UTF-8")]
    NotUtf8,
    /// Something stands where a key should.
    #[error("no key, but {0:?}: a setting is `key = value`")]
    NoKey(char),
    /// A word has no `=` behind it.
    #[error("no `=` behind {0}: a setting is `key = value`, and programs in Python are not read")]
    NoAssignment(String),
    /// Something stands where a value should.
    #[error("no value{}: it is a string in quotes, a number or a list in brackets", found(.0))]
    NoValue(Option<char>),
    /// A string has no quote at its end.
    #[error("the string that begins here has no quote at its end")]
    Unclosed,
    /// A list has no bracket at its end.
    #[error("the list that begins here has no `]` at its end")]
    UnclosedList,
    /// Two values of a list have no comma between them.
    #[error("no comma before {0:?} in a list")]
    NoComma(char),
    /// Lists stand in lists deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    #[error("lists stand in lists more than 16 deep")]
    TooDeep,
    /// A number is none, or greater than what counts.
    #[error("{0} is no number of 64 bits")]
    BadNumber(String),
    /// An escape is none, or what it gives is no text.
    #[error("what is escaped in the string is no text")]
    BadEscape,
    /// Something stands behind a value.
    #[error("neither a line end, `;` nor a comment behind the value, but {0:?}")]
    Trailing(char),
    /// What `+=` adds is of another kind.
    #[error("what is added to {0} is of another kind than what it has")]
    OtherKind(String),
    /// A character no file has.
    #[error("control character {0:?}")]
    ControlCharacter(char),
    /// A key no setting can be written with.
    #[error("{0:?} cannot be a key: it is letters, digits and `_`")]
    BadKey(String),
    /// A value no setting can be written with.
    #[error("the value of {0} has a character of code 0, or lists more than 16 deep")]
    BadValue(String),
}

fn found(found: &Option<char>) -> String {
    found.map_or_else(String::new, |found| format!(", but {found:?}"))
}

impl ConfigFileError {
    pub(super) fn at(place: Place, problem: ConfigFileProblem) -> Self {
        Self {
            place: Some(place),
            problem,
        }
    }

    pub(super) fn new(problem: ConfigFileProblem) -> Self {
        Self { place: None, problem }
    }

    /// Where it is, in a text that was parsed.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &ConfigFileProblem {
        &self.problem
    }

    fn prefix(&self) -> String {
        self.place.map_or_else(String::new, |place| format!("{place}: "))
    }
}

/// An [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) whose source is this error.
impl From<ConfigFileError> for virt_core::Error {
    fn from(error: ConfigFileError) -> Self {
        Self::new(
            virt_core::ErrorKind::InvalidConfig,
            "the configuration of Xen is not accepted",
        )
        .with_source(error)
    }
}
