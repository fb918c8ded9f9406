//! A document as a flat list that borrows from its text: what the reader makes, and records are filled from.
//!
//! Nodes stand in the order of the document; an element knows where what is inside of it ends. The tree of
//! [`Element`]s is made of this where a program asks for it, and for what a record has no field for.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;

use super::error::Position;
use super::name::Name;
use super::record::NameKey;
use super::tree::{Attribute, Element, Node};

/// A name as written, with the URI its prefix was resolved to.
#[derive(Clone)]
pub(super) struct RawName<'t> {
    pub(super) full: &'t str,
    /// That of the part after the prefix.
    pub(super) key: NameKey,
    pub(super) namespace: Option<Arc<str>>,
}

impl<'t> RawName<'t> {
    /// A name as written, and what its prefix was resolved to.
    pub(super) fn new(full: &'t str, namespace: Option<Arc<str>>) -> Self {
        let local = match full.bytes().position(|byte| byte == b':') {
            // Without a namespace a prefix is a part of the name.
            Some(colon) if namespace.is_some() => full.get(colon + 1..).unwrap_or(full),
            _ => full,
        };
        Self {
            full,
            key: NameKey::of(local),
            namespace,
        }
    }

    /// As [`Name::is`].
    pub(super) fn is(&self, local: &str, uri: Option<&str>) -> bool {
        match uri {
            None => self.namespace.is_none() && self.full == local,
            Some(uri) => {
                self.namespace.as_deref() == Some(uri)
                    && self.full.split_once(':').map_or(self.full, |(_, local)| local) == local
            }
        }
    }

    fn owned(&self) -> Name {
        Name::qualified(self.full, self.namespace.clone())
    }
}

/// An attribute, references resolved.
#[derive(Clone)]
pub(super) struct RawAttribute<'t> {
    pub(super) name: RawName<'t>,
    pub(super) value: Cow<'t, str>,
}

impl RawAttribute<'_> {
    pub(super) fn owned(&self) -> Attribute {
        Attribute {
            name: self.name.owned(),
            value: SmolStr::new(&self.value),
        }
    }
}

/// An element; what is inside of it stands behind it in the list.
pub(super) struct RawElement<'t> {
    pub(super) name: RawName<'t>,
    /// Its attributes, in the list of all.
    pub(super) attributes: std::ops::Range<usize>,
    /// The number after the last node inside.
    pub(super) end: usize,
    pub(super) position: Position,
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
}

impl<'t> Raw<'t> {
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
        self.nodes(number + 1..element.end)
    }

    /// The attributes of an element.
    pub(super) fn attributes(&self, element: &RawElement<'t>) -> &[RawAttribute<'t>] {
        self.attributes
            .get(element.attributes.clone())
            .unwrap_or_default()
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
            name: element.name.owned(),
            attributes: self.attributes(element).iter().map(RawAttribute::owned).collect(),
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
        let from = self.attributes.len();
        self.attributes
            .extend(element.attributes.iter().map(|attribute| RawAttribute {
                name: RawName::of(&attribute.name),
                value: Cow::Borrowed(attribute.value.as_str()),
            }));
        let number = self.nodes.len();
        self.nodes.push(RawNode::Element(RawElement {
            name: RawName::of(&element.name),
            attributes: from..self.attributes.len(),
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
        let end = self.nodes.len();
        if let Some(RawNode::Element(element)) = self.nodes.get_mut(number) {
            element.end = end;
        }
    }
}

impl<'t> RawName<'t> {
    fn of(name: &'t Name) -> Self {
        Self::new(name.as_written(), name.shared_namespace())
    }
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
                RawNode::Element(element) => element.end.max(number + 1),
                _ => number + 1,
            };
            if !matches!(node, RawNode::Layout) {
                return Some((number, node));
            }
        }
        None
    }
}
