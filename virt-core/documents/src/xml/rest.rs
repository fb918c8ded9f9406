//! What a record did not understand, and how things were ordered and spelled.

use std::fmt;

use smol_str::SmolStr;

use super::blank::is_blank;
use super::error::Position;
use super::tree::{Attribute, Element, Node};

/// The part of an element its typed fields do not hold.
///
/// That is: attributes, elements, text, comments and instructions the record has no field for, and the order and
/// spelling of what it has fields for. Written back where it stood. Empty for a record that was not parsed; one
/// pointer wide (and a position) for a record written by libvirt itself.
#[derive(Clone, Default)]
pub struct Rest {
    pub(super) position: Position,
    /// Number of this element in the parent's order, counted from 1; 0 for a new one.
    pub(super) place: u32,
    /// How long the text of the document was, in the rest of a root: about as long will it be again.
    pub(super) length: u32,
    pub(super) more: Option<Box<More>>,
}

#[derive(Clone, Default)]
pub(super) struct More {
    pub(super) children_order: Vec<Place>,
    pub(super) attributes_order: Vec<Place>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) nodes: Vec<Node>,
    /// Sorted by field and index.
    pub(super) spellings: Vec<Spelling>,
    /// Sorted by field and index.
    pub(super) shells: Vec<Shell>,
    pub(super) before: Vec<Node>,
    pub(super) after: Vec<Node>,
}

/// One thing in the remembered order: a row of the table, or a number in `attributes` or `nodes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Field(u16),
    Rest(u32),
}

/// A value that was written otherwise than libvirt would; used as long as the value is still the same.
#[derive(Clone)]
pub(super) struct Spelling {
    pub(super) field: u16,
    pub(super) index: u32,
    pub(super) written: SmolStr,
    pub(super) unit: Option<SmolStr>,
    pub(super) canonical: SmolStr,
}

/// Attributes, comments and elements found in a child that should only have text.
#[derive(Clone)]
pub(super) struct Shell {
    pub(super) field: u16,
    pub(super) index: u32,
    pub(super) element: Element,
}

impl Rest {
    /// Where the element stood in the text it was parsed from.
    pub fn position(&self) -> Option<Position> {
        self.position.is_known().then_some(self.position)
    }

    /// The attributes without a field, namespace declarations among them.
    pub fn attributes(&self) -> &[Attribute] {
        self.more
            .as_ref()
            .map(|more| more.attributes.as_slice())
            .unwrap_or_default()
    }

    /// The content without a field: elements, comments, text, in order.
    pub fn nodes(&self) -> &[Node] {
        self.more
            .as_ref()
            .map(|more| more.nodes.as_slice())
            .unwrap_or_default()
    }

    /// The elements without a field, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.nodes().iter().filter_map(Node::as_element)
    }

    /// The value of an attribute without a field, in no namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes()
            .iter()
            .find(|attribute| attribute.name.is(name, None))
            .map(|found| found.value.as_str())
    }

    /// Adds an element at the end of the content.
    pub fn push_element(&mut self, element: Element) {
        self.more().nodes.push(Node::Element(element));
    }

    /// Adds or replaces an attribute.
    pub fn set_attribute(&mut self, name: &str, value: impl AsRef<str>) {
        let more = self.more();
        match more
            .attributes
            .iter_mut()
            .find(|attribute| attribute.name.is(name, None))
        {
            Some(found) => found.value = SmolStr::new(value),
            None => more.attributes.push(Attribute::new(name, value)),
        }
    }

    /// Removes the elements for which `condition` holds and returns them.
    pub fn take_elements(&mut self, mut condition: impl FnMut(&Element) -> bool) -> Vec<Element> {
        let Some(more) = self.more.as_mut() else {
            return Vec::new();
        };
        let mut taken = Vec::new();
        // Removed nodes leave an empty text behind: the order refers to nodes by number.
        for node in &mut more.nodes {
            if node.as_element().is_some_and(&mut condition)
                && let Node::Element(element) = std::mem::replace(node, Node::Text(SmolStr::default()))
            {
                taken.push(element);
            }
        }
        taken
    }

    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(super) fn spelling(&self, field: usize, index: usize) -> Option<&Spelling> {
        let spellings = &self.more.as_ref()?.spellings;
        let found = spellings.binary_search_by_key(&(field, index), |known| {
            (known.field.into(), as_index(known.index))
        });
        found.ok().and_then(|at| spellings.get(at))
    }

    pub(super) fn shell(&self, field: usize, index: usize) -> Option<&Element> {
        let shells = &self.more.as_ref()?.shells;
        let found = shells.binary_search_by_key(&(field, index), |known| {
            (known.field.into(), as_index(known.index))
        });
        found
            .ok()
            .and_then(|at| shells.get(at))
            .map(|shell| &shell.element)
    }

    /// Unknown content without what only decorates.
    pub(super) fn content(&self) -> impl Iterator<Item = &Node> {
        content(self.nodes())
    }

    /// Forgets order, spelling, comments and positions.
    pub(super) fn canonicalize(&mut self) {
        self.place = 0;
        self.position = Position::default();
        let nodes: Vec<Node> = self.content().cloned().collect();
        let Some(more) = self.more.as_mut() else { return };
        for shell in &mut more.shells {
            shell.element.children = content(&shell.element.children).cloned().collect();
        }
        **more = More {
            attributes: std::mem::take(&mut more.attributes),
            nodes,
            shells: std::mem::take(&mut more.shells),
            ..More::default()
        };
    }
}

/// Prints names only: values may be secrets.
impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.attributes())
            .entries(self.content())
            .finish()
    }
}

/// Nodes without what only decorates: comments, instructions, blank text.
pub(super) fn content(nodes: &[Node]) -> impl Iterator<Item = &Node> {
    nodes.iter().filter(|node| match node {
        Node::Element(_) => true,
        Node::Text(text) | Node::CData(text) => !is_blank(text),
        Node::Comment(_) | Node::Instruction(_) => false,
    })
}

/// A stored number as an index.
pub(super) fn as_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
