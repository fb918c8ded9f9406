//! Where something stands in a configuration file.

use std::fmt;
use std::path::Path;

use virt_core::{Error, ErrorKind};

/// A line of a file, for errors and notes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The file.
    pub(super) file: &'a Path,
    /// The line, from 1.
    pub(super) line: usize,
}

impl Place<'_> {
    /// The error of this place.
    pub(super) fn refuse(self, why: impl fmt::Display) -> Error {
        let message = format!("{} line {}: {why}", self.file.display(), self.line);
        Error::new(ErrorKind::InvalidConfig, message)
    }
}
