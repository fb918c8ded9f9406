//! What is wrong with a file.

use thiserror::Error;

/// A file that is not accepted: what is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}", self.place())]
pub struct VmxError {
    line: Option<usize>,
    problem: VmxProblem,
}

/// What is wrong with a line, a key or a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VmxProblem {
    /// The text is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file has {0} bytes, more than 4 MiB")]
    TooLarge(usize),
    /// A line is no comment and has no `=`.
    #[error("neither a comment nor `key = \"value\"`: {0:?}")]
    NoAssignment(String),
    /// There is nothing before the `=`.
    #[error("no key before the `=`")]
    NoKey,
    /// The value has no quote at its end.
    #[error("the value of {0} has no quote at its end")]
    Unclosed(String),
    /// Something stands behind the value.
    #[error("neither a blank nor a comment behind the value of {key}: {rest:?}")]
    Trailing {
        /// The key.
        key: String,
        /// What stands there.
        rest: String,
    },
    /// A character no file has: NUL, an escape, a carriage return within a line.
    #[error("control character {0:?}")]
    ControlCharacter(char),
    /// A key no line can be written with.
    #[error("{0:?} cannot be a key")]
    BadKey(String),
    /// A value no line can be written with as it is.
    #[error("the value of {key} has quotes or line ends, which are escaped in a file: {value:?}")]
    BadValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// The text has characters beyond ASCII in an encoding that is not known here.
    #[error("the encoding {0:?} is not known, and there are characters beyond ASCII")]
    UnknownEncoding(String),
    /// The bytes are no text in the encoding.
    #[error("the bytes are no text in {0}")]
    NotInEncoding(String),
    /// A character has no place in the encoding.
    #[error("{character:?} cannot be written in {encoding}")]
    NotEncodable {
        /// The character.
        character: char,
        /// The encoding.
        encoding: String,
    },
}

impl VmxError {
    pub(super) fn at(line: usize, problem: VmxProblem) -> Self {
        Self {
            line: Some(line),
            problem,
        }
    }

    pub(super) fn new(problem: VmxProblem) -> Self {
        Self { line: None, problem }
    }

    /// The line, counted from 1, of a text that was parsed.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &VmxProblem {
        &self.problem
    }

    fn place(&self) -> String {
        self.line
            .map_or_else(String::new, |line| format!("line {line}: "))
    }
}

/// An [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) whose source is this error.
impl From<VmxError> for virt_core::Error {
    fn from(error: VmxError) -> Self {
        Self::new(
            virt_core::ErrorKind::InvalidConfig,
            "the VMX file is not accepted",
        )
        .with_source(error)
    }
}
