//! One difference of two documents.

use std::fmt;

use super::super::blank::trimmed;
use super::super::walk::FoundKind;

/// One level of a [`ChangePath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// An element there can be one of.
    Element(String),
    /// An item of a list, by its identity: the target of a disk, the address of an interface, else its number.
    Item {
        /// The name of the element.
        name: String,
        /// What tells it from the others; a number, counted from 1, when nothing else does.
        key: String,
    },
    /// An attribute.
    Attribute(String),
}

impl Step {
    /// The name of the element or attribute.
    pub fn name(&self) -> &str {
        match self {
            Self::Element(name) | Self::Item { name, .. } | Self::Attribute(name) => name,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(name) => write!(f, "/{name}"),
            Self::Item { name, key } => write!(f, "/{name}[{key}]"),
            Self::Attribute(name) => write!(f, "/@{name}"),
        }
    }
}

/// Where a change is, printed as in `/domain/devices/disk[vda]/driver/@cache`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ChangePath(pub(super) Vec<Step>);

impl ChangePath {
    /// The levels, the root element first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The same without what tells items apart, as libvirt's schema has it: `domain/devices/disk/driver@cache`.
    pub fn schema_path(&self) -> String {
        let mut path = String::new();
        for step in &self.0 {
            match step {
                Step::Attribute(_) => path.push('@'),
                _ if path.is_empty() => {}
                _ => path.push('/'),
            }
            path.push_str(step.name());
        }
        path
    }
}

impl fmt::Display for ChangePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It is there only in the new document.
    Added,
    /// It is there only in the old document.
    Removed,
    /// It says something else.
    Changed,
    /// It stands at another place among the items of its list.
    Moved,
}

/// One difference of two documents.
///
/// Printed as one line: `/domain/devices/disk[vda]/driver/@cache: none → writeback`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where it is.
    pub path: ChangePath,
    /// What happened.
    pub kind: ChangeKind,
    /// What it happened to.
    pub what: FoundKind,
    /// Whether it is a secret; then `from` and `to` are empty.
    pub secret: bool,
    /// What was there: a value, the XML of an element that was removed without its secrets, the number of an item that
    /// moved.
    pub from: Option<String>,
    /// What is there now, in the same way.
    pub to: Option<String>,
}

impl Change {
    /// Whether this is about a whole element with content, whose XML `from` and `to` have.
    fn is_markup(text: Option<&str>) -> bool {
        text.is_some_and(|text| text.starts_with('<'))
    }
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(char::is_control) && trimmed(text) == text;
    match plain {
        true => text.to_owned(),
        false => format!("{text:?}"),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        let word = match self.kind {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
            ChangeKind::Moved => "moved",
        };
        if self.secret {
            return write!(f, "{word} (hidden)");
        }
        let (from, to) = (self.from.as_deref(), self.to.as_deref());
        if self.what == FoundKind::Element && (Self::is_markup(from) || Self::is_markup(to)) {
            return f.write_str(word);
        }
        match (self.kind, from, to) {
            (ChangeKind::Changed, Some(from), Some(to)) => write!(f, "{} → {}", quoted(from), quoted(to)),
            (ChangeKind::Moved, Some(from), Some(to)) => write!(f, "moved from place {from} to {to}"),
            (ChangeKind::Added, _, Some(value)) | (ChangeKind::Removed, Some(value), _) => {
                write!(f, "{word} {}", quoted(value))
            }
            _ => f.write_str(word),
        }
    }
}

/// Prints the line of `Display`.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
