//! Strings.

use std::borrow::Cow;
use std::fmt;

use super::error::XdrError;
use super::reader::XdrReader;
use super::writer::XdrWriter;
use super::{STRING_MAX, Xdr};

/// A string of the protocol: text as a rule, but nothing makes a daemon send UTF-8 (the names of files and of old
/// guests may be anything). So the bytes are kept as they are, and are text to whoever asks for it.
///
/// ```
/// use virt_remote::protocol::xdr::XdrString;
///
/// let name = XdrString::from("web");
/// assert_eq!(name, "web");
/// let latin = XdrString::from(b"caf\xe9".to_vec());
/// assert_eq!(latin.to_str(), None);
/// assert_eq!(latin.to_string(), "caf\u{fffd}");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct XdrString(Vec<u8>);

impl XdrString {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The text; `None` where it is not UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text, with what is not UTF-8 replaced by U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The text, with what is not UTF-8 replaced by U+FFFD.
    #[must_use]
    pub fn into_text(self) -> String {
        String::from_utf8(self.0)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Xdr for XdrString {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put_length(self.0.len(), STRING_MAX)?;
        out.put_padded(&self.0);
        Ok(())
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        let length = input.length(STRING_MAX, 1)?;
        input.padded(length).map(|bytes| Self(bytes.to_vec()))
    }
}

impl From<&str> for XdrString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&String> for XdrString {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for XdrString {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for XdrString {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl PartialEq<str> for XdrString {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for XdrString {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for XdrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for XdrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}
