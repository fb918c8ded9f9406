//! Why a live fixture could not be made.

use std::io;
use std::path::Path;

/// A live fixture could not be made or did not answer.
///
/// The text says what was tried and, where there is one, the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// A file or directory could not be read or written.
    #[error("could not {doing}")]
    File {
        /// What was being done, for example `write /tmp/x`.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program is missing or failed.
    #[error("`{program}` failed: {said}")]
    Program {
        /// The program and its first words.
        program: String,
        /// The last of what it wrote to standard error.
        said: String,
    },
    /// Something is not as it has to be: a package without the file expected of it, a guest that did not boot.
    #[error("{0}")]
    Unexpected(String),
}

impl LiveError {
    pub(super) fn file(doing: &str, path: &Path, source: io::Error) -> Self {
        Self::File {
            doing: format!("{doing} {}", path.display()),
            source,
        }
    }
}

/// What the fixtures return.
pub(super) type Result<T> = std::result::Result<T, LiveError>;
