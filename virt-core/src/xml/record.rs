//! Typed records: the table that describes one, and the trait through which the engine works on it.

use super::rest::Rest;
use super::slot::{Slot, SlotMut};

/// A namespace a typed field lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    /// The prefix used when none is declared for the URI.
    pub prefix: &'static str,
    /// The URI.
    pub uri: &'static str,
}

/// Where a field stands in its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// An attribute.
    Attribute,
    /// The text of the element itself.
    Text,
    /// Child elements that are records.
    Child,
    /// Child elements that only have text.
    Leaf,
    /// An empty child element, there or not.
    Flag,
}

/// One row of a [`Spec`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name of the field in Rust, which is its key in JSON.
    pub rust: &'static str,
    /// The local name of the attribute or child; empty for text.
    pub name: &'static str,
    /// Where it stands.
    pub kind: FieldKind,
    /// Its namespace, for what is not libvirt's own.
    pub namespace: Option<Namespace>,
    /// For a size: the unit when none is said, and the attribute that says it.
    pub unit: Option<&'static str>,
    /// Whether a document without it is refused.
    pub required: bool,
    /// Whether the value is a secret, never shown by `Debug` or in errors.
    pub secret: bool,
}

impl Field {
    /// A row without any of the optional properties.
    pub const fn new(rust: &'static str, name: &'static str, kind: FieldKind) -> Self {
        Self {
            rust,
            name,
            kind,
            namespace: None,
            unit: None,
            required: false,
            secret: false,
        }
    }

    /// The same in a namespace.
    #[must_use]
    pub const fn namespaced(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// The same as a size, in `unit` when the document says none.
    #[must_use]
    pub const fn scaled(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The same as a required field.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same as a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) fn uri(&self) -> Option<&'static str> {
        self.namespace.map(|namespace| namespace.uri)
    }
}

/// What the engine knows about a record type: its fields in libvirt's order.
#[derive(Debug)]
pub struct Spec {
    /// The Rust name of the type.
    pub type_name: &'static str,
    /// The element name, for records that are documents or fragments by themselves; else empty.
    pub element: &'static str,
    /// Whether other content is at home here, as in `<metadata>`: it is not reported as unknown.
    pub open: bool,
    /// The fields, in the order libvirt writes them.
    pub fields: &'static [Field],
}

impl Spec {
    /// Position and row of the attribute or child of that name.
    pub(super) fn find(
        &self,
        is_kind: fn(FieldKind) -> bool,
        name: &super::Name,
    ) -> Option<(usize, &'static Field)> {
        let found = |field: &&Field| is_kind(field.kind) && name.is(field.name, field.uri());
        self.fields.iter().enumerate().find(|(_, field)| found(field))
    }

    /// Position and row of the text.
    pub(super) fn text(&self) -> Option<(usize, &'static Field)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| field.kind == FieldKind::Text)
    }
}

/// A struct made by `#[derive(XmlElement)]`: a table and access to its fields.
///
/// Not meant to be implemented by hand.
pub trait Record {
    /// The table of the type.
    fn spec(&self) -> &'static Spec;
    /// The field in row `index` of the table.
    fn slot(&self, index: usize) -> Slot<'_>;
    /// The field in row `index` of the table.
    fn slot_mut(&mut self, index: usize) -> SlotMut<'_>;
    /// What was not understood, and how things were ordered and spelled.
    fn rest(&self) -> &Rest;
    /// What was not understood, and how things were ordered and spelled.
    fn rest_mut(&mut self) -> &mut Rest;
}
