//! Texts nobody should see by accident.

use std::fmt;

use crate::xml::{ValueError, XmlValue};

/// A secret, such as the password of a display: part of the document, hidden in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct SecretText(String);

impl SecretText {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for whoever needs it, not for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl XmlValue for SecretText {
    const EXACT: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        Ok(Self(text.to_owned()))
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}
