//! The attributes of a start tag, as they are written.
//!
//! quick-xml's own iterator takes two attributes without white space between them, checks for duplicates by another
//! list, and leaves the names unchecked; one pass does all.

use super::blank::is_space;
use super::error::{XmlError, XmlProblem};
use super::name_key::plain_name_length;
use super::references::{is_name, is_special, shortened};

/// An attribute as it is written.
pub(super) struct Written<'t> {
    pub(super) name: &'t str,
    /// What is between the quotes.
    pub(super) value: &'t str,
    /// Whether the name has a prefix.
    pub(super) has_prefix: bool,
    /// Whether the value is what is written: without references and white space other than spaces.
    pub(super) is_literal: bool,
}

/// Attributes in order; ends after the first error.
pub(super) struct RawAttributes<'t> {
    rest: &'t str,
    first: bool,
}

impl<'t> RawAttributes<'t> {
    /// Those in what follows the name in a start tag.
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            rest: text,
            first: true,
        }
    }

    /// The next one, when it is written as libvirt does: after one space, a plain name, without space around `=`.
    fn plain(&mut self) -> Option<Written<'t>> {
        let text = self.rest;
        let (b' ', named) = text.as_bytes().split_first()? else {
            return None;
        };
        let name_length = plain_name_length(named)?;
        let [b'=', quote @ (b'\'' | b'"'), quoted @ ..] = named.get(name_length..)? else {
            return None;
        };
        let mut has_special = false;
        let value_length = quoted.iter().position(|byte| {
            has_special |= is_special(*byte);
            byte == quote
        })?;
        let value_start = name_length + 3;
        let value_end = value_start + value_length;
        let written = Written {
            name: text.get(1..=name_length)?,
            value: text.get(value_start..value_end)?,
            has_prefix: false,
            is_literal: !has_special,
        };
        self.rest = text.get(value_end + 1..)?;
        self.first = false;
        Some(written)
    }

    fn take(&mut self) -> Result<Option<Written<'t>>, XmlError> {
        if let Some(plain) = self.plain() {
            return Ok(Some(plain));
        }
        let text = trimmed(self.rest);
        let is_apart = text.len() < self.rest.len() || self.first;
        self.first = false;
        self.rest = "";
        if text.is_empty() {
            return Ok(None);
        }
        if !is_apart {
            return Err(syntax("there is no white space between two attributes"));
        }
        let equals = text.bytes().position(|byte| byte == b'=');
        let Some((before, after)) = equals.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) else {
            let name = text.trim_end_matches(is_space);
            return Err(syntax(format!(
                "the attribute '{}' has no value",
                shortened(name)
            )));
        };
        let name = before.trim_end_matches(is_space);
        if !is_name(name) {
            return Err(syntax(format!(
                "'{}' is no name of an attribute",
                shortened(name)
            )));
        }
        let quoted = trimmed(after);
        let quote = quoted.bytes().next().filter(|byte| matches!(byte, b'\'' | b'"'));
        let inner = quoted.get(1..).unwrap_or_default();
        let end = quote.and_then(|quote| memchr::memchr(quote, inner.as_bytes()));
        let value = end.and_then(|at| Some((inner.get(..at)?, inner.get(at + 1..)?)));
        let Some((value, rest)) = value else {
            return Err(syntax(format!(
                "the value of the attribute '{}' is not in quotes",
                shortened(name)
            )));
        };
        self.rest = rest;
        Ok(Some(Written {
            name,
            value,
            has_prefix: name.contains(':'),
            is_literal: !value.bytes().any(is_special),
        }))
    }
}

impl<'t> Iterator for RawAttributes<'t> {
    type Item = Result<Written<'t>, XmlError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take().transpose()
    }
}

/// The text from its first byte on that is no white space.
fn trimmed(text: &str) -> &str {
    let is_written = |byte: u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let from = text.bytes().position(is_written).unwrap_or(text.len());
    text.get(from..).unwrap_or_default()
}

fn syntax(sentence: impl Into<String>) -> XmlError {
    XmlError::new(XmlProblem::Syntax(sentence.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(&str, &str)>, String> {
        RawAttributes::of(text)
            .map(|attribute| match attribute {
                Ok(attribute) => Ok((attribute.name, attribute.value)),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }

    #[test]
    fn names_and_values_are_found() {
        assert_eq!(all(""), Ok(vec![]));
        assert_eq!(all("  "), Ok(vec![]));
        assert_eq!(
            all(" a='1' b = \"it's\"\n\tc:d='' "),
            Ok(vec![("a", "1"), ("b", "it's"), ("c:d", "")])
        );
    }

    #[test]
    fn what_is_no_attribute_is_refused() {
        for bad in [
            " a",
            " a=",
            " a=1",
            " a='1",
            " a='1\"",
            " a='1'b='2'",
            " ='1'",
            " 1a='1'",
            " a b='1'",
            " a='1' /",
        ] {
            assert!(all(bad).is_err(), "{bad}");
        }
    }
}
