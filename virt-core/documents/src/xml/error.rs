//! What can be wrong with an XML document, and where.

use std::fmt;

/// A place in the text of a document: line and column, both counted from 1, the column in characters.
///
/// Content that was not parsed has no position; see [`Position::is_known`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    line: u32,
    column: u32,
}

impl Position {
    /// The place at `line` and `column`, both counted from 1.
    pub const fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }

    /// The line, counted from 1; 0 when the position is not known.
    pub const fn line(self) -> u32 {
        self.line
    }

    /// The column in characters, counted from 1; 0 when the position is not known.
    pub const fn column(self) -> u32 {
        self.column
    }

    /// Whether this came from a parsed text.
    pub const fn is_known(self) -> bool {
        self.line != 0
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What kind of thing is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlProblem {
    /// The text is not well-formed XML.
    #[error("the XML is not well-formed: {0}")]
    Syntax(String),
    /// The bytes are not UTF-8, or the declaration names another encoding.
    #[error("the text is not UTF-8: {0}")]
    Encoding(String),
    /// A character XML does not allow, as itself or as a reference.
    #[error("the character U+{0:04X} is not allowed in XML")]
    IllegalCharacter(u32),
    /// A limit of [`Limits`](super::Limits) was exceeded.
    #[error("the document has more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The limit that held.
        limit: usize,
    },
    /// A document type definition, which could define entities.
    #[error("a document type definition is not accepted: remove <!DOCTYPE …>")]
    DocumentType,
    /// A reference to an entity other than the five of XML itself.
    #[error(
        "the entity &{0}; is not defined: only &lt; &gt; &amp; &apos; &quot; and character references are"
    )]
    Entity(String),
    /// The document has another root element.
    #[error("the root element is <{found}>, not <{expected}>")]
    Root {
        /// The root element this type of document has.
        expected: String,
        /// The root element that is there.
        found: String,
    },
    /// An element, attribute or text that must be there is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// A value that does not parse.
    #[error("'{value}' is not {expected}")]
    Value {
        /// The text found, shortened when long; `(hidden)` for a secret.
        value: String,
        /// What was expected, such as `a whole number`.
        expected: String,
    },
    /// Values that do not go together.
    #[error("{0}")]
    Invalid(String),
}

/// Why a document was not accepted: the problem, the element path, and the line and column when it was parsed.
///
/// The path names the element or attribute as in `/domain/devices/disk[2]/@type`.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct XmlError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    problem: XmlProblem,
    position: Position,
    path: String,
}

impl XmlError {
    /// A problem at no place yet.
    pub fn new(problem: XmlProblem) -> Self {
        Self(Box::new(Inner {
            problem,
            position: Position::default(),
            path: String::new(),
        }))
    }

    /// A contradiction of values, as [`XmlProblem::Invalid`].
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self::new(XmlProblem::Invalid(sentence.into()))
    }

    /// The same problem at `position`, unless it has a position already.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        if !self.0.position.is_known() {
            self.0.position = position;
        }
        self
    }

    /// The same problem one level further out: `segment` is put before the path.
    #[must_use]
    pub fn within(mut self, segment: &str) -> Self {
        let mut path = String::with_capacity(segment.len() + self.0.path.len() + 1);
        if !segment.starts_with('/') {
            path.push('/');
        }
        path.push_str(segment);
        path.push_str(&self.0.path);
        self.0.path = path;
        self
    }

    /// The same problem in a document with another root element.
    #[must_use]
    pub(crate) fn with_root(mut self, root: &str) -> Self {
        let below = self.0.path.trim_start_matches('/').split_once('/');
        self.0.path = below.map_or_else(|| format!("/{root}"), |(_, below)| format!("/{root}/{below}"));
        self
    }

    /// What is wrong.
    pub fn problem(&self) -> &XmlProblem {
        &self.0.problem
    }

    /// Where in the text, when the document was parsed.
    pub fn position(&self) -> Option<Position> {
        self.0.position.is_known().then_some(self.0.position)
    }

    /// The path of the element or attribute, such as `/domain/devices/disk[2]/@type`; empty when the text is
    /// not XML at all.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    fn sentence(&self) -> String {
        let mut text = self.0.problem.to_string();
        if !self.0.path.is_empty() {
            text.push_str(" at ");
            text.push_str(&self.0.path);
        }
        if self.0.position.is_known() {
            text.push_str(&format!(
                " (line {}, column {})",
                self.0.position.line, self.0.position.column
            ));
        }
        text
    }
}

impl fmt::Debug for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlError")
            .field("problem", &self.0.problem)
            .field("path", &self.0.path)
            .field("position", &self.0.position)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_problem_path_line_and_column() {
        let error = XmlError::new(XmlProblem::Missing("the attribute 'type'".into()))
            .at(Position::new(3, 7))
            .within("disk[2]")
            .within("/domain/devices");
        assert_eq!(
            error.to_string(),
            "the attribute 'type' is missing at /domain/devices/disk[2] (line 3, column 7)"
        );
    }

    #[test]
    fn an_error_can_cross_threads() {
        fn check<T: Send + Sync + std::error::Error + 'static>() {}
        check::<XmlError>();
    }
}
