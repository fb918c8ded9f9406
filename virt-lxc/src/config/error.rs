//! What is wrong with a configuration.

use thiserror::Error;

/// A configuration that is not accepted: what is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}", self.place())]
pub struct ConfigError {
    line: Option<usize>,
    problem: ConfigProblem,
}

/// What is wrong with a line, a key or a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The text is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the configuration has {0} bytes, more than 1 MiB")]
    TooLarge(usize),
    /// A line is no comment and has no `=`.
    #[error("neither a comment nor `key = value`: {0:?}")]
    NoAssignment(String),
    /// There is nothing before the `=`.
    #[error("no key before the `=`")]
    NoKey,
    /// A character no configuration has: NUL, an escape, a carriage return within a line.
    #[error("control character {0:?}")]
    ControlCharacter(char),
    /// A key no line can be written with.
    #[error("{0:?} cannot be a key")]
    BadKey(String),
    /// A value no line can be written with.
    #[error("the value of {key} cannot be written on a line: {value:?}")]
    BadValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
}

impl ConfigError {
    pub(super) fn at(line: usize, problem: ConfigProblem) -> Self {
        Self {
            line: Some(line),
            problem,
        }
    }

    pub(super) fn new(problem: ConfigProblem) -> Self {
        Self { line: None, problem }
    }

    /// The line, counted from 1, of a text that was parsed.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &ConfigProblem {
        &self.problem
    }

    fn place(&self) -> String {
        self.line
            .map_or_else(String::new, |line| format!("line {line}: "))
    }
}

/// An [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) whose source is this error.
impl From<ConfigError> for virt_core::Error {
    fn from(error: ConfigError) -> Self {
        Self::new(
            virt_core::ErrorKind::InvalidConfig,
            "the LXC configuration is not accepted",
        )
        .with_source(error)
    }
}
