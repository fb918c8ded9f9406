//! Why a bench could not be run.

use std::fmt;

/// A failure, told in one line.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            text.push_str(&format!(": {next}"));
            cause = next.source();
        }
        Self(text)
    }
}

/// What every step returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A failure with this text.
pub(crate) fn failed<T>(text: impl Into<String>) -> Outcome<T> {
    Err(Failure(text.into()))
}
