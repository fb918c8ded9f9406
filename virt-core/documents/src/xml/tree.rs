//! The ordered tree between text and typed documents: elements, attributes, and everything between them.

use std::borrow::Cow;
use std::fmt;

use smol_str::SmolStr;

use super::blank::is_blank;
use super::error::Position;
use super::name::Name;
use super::writer::Writer;

/// An attribute with its value, references resolved.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name; `xmlns` declarations are attributes like any other.
    pub name: Name,
    /// The value, references resolved.
    pub value: SmolStr,
}

impl Attribute {
    /// An attribute in no namespace.
    pub fn new(name: &str, value: impl AsRef<str>) -> Self {
        Self {
            name: Name::local_only(name),
            value: SmolStr::new(value),
        }
    }
}

/// Prints the name only: a value may be a secret.
impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.name)
    }
}

/// What an element contains.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, references resolved.
    Text(SmolStr),
    /// The content of a CDATA section.
    CData(SmolStr),
    /// The content of a comment.
    Comment(SmolStr),
    /// The content of a processing instruction, target included.
    Instruction(SmolStr),
}

impl Node {
    /// The element, when this is one.
    pub fn as_element(&self) -> Option<&Element> {
        match self {
            Self::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The text, when this is text or a CDATA section.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::CData(text) => Some(text),
            _ => None,
        }
    }
}

/// Prints names only: text may be a secret.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => element.fmt(f),
            Self::Text(_) => f.write_str("text"),
            Self::CData(_) => f.write_str("cdata"),
            Self::Comment(_) => f.write_str("comment"),
            Self::Instruction(_) => f.write_str("instruction"),
        }
    }
}

/// An element: name, attributes and content in the order of the document.
///
/// Two elements are equal when names, attributes (in order) and content are; where they stood in a text and how
/// namespaces are declared does not count. White space between elements is layout and not part of the tree: it is kept only beside other text.
#[derive(Clone)]
pub struct Element {
    /// The name.
    pub name: Name,
    /// The attributes, in order, namespace declarations among them.
    pub attributes: Vec<Attribute>,
    /// The content, in order.
    pub children: Vec<Node>,
    pub(super) position: Position,
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<Name>) -> Self {
        Self {
            name: name.into(),
            attributes: Vec::new(),
            children: Vec::new(),
            position: Position::default(),
        }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.attributes.push(Attribute::new(name, value));
        self
    }

    /// The same with one more child element.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// The same with text added.
    #[must_use]
    pub fn with_text(mut self, text: impl AsRef<str>) -> Self {
        self.children.push(Node::Text(SmolStr::new(text)));
        self
    }

    /// Where the element stood in the text it was parsed from.
    pub fn position(&self) -> Option<Position> {
        self.position.is_known().then_some(self.position)
    }

    /// The value of an attribute in no namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.is(name, None))
            .map(|found| found.value.as_str())
    }

    /// The child elements, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(Node::as_element)
    }

    /// The first child element of that name, in no namespace.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name.is(name, None))
    }

    /// All text directly inside, joined.
    pub fn text(&self) -> String {
        self.children.iter().filter_map(Node::as_text).collect()
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        fn said(element: &Element) -> impl Iterator<Item = &Attribute> {
            element
                .attributes
                .iter()
                .filter(|attribute| !attribute.name.declares_namespace())
        }
        self.name == other.name
            && said(self).eq(said(other))
            && (self.children == other.children || pieces(&self.children) == pieces(&other.children))
    }
}

impl Eq for Element {}

/// Content as it is read: texts that follow each other are one, white space that only lays out elements is none.
fn pieces(children: &[Node]) -> Vec<Cow<'_, Node>> {
    let is_laid_out = is_laid_out(children);
    let mut pieces: Vec<Cow<'_, Node>> = Vec::with_capacity(children.len());
    for child in children {
        match (child, pieces.last_mut()) {
            (Node::Text(text), _) if text.is_empty() || is_laid_out => {}
            (Node::Text(more), Some(last)) if matches!(**last, Node::Text(_)) => {
                let text = format!("{}{more}", last.as_text().unwrap_or_default());
                *last = Cow::Owned(Node::Text(text.into()));
            }
            (child, _) => pieces.push(Cow::Borrowed(child)),
        }
    }
    pieces
}

/// Whether the text among these nodes is only white space between elements and comments.
pub(super) fn is_laid_out(children: &[Node]) -> bool {
    let is_layout = |child: &Node| match child {
        Node::Text(text) => is_blank(text),
        Node::CData(_) => false,
        _ => true,
    };
    children.iter().any(|child| child.as_text().is_none()) && children.iter().all(is_layout)
}

/// Prints the name and the names inside: values may be secrets.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.name)?;
        if !self.attributes.is_empty() {
            write!(f, "{:?}", self.attributes)?;
        }
        if !self.children.is_empty() {
            write!(f, "{:?}", self.children)?;
        }
        Ok(())
    }
}

/// The element as XML in libvirt's style, secrets and all.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = Writer::new();
        writer.element(self);
        f.write_str(&writer.finish())
    }
}
