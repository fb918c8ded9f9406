//! The name of a domain.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// A domain's name: 1 to 200 bytes, no `/`, no control characters, not `.` or `..`, no blank at its ends.
///
/// Libvirt refuses `/` and line breaks; the rest keeps names usable as file names on every host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 200;

    /// Checks a name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] that says which rule is broken.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let broken = if name.is_empty() {
            "a domain's name is not empty"
        } else if name.len() > Self::MAX_LEN {
            "a domain's name has at most 200 bytes"
        } else if name.contains('/') {
            "a domain's name has no '/'"
        } else if name.chars().any(char::is_control) {
            "a domain's name has no control characters"
        } else if name == "." || name == ".." {
            "a domain's name is not '.' or '..'"
        } else if name.trim() != name {
            "a domain's name does not begin or end with a blank"
        } else {
            return Ok(Self(name));
        };
        let shown: String = name.chars().take(80).collect();
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{broken}: {shown:?}"),
        ))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

impl FromStr for DomainName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_leave_a_directory_or_a_line_are_refused() {
        for bad in [
            "",
            "a/b",
            "../x",
            "..",
            ".",
            "a\nb",
            "a\0b",
            " a",
            "a ",
            &"x".repeat(201),
        ] {
            assert_eq!(
                DomainName::new(bad).unwrap_err().kind(),
                ErrorKind::InvalidArgument,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn names_people_use_are_fine() {
        for good in [
            "web",
            "web 1",
            "-rf",
            "größe",
            "a.b",
            "$(x)",
            "wéb;'\"",
            &"x".repeat(200),
        ] {
            assert_eq!(DomainName::new(good).unwrap().as_str(), good);
        }
    }
}
