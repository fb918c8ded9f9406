//! A whole XML document without a model behind it.

use std::fmt;

use super::error::{Position, XmlError, XmlProblem};
use super::limits::Limits;
use super::raw::RawNode;
use super::reader;
use super::tree::{Element, Node};
use super::writer::Writer;

/// A document as a tree: the root element, and the comments and instructions around it.
///
/// The XML declaration is not kept: a document is always written as UTF-8 without one, as libvirt does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Comments and instructions before the root element.
    pub before: Vec<Node>,
    /// The root element.
    pub root: Element,
    /// Comments and instructions after the root element.
    pub after: Vec<Node>,
}

impl Document {
    /// A document of one element.
    pub fn new(root: Element) -> Self {
        Self {
            before: Vec::new(),
            root,
            after: Vec::new(),
        }
    }

    /// Parses a text within the default [`Limits`].
    ///
    /// # Errors
    /// Every [`XmlProblem`] of a text that is not well-formed, exceeds a limit, has a document type definition or
    /// refers to entities.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        Self::parse_with(text, Limits::default())
    }

    /// Parses a text within `limits`.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_with(text: &str, limits: Limits) -> Result<Self, XmlError> {
        let raw = reader::read(text, limits)?;
        let mut document = Self::new(Element::new(""));
        let mut before = true;
        for (number, node) in raw.all() {
            match node {
                RawNode::Element(element) => {
                    document.root = raw.tree(number, element, |_| true);
                    before = false;
                }
                other if before => document.before.extend(raw.owned(number, other)),
                other => document.after.extend(raw.owned(number, other)),
            }
        }
        Ok(document)
    }

    /// Parses bytes, which must be UTF-8, with or without a byte order mark.
    ///
    /// # Errors
    /// As [`Document::parse`]; and [`XmlProblem::Encoding`] when the bytes are not UTF-8 or say they are not.
    pub fn parse_bytes(bytes: &[u8], limits: Limits) -> Result<Self, XmlError> {
        if bytes.len() > limits.size {
            return Err(XmlError::new(XmlProblem::Limit {
                what: "bytes",
                limit: limits.size,
            }));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let lines = before.split(|byte| *byte == b'\n').count();
            let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
            let column = last.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
            let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
            let sentence = "a byte sequence is not a character".to_owned();
            XmlError::new(XmlProblem::Encoding(sentence)).at(Position::new(number(lines), number(column)))
        })?;
        if let Some(encoding) = declared_encoding(text)
            && !matches!(
                encoding.to_ascii_lowercase().as_str(),
                "utf-8" | "utf8" | "us-ascii" | "ascii"
            )
        {
            let sentence = format!("the declaration says '{encoding}'");
            return Err(XmlError::new(XmlProblem::Encoding(sentence)).at(Position::new(1, 1)));
        }
        Self::parse_with(text, limits)
    }

    /// The document in libvirt's style: two spaces a level, single quotes, a line end after the root.
    pub fn to_xml(&self) -> String {
        let mut writer = Writer::new();
        writer.nodes(&self.before);
        writer.element(&self.root);
        writer.nodes(&self.after);
        writer.finish()
    }
}

fn declared_encoding(text: &str) -> Option<&str> {
    let declaration = text
        .trim_start_matches('\u{FEFF}')
        .strip_prefix("<?xml")?
        .split_once("?>")?
        .0;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next()?;
    value.get(1..)?.split_once(quote).map(|(encoding, _)| encoding)
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml())
    }
}
