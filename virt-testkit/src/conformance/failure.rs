//! How a case fails: with a sentence.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use virt_core::{Error, ErrorKind};

/// Why a case failed: a sentence for the person who has to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    sentence: String,
    not_done: Option<NotDone>,
}

/// A failure that is none: the case could not be carried out to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotDone {
    /// The target answered that it cannot do what the case is about.
    Unsupported,
    /// What the case is about does not exist at this target.
    NotApplicable,
}

impl Failure {
    /// This sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            not_done: None,
        }
    }

    /// What the case is about does not exist at this target, and why.
    pub fn not_here(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            not_done: Some(NotDone::NotApplicable),
        }
    }

    /// Whether the case could not be carried out to its point.
    #[must_use]
    pub fn not_done(&self) -> Option<NotDone> {
        self.not_done
    }

    fn before(mut self, what: &str) -> Self {
        self.sentence = format!("{what}: {}", self.sentence);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<Error> for Failure {
    /// All that the error tells: message, kind, outcome, and its causes.
    fn from(error: Error) -> Self {
        let mut sentence = format!("{error} [{:?}, {:?}]", error.kind(), error.outcome());
        let mut cause = error.source();
        while let Some(next) = cause {
            // Writing to a string does not fail.
            let _written = write!(sentence, ", because {next}");
            cause = next.source();
        }
        Self {
            sentence,
            not_done: (error.kind() == ErrorKind::Unsupported).then_some(NotDone::Unsupported),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<virt_core::xml::XmlError> for Failure {
    fn from(error: virt_core::xml::XmlError) -> Self {
        Self::new(error.to_string())
    }
}

/// Says what was being done when something failed.
pub trait Doing<T> {
    /// The same result, its failure beginning with `what`.
    ///
    /// # Errors
    /// The same.
    fn doing(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| error.into().before(what))
    }
}

impl From<crate::live::LiveError> for Failure {
    fn from(error: crate::live::LiveError) -> Self {
        Self::new(error.to_string())
    }
}

/// The error of something that has to be refused with this kind; its text has to say something.
///
/// # Errors
/// When it was not refused, or with another kind.
pub fn refused<T>(result: virt_core::Result<T>, kind: ErrorKind, what: &str) -> Result<Error, Failure> {
    match result {
        Ok(_) => Err(Failure::new(format!(
            "{what} went well, and should have been refused as {kind:?}"
        ))),
        Err(error) if error.kind() != kind => {
            let failure = Failure::from(error);
            Err(Failure::new(format!(
                "{what} should have been refused as {kind:?}, but: {failure}"
            )))
        }
        Err(error) if error.to_string().trim().is_empty() => {
            Err(Failure::new(format!("{what} was refused without a word")))
        }
        Err(error) => Ok(error),
    }
}

/// Fails the case with a sentence unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err($crate::conformance::Failure::new(format!($($sentence)+)));
        }
    };
}

/// Fails the case unless both are equal; the sentence names the thing.
macro_rules! ensure_eq {
    ($found:expr, $wanted:expr, $($thing:tt)+) => {{
        let (found, wanted) = (&$found, &$wanted);
        if found != wanted {
            let thing = format!($($thing)+);
            return Err($crate::conformance::Failure::new(format!("{thing}: {found:?}, and should be {wanted:?}")));
        }
    }};
}
