//! A place in a text that moves on.

use super::error::{ConfigFileError, ConfigFileProblem, Place};

/// What is still to be read of a text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at(&self, what: &str) -> bool {
        self.rest().starts_with(what)
    }

    /// The next character, read.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Whether this came next; if so it is read.
    pub(super) fn take(&mut self, what: &str) -> bool {
        let is_at = self.is_at(what);
        if is_at {
            self.at += what.len();
        }
        is_at
    }

    pub(super) fn take_while(&mut self, condition: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|one| !condition(one)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// What was read since then.
    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Blanks.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|one| matches!(one, ' ' | '\t'));
    }

    /// Blanks, line ends and comments.
    pub(super) fn skip_space(&mut self) -> Result<(), ConfigFileError> {
        loop {
            self.take_while(|one| matches!(one, ' ' | '\t' | '\n' | '\r'));
            if self.peek() != Some('#') {
                return Ok(());
            }
            self.skip_comment()?;
        }
    }

    /// A comment, to the end of its line.
    pub(super) fn skip_comment(&mut self) -> Result<(), ConfigFileError> {
        self.take_while(|one| one != '\n' && (one == '\t' || one == '\r' || !one.is_ascii_control()));
        match self.peek() {
            None | Some('\n') => Ok(()),
            Some(control) => Err(self.error(ConfigFileProblem::ControlCharacter(control))),
        }
    }

    pub(super) fn error(&self, problem: ConfigFileProblem) -> ConfigFileError {
        self.error_at(self.at, problem)
    }

    pub(super) fn error_at(&self, at: usize, problem: ConfigFileProblem) -> ConfigFileError {
        ConfigFileError::at(Place::of(self.text, at), problem)
    }
}
