//! What a setting is set to.

use std::fmt;
use std::fmt::Write;

use super::write::{Syntax, write_value};

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string, without quotes and escapes.
    Text(String),
    /// A number.
    Integer(i64),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// A list of strings.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one, or a string that is one in decimal digits, as xl and libvirt take it.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Integer(number) => Some(*number),
            Self::List(_) => None,
        }
    }

    /// The values of the list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Integer(is.into())
    }
}

/// As it is written in xl.cfg.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write_value(self, Syntax::Xl, &mut text);
        f.write_str(&text)
    }
}

/// Writes a number.
pub(super) fn write_integer(number: i64, out: &mut String) {
    // Writing to a string does not fail.
    let _done = write!(out, "{number}");
}
