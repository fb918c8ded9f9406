//! A document as a flat list that borrows from its text: what the reader makes, and records are filled from.
//!
//! Nodes stand in the order of the document; an element knows where what is inside of it ends. The tree of
//! [`Element`]s is made of this where a program asks for it, and for what a record has no field for.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use smol_str::SmolStr;

use super::error::Position;
use super::name::Name;
use super::name_key::NameKey;
use super::rest::as_index;
use super::tree::{Attribute, Element, Node};

/// A name as written, and what its prefix was resolved to.
#[derive(Clone, Copy)]
pub(super) struct RawName<'t> {
    pub(super) full: &'t str,
    /// That of the part after the prefix.
    pub(super) key: NameKey,
    /// The number of its namespace in the list of all, counted from 1; 0 for none.
    pub(super) namespace: u32,
}

impl<'t> RawName<'t> {
    /// A name as written, and the number of its namespace.
    pub(super) fn new(full: &'t str, namespace: u32) -> Self {
        // Without a namespace a prefix is a part of the name.
        let local = if namespace == 0 { full } else { local_of(full) };
        Self {
            full,
            key: NameKey::at_once(local),
            namespace,
        }
    }

    /// Whether this is `local` in no namespace and without a prefix.
    pub(super) fn is(&self, local: &str) -> bool {
        self.namespace == 0 && self.full == local
    }

    /// The part after the prefix, of a name in a namespace.
    pub(super) fn local(&self) -> &'t str {
        local_of(self.full)
    }
}

fn local_of(full: &str) -> &str {
    full.split_once(':').map_or(full, |(_, local)| local)
}

/// An attribute, references resolved.
#[derive(Clone)]
pub(super) struct RawAttribute<'t> {
    pub(super) name: RawName<'t>,
    pub(super) value: Cow<'t, str>,
}

/// An element; what is inside of it stands behind it in the list.
pub(super) struct RawElement<'t> {
    pub(super) name: RawName<'t>,
    /// Its attributes, in the list of all: the first, and how many.
    pub(super) first_attribute: u32,
    pub(super) attributes: u32,
    /// The number after the last node inside.
    pub(super) end: u32,
    pub(super) position: Position,
}

impl RawElement<'_> {
    /// The number after the last node inside.
    pub(super) fn end(&self) -> usize {
        as_index(self.end)
    }
}

/// One node of the list.
pub(super) enum RawNode<'t> {
    Element(RawElement<'t>),
    Text(Cow<'t, str>),
    CData(Cow<'t, str>),
    Comment(Cow<'t, str>),
    Instruction(Cow<'t, str>),
    /// White space that only lays out elements.
    Layout,
}

impl RawNode<'_> {
    /// Text or the content of a CDATA section.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::CData(text) => Some(text),
            _ => None,
        }
    }
}

/// The list.
#[derive(Default)]
pub(super) struct Raw<'t> {
    pub(super) nodes: Vec<RawNode<'t>>,
    pub(super) attributes: Vec<RawAttribute<'t>>,
    /// The URIs names refer to.
    pub(super) namespaces: Vec<Arc<str>>,
    /// How long the text is; 0 when there was none.
    pub(super) length: usize,
}

/// Up to how many bytes of lists a thread keeps.
const MOST_KEPT: usize = 256 << 10;

thread_local! {
    /// The lists of the last document that was read in this thread, empty: memory the next one need not ask for.
    static KEPT: Cell<Raw<'static>> = Cell::default();
}

impl<'t> Raw<'t> {
    /// An empty list with room for so many nodes and attributes, of a text of so many bytes.
    pub(super) fn with_room(nodes: usize, attributes: usize, length: usize) -> Self {
        // In a thread that ends there is none any more.
        let mut raw = KEPT.try_with(Cell::take).unwrap_or_default();
        raw.nodes.reserve_exact(nodes);
        raw.attributes.reserve_exact(attributes);
        raw.length = length;
        raw
    }

    /// Leaves the memory of the lists to the next document.
    pub(super) fn give_back(mut self) {
        let bytes = self.nodes.capacity() * size_of::<RawNode<'_>>()
            + self.attributes.capacity() * size_of::<RawAttribute<'_>>();
        if bytes > MOST_KEPT {
            return;
        }
        self.nodes.clear();
        self.attributes.clear();
        // Nothing is made: collecting an empty list into one of another lifetime keeps its memory.
        let nodes = self.nodes.into_iter().map(|_| RawNode::Layout).collect();
        let attributes = self.attributes.into_iter().map(|_| RawAttribute {
            name: RawName::new("", 0),
            value: Cow::Borrowed(""),
        });
        let kept = Raw {
            nodes,
            attributes: attributes.collect(),
            ..Raw::default()
        };
        let _ended = KEPT.try_with(|place| place.set(kept));
    }

    /// The nodes of `inside`, without what is inside of them, with their numbers; layout is left out.
    pub(super) fn nodes(&self, inside: std::ops::Range<usize>) -> Nodes<'_, 't> {
        Nodes {
            raw: self,
            next: inside.start,
            end: inside.end,
        }
    }

    /// The nodes of the document: the root element, and what stands around it.
    pub(super) fn all(&self) -> Nodes<'_, 't> {
        self.nodes(0..self.nodes.len())
    }

    /// The nodes in the element with this number.
    pub(super) fn children(&self, number: usize, element: &RawElement<'t>) -> Nodes<'_, 't> {
        self.nodes(number + 1..element.end())
    }

    /// The attributes of an element.
    pub(super) fn attributes(&self, element: &RawElement<'t>) -> &[RawAttribute<'t>] {
        let first = as_index(element.first_attribute);
        self.attributes
            .get(first..first.saturating_add(as_index(element.attributes)))
            .unwrap_or_default()
    }

    /// The URI of the namespace a name is in.
    pub(super) fn uri(&self, name: &RawName<'_>) -> Option<&str> {
        self.namespace(name).map(|uri| &**uri)
    }

    fn namespace(&self, name: &RawName<'_>) -> Option<&Arc<str>> {
        let place = as_index(name.namespace).checked_sub(1)?;
        self.namespaces.get(place)
    }

    /// Adds a namespace and gives back its number.
    pub(super) fn add_namespace(&mut self, uri: Arc<str>) -> u32 {
        if self.namespaces.last() != Some(&uri) {
            self.namespaces.push(uri);
        }
        number(self.namespaces.len())
    }

    /// A name by itself.
    fn name(&self, name: &RawName<'_>) -> Name {
        Name::qualified(name.full, self.namespace(name).cloned())
    }

    /// An attribute by itself.
    pub(super) fn attribute(&self, attribute: &RawAttribute<'_>) -> Attribute {
        Attribute {
            name: self.name(&attribute.name),
            value: SmolStr::new(&attribute.value),
        }
    }

    /// Number and head of the root element.
    pub(super) fn root(&self) -> Option<(usize, &RawElement<'t>)> {
        self.all().find_map(|(number, node)| match node {
            RawNode::Element(element) => Some((number, element)),
            _ => None,
        })
    }

    /// The element as a tree of its own; `fits` says which nodes directly inside are taken along.
    pub(super) fn tree(
        &self,
        number: usize,
        element: &RawElement<'t>,
        fits: fn(&RawNode<'_>) -> bool,
    ) -> Element {
        let children = self.children(number, element).filter(|(_, node)| fits(node));
        Element {
            name: self.name(&element.name),
            attributes: self
                .attributes(element)
                .iter()
                .map(|attribute| self.attribute(attribute))
                .collect(),
            children: children
                .filter_map(|(number, node)| self.owned(number, node))
                .collect(),
            position: element.position,
        }
    }

    /// A node by itself.
    pub(super) fn owned(&self, number: usize, node: &RawNode<'t>) -> Option<Node> {
        Some(match node {
            RawNode::Element(element) => Node::Element(self.tree(number, element, |_| true)),
            RawNode::Text(text) => Node::Text(SmolStr::new(text)),
            RawNode::CData(text) => Node::CData(SmolStr::new(text)),
            RawNode::Comment(text) => Node::Comment(SmolStr::new(text)),
            RawNode::Instruction(text) => Node::Instruction(SmolStr::new(text)),
            RawNode::Layout => return None,
        })
    }

    /// The list of a tree.
    pub(super) fn of(element: &'t Element) -> Self {
        let mut raw = Self::default();
        raw.push(element);
        raw
    }

    fn push(&mut self, element: &'t Element) {
        let first_attribute = number(self.attributes.len());
        for attribute in &element.attributes {
            let name = self.borrowed(&attribute.name);
            let value = Cow::Borrowed(attribute.value.as_str());
            self.attributes.push(RawAttribute { name, value });
        }
        let place = self.nodes.len();
        let name = self.borrowed(&element.name);
        self.nodes.push(RawNode::Element(RawElement {
            name,
            first_attribute,
            attributes: number(element.attributes.len()),
            end: 0,
            position: element.position,
        }));
        for child in &element.children {
            match child {
                Node::Element(child) => self.push(child),
                Node::Text(text) => self.nodes.push(RawNode::Text(Cow::Borrowed(text))),
                Node::CData(text) => self.nodes.push(RawNode::CData(Cow::Borrowed(text))),
                Node::Comment(text) => self.nodes.push(RawNode::Comment(Cow::Borrowed(text))),
                Node::Instruction(text) => self.nodes.push(RawNode::Instruction(Cow::Borrowed(text))),
            }
        }
        let end = number(self.nodes.len());
        if let Some(RawNode::Element(element)) = self.nodes.get_mut(place) {
            element.end = end;
        }
    }

    fn borrowed(&mut self, name: &'t Name) -> RawName<'t> {
        let namespace = name.shared_namespace().map_or(0, |uri| self.add_namespace(uri));
        RawName::new(name.as_written(), namespace)
    }
}

/// A count as it is kept in the list.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Some nodes of the list, with their numbers.
pub(super) struct Nodes<'r, 't> {
    raw: &'r Raw<'t>,
    next: usize,
    end: usize,
}

impl<'r, 't> Iterator for Nodes<'r, 't> {
    type Item = (usize, &'r RawNode<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.end {
            let number = self.next;
            let node = self.raw.nodes.get(number)?;
            self.next = match node {
                RawNode::Element(element) => element.end().max(number + 1),
                _ => number + 1,
            };
            if !matches!(node, RawNode::Layout) {
                return Some((number, node));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_lists_is_used_again_within_bounds() {
        let mut raw = Raw::with_room(100, 50, 1);
        raw.nodes.push(RawNode::Layout);
        let place = raw.nodes.as_ptr();
        raw.give_back();
        let again = Raw::with_room(80, 40, 1);
        assert!(again.nodes.is_empty() && again.attributes.is_empty());
        assert_eq!(again.nodes.as_ptr(), place);

        Raw::with_room(MOST_KEPT, 0, 1).give_back();
        assert!(Raw::with_room(1, 1, 1).nodes.capacity() < MOST_KEPT);
    }
}
