//! A walk over everything a document has, understood or not.

use super::blank::is_blank;
use super::error::Position;
use super::record::{FieldKind, Record};
use super::rest::Rest;
use super::slot::Slot;
use super::tree::{Element, Node};
use crate::sorted::SortedMap;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FoundKind {
    /// An element.
    Element,
    /// An attribute.
    Attribute,
    /// Text where no text belongs.
    Text,
}

/// One element or attribute a document has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Where it is, such as `/domain/devices/disk[2]/@type`.
    pub path: String,
    /// The same without numbers, as libvirt's schema has it: `domain/devices/disk@type`.
    pub schema_path: String,
    /// What it is.
    pub kind: FoundKind,
    /// Whether the model has a typed field for it.
    pub known: bool,
    /// Line and column of the element, or of the element around, when it was parsed.
    pub position: Option<Position>,
}

/// Lists everything the record has, in the order of its fields, what was not understood after them.
pub fn walk(record: &dyn Record) -> Vec<Found> {
    let mut walk = Walk {
        found: Vec::new(),
        position: None,
    };
    let name = record.spec().element;
    walk.record(record, &format!("/{name}"), name);
    walk.found
}

/// What of that has no field.
pub fn unknown(record: &dyn Record) -> Vec<Found> {
    let mut found = walk(record);
    found.retain(|found| !found.known);
    found
}

struct Walk {
    found: Vec<Found>,
    position: Option<Position>,
}

impl Walk {
    fn push(&mut self, path: String, schema_path: String, kind: FoundKind, known: bool) {
        self.found.push(Found {
            path,
            schema_path,
            kind,
            known,
            position: self.position,
        });
    }

    fn record(&mut self, record: &dyn Record, path: &str, schema: &str) {
        let outside = self.position;
        self.position = record.rest().position().or(outside);
        self.push(path.to_owned(), schema.to_owned(), FoundKind::Element, true);
        for row in record.filled() {
            self.field(record, row, path, schema);
        }
        if !record.spec().open {
            self.rest(record.rest(), path, schema);
        }
        self.position = outside;
    }

    fn field(&mut self, record: &dyn Record, row: usize, path: &str, schema: &str) {
        let Some(field) = record.spec().fields.get(row) else {
            return;
        };
        let name = match field.namespace {
            Some(namespace) => format!("{}:{}", namespace.prefix, field.name),
            None => field.name.to_owned(),
        };
        let count = super::arrange::count(record, row);
        if count > 0 && field.kind == FieldKind::Attribute {
            self.push(
                format!("{path}/@{name}"),
                format!("{schema}@{name}"),
                FoundKind::Attribute,
                true,
            );
        }
        if count > 0 && field.unit.is_some() && has_unit(record, row) {
            self.push(
                format!("{path}/@unit"),
                format!("{schema}@unit"),
                FoundKind::Attribute,
                true,
            );
        }
        if matches!(field.kind, FieldKind::Attribute | FieldKind::Text) {
            return;
        }
        let single = match record.slot(row) {
            Slot::Child(slot) => slot.is_single(),
            Slot::Value(slot) => slot.is_single(),
            _ => true,
        };
        for item in 0..count {
            let path = if single {
                format!("{path}/{name}")
            } else {
                format!("{path}/{name}[{}]", item + 1)
            };
            let schema = format!("{schema}/{name}");
            match record.slot(row) {
                Slot::Child(slot) => {
                    if let Some(child) = slot.item(item) {
                        self.record(child, &path, &schema);
                    }
                }
                _ => {
                    self.push(path.clone(), schema.clone(), FoundKind::Element, true);
                    if let Some(shell) = record.rest().shell(row, item) {
                        self.inside(shell, &path, &schema);
                    }
                }
            }
        }
    }

    fn rest(&mut self, rest: &Rest, path: &str, schema: &str) {
        for attribute in rest
            .attributes()
            .iter()
            .filter(|attribute| !attribute.name.declares_namespace())
        {
            let name = &attribute.name;
            self.push(
                format!("{path}/@{name}"),
                format!("{schema}@{name}"),
                FoundKind::Attribute,
                false,
            );
        }
        self.nodes(rest.nodes(), path, schema);
    }

    fn nodes(&mut self, nodes: &[Node], path: &str, schema: &str) {
        let mut seen: SortedMap<&str, usize> = SortedMap::new();
        for node in nodes {
            match node {
                Node::Element(element) => {
                    let name = element.name.as_written();
                    let nth = seen.or_default(name);
                    *nth += 1;
                    self.element(
                        element,
                        &format!("{path}/{name}[{nth}]"),
                        &format!("{schema}/{name}"),
                    );
                }
                Node::Text(text) | Node::CData(text) if !is_blank(text) => {
                    self.push(
                        format!("{path}/text()"),
                        schema.to_owned(),
                        FoundKind::Text,
                        false,
                    );
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, element: &Element, path: &str, schema: &str) {
        let outside = self.position;
        self.position = element.position().or(outside);
        self.push(path.to_owned(), schema.to_owned(), FoundKind::Element, false);
        self.inside(element, path, schema);
        self.position = outside;
    }

    fn inside(&mut self, element: &Element, path: &str, schema: &str) {
        for attribute in element
            .attributes
            .iter()
            .filter(|attribute| !attribute.name.declares_namespace())
        {
            let name = &attribute.name;
            self.push(
                format!("{path}/@{name}"),
                format!("{schema}@{name}"),
                FoundKind::Attribute,
                false,
            );
        }
        let elements: Vec<Node> = element.elements().cloned().map(Node::Element).collect();
        self.nodes(&elements, path, schema);
    }
}

/// Whether a size was, or will be, written with its unit.
fn has_unit(record: &dyn Record, row: usize) -> bool {
    record
        .rest()
        .spelling(row, 0)
        .is_none_or(|spelling| spelling.unit.is_some())
}
