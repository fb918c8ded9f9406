//! The one error of these commands: what went wrong and what to do about it, in plain words.

use std::fmt;
use std::io;

/// A failure told to the person at the keyboard.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    way_out: Option<String>,
}

impl Failure {
    /// Something went wrong; `what` says what.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            way_out: None,
        }
    }

    /// Adds what the reader can do about it.
    pub(crate) fn advise(mut self, way_out: impl Into<String>) -> Self {
        self.way_out = Some(way_out.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.way_out {
            Some(way_out) => write!(f, "\n  what to do: {way_out}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// What every step of a command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Puts what was being done in front of a foreign error.
pub(crate) trait Doing<T> {
    /// `doing` reads like "write /etc/x".
    fn doing(self, doing: impl FnOnce() -> String) -> Outcome<T>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, doing: impl FnOnce() -> String) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("could not {}: {error}", doing())))
    }
}

/// An error with all its causes, as the person has no other way to see them.
pub(crate) fn told(error: &dyn std::error::Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    Failure::new(text)
}
