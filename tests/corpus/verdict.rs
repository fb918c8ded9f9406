//! What became of a case.

/// What became of a case.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// It is as libvirt has it.
    Passed,
    /// It is not, and how.
    Failed(String),
    /// A rule says why it need not be as libvirt has it.
    Excepted(&'static str),
    /// Nothing here does what the case is about.
    Unsupported(&'static str),
}

impl From<Result<(), String>> for Verdict {
    fn from(outcome: Result<(), String>) -> Self {
        match outcome {
            Ok(()) => Self::Passed,
            Err(how) => Self::Failed(how),
        }
    }
}
