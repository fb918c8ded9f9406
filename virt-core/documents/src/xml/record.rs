//! Typed records: the table that describes one, and the trait through which the engine works on it.

use super::error::XmlProblem;
use super::name_key::NameKey;
use super::raw::RawName;
use super::rest::Rest;
use super::slot::{Slot, SlotMut};
use crate::model::value::ByteSize;

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

/// One row of a [`Spec`]: a line of the processor's cache long, since every value of a document is looked up here.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Field {
    /// The local name of the attribute or child; empty for text.
    pub name: &'static str,
    /// What an attribute is written with up to its value; else empty.
    pub opening: &'static str,
    /// Where it stands.
    pub kind: FieldKind,
    /// Its namespace, for what is not libvirt's own.
    pub namespace: Option<&'static Namespace>,
    /// For a size: the unit when none is said, and the attribute that says it.
    pub unit: Option<&'static str>,
    /// For a size: whether it is written in the largest unit that divides it.
    pub largest: bool,
    /// Whether a document without it is refused.
    pub required: bool,
    /// Whether the value is a secret, never shown by `Debug` or in errors.
    pub secret: bool,
}

const _: () = assert!(size_of::<Field>() == 64, "a row is one line of the cache");

impl Field {
    /// A row without any of the optional properties.
    pub const fn new(name: &'static str, opening: &'static str, kind: FieldKind) -> Self {
        Self {
            name,
            opening,
            kind,
            namespace: None,
            unit: None,
            largest: false,
            required: false,
            secret: false,
        }
    }

    /// The same in a namespace.
    #[must_use]
    pub const fn namespaced(mut self, namespace: &'static Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// The same as a size, in `unit` when the document says none.
    #[must_use]
    pub const fn scaled(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The same, written in the largest unit that divides it.
    #[must_use]
    pub const fn largest(mut self) -> Self {
        self.largest = true;
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

    /// What is wrong where it must be there and is not.
    pub(super) fn missing(&self) -> XmlProblem {
        XmlProblem::Missing(match self.kind {
            FieldKind::Attribute => format!("the attribute '{}'", self.name),
            FieldKind::Text => "the text".to_owned(),
            _ => format!("the element <{}>", self.name),
        })
    }

    /// Number and unit of a size in this field.
    pub(super) fn spell(&self, size: ByteSize) -> (u64, &'static str) {
        match self.largest {
            true => size.scaled_largest(),
            false => size.scaled(self.unit.unwrap_or_default()),
        }
    }

    /// Whether this is the name of the field; `uri` is that of the name's namespace.
    pub(super) fn is_named(&self, name: &RawName<'_>, uri: Option<&str>) -> bool {
        match (self.namespace, uri) {
            (None, None) => name.full == self.name,
            (Some(own), Some(uri)) => own.uri == uri && name.local() == self.name,
            _ => false,
        }
    }
}

/// What the engine knows about a record type: its fields in libvirt's order.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The Rust name of the type.
    pub type_name: &'static str,
    /// The element name, for records that are documents or fragments by themselves; else empty.
    pub element: &'static str,
    /// Whether other content is at home here, as in `<metadata>`: it is not reported as unknown.
    pub open: bool,
    /// The fields, in the order libvirt writes them; at most 128.
    pub fields: &'static [Field],
    /// The names of the fields in Rust, which are their keys in JSON.
    pub keys_in_json: &'static [&'static str],
    /// The names of the fields at a glance: together, since most are only passed by.
    pub keys: &'static [NameKey],
    /// The row of the text.
    pub text: Option<usize>,
    /// The first row of a size whose unit stands in an attribute of its own.
    pub scaled: Option<usize>,
    /// The rows that are attributes.
    pub attributes: Rows,
    /// The rows without which a document is refused, but for the text.
    pub required: Rows,
    /// The rows in a namespace.
    pub namespaced: Rows,
}

/// A set of rows of a [`Spec`], a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rows(pub u128);

impl Rows {
    /// The rows of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rows that are in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the row is in the set.
    pub(super) fn has(self, row: usize) -> bool {
        self.0 & Self::bit(row) != 0
    }

    /// Adds a row; gives back whether it was not there yet.
    pub(super) fn insert(&mut self, row: usize) -> bool {
        let bit = Self::bit(row);
        let is_new = self.0 & bit == 0;
        self.0 |= bit;
        is_new
    }

    fn bit(row: usize) -> u128 {
        1_u128
            .checked_shl(u32::try_from(row).unwrap_or(u32::MAX))
            .unwrap_or(0)
    }
}

impl FromIterator<usize> for Rows {
    fn from_iter<I: IntoIterator<Item = usize>>(rows: I) -> Self {
        let mut found = Self::default();
        for row in rows {
            found.insert(row);
        }
        found
    }
}

impl Iterator for Rows {
    type Item = usize;

    /// Takes out the lowest row.
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let row = usize::try_from(self.0.trailing_zeros()).ok()?;
        self.0 &= self.0 - 1;
        Some(row)
    }
}

impl Spec {
    /// Position and row of the attribute or child of that name.
    ///
    /// Documents are mostly in the order of the table, so it is looked for from `hint` on first. `uri` is that of the
    /// name's namespace.
    pub(super) fn find(
        &self,
        is_kind: impl Fn(FieldKind) -> bool,
        (name, uri): (&RawName<'_>, Option<&str>),
        hint: usize,
    ) -> Option<(usize, &'static Field)> {
        let known_whole = name.key.is_whole() && uri.is_none();
        let found = |row: usize| {
            let field = self.fields.get(row)?;
            let is_it = match known_whole && field.namespace.is_none() {
                true => is_kind(field.kind),
                false => is_kind(field.kind) && field.is_named(name, uri),
            };
            is_it.then_some((row, field))
        };
        let (earlier, later) = self.keys.split_at_checked(hint)?;
        let among = |keys: &[NameKey], first: usize| {
            let rows = keys.iter().enumerate().filter(|(_, key)| **key == name.key);
            let mut rows = rows.map(|(place, _)| first + place);
            rows.find_map(found)
        };
        among(later, hint).or_else(|| among(earlier, 0))
    }

    /// Position and row of the attribute or child with that name in no namespace.
    pub(super) fn named(
        &self,
        is_kind: fn(FieldKind) -> bool,
        name: &str,
    ) -> Option<(usize, &'static Field)> {
        let found = |field: &&Field| is_kind(field.kind) && field.namespace.is_none() && field.name == name;
        self.fields.iter().enumerate().find(|(_, field)| found(field))
    }

    /// The rows that stand inside of the element.
    pub(super) const fn content(&self) -> Rows {
        Rows(u128::MAX).without(self.attributes)
    }

    /// Position and row of the text.
    pub(super) fn text(&self) -> Option<(usize, &'static Field)> {
        let row = self.text?;
        Some((row, self.fields.get(row)?))
    }

    /// Position and row of the first size whose unit is an attribute of its own.
    pub(super) fn scaled(&self) -> Option<(usize, &'static Field)> {
        let row = self.scaled?;
        Some((row, self.fields.get(row)?))
    }
}

/// A struct made by `#[derive(XmlElement)]`: a table and access to its fields.
///
/// Not meant to be implemented by hand.
pub trait Record {
    /// The table of the type.
    fn spec(&self) -> &'static Spec;
    /// The rows that hold something.
    fn filled(&self) -> Rows;
    /// The field in row `index` of the table.
    fn slot(&self, index: usize) -> Slot<'_>;
    /// The field in row `index` of the table.
    fn slot_mut(&mut self, index: usize) -> SlotMut<'_>;
    /// What was not understood, and how things were ordered and spelled.
    fn rest(&self) -> &Rest;
    /// What was not understood, and how things were ordered and spelled.
    fn rest_mut(&mut self) -> &mut Rest;
}

impl<T: Record> Record for Box<T> {
    fn spec(&self) -> &'static Spec {
        (**self).spec()
    }

    fn filled(&self) -> Rows {
        (**self).filled()
    }

    fn slot(&self, index: usize) -> Slot<'_> {
        (**self).slot(index)
    }

    fn slot_mut(&mut self, index: usize) -> SlotMut<'_> {
        (**self).slot_mut(index)
    }

    fn rest(&self) -> &Rest {
        (**self).rest()
    }

    fn rest_mut(&mut self) -> &mut Rest {
        (**self).rest_mut()
    }
}
