//! Equality, `Debug` and libvirt's order, for all records alike.

use std::fmt;

use super::arrange::count;
use super::record::{Field, FieldKind, Record};
use super::rest::{Shell, as_index, content};
use super::slot::{Slot, SlotMut, ValueSlot};
use super::tree::{Attribute, Element, Node};

/// Whether two records of one type say the same; see the module on what counts.
pub fn equal(one: &dyn Record, other: &dyn Record) -> bool {
    let fields = one.spec().fields;
    let same = |row: usize| match (one.slot(row), other.slot(row)) {
        (Slot::Value(a), Slot::Value(b)) if a.count() != b.count() => {
            // An element without text and one with an empty text are the same.
            let is_empty = |slot: &dyn ValueSlot| {
                let mut text = String::new();
                slot.write(0, &mut text);
                text.is_empty()
            };
            fields.get(row).is_some_and(|field| field.kind == FieldKind::Text) && is_empty(a) && is_empty(b)
        }
        (Slot::Value(a), Slot::Value(b)) => {
            a.count() == b.count()
                && (0..a.count()).all(|item| {
                    let (mut left, mut right) = (String::new(), String::new());
                    a.write(item, &mut left);
                    b.write(item, &mut right);
                    left == right
                })
        }
        (Slot::Child(a), Slot::Child(b)) => {
            a.count() == b.count()
                && (0..a.count()).all(|item| match (a.item(item), b.item(item)) {
                    (Some(left), Some(right)) => equal(left, right),
                    (None, None) => true,
                    _ => false,
                })
        }
        (Slot::Flag(a), Slot::Flag(b)) => a == b,
        (Slot::Scaled(a), Slot::Scaled(b)) => a.size() == b.size(),
        (Slot::None, Slot::None) => true,
        _ => false,
    };
    let mut rows = one.filled();
    rows == other.filled() && rows.all(same) && rests_equal(one, other)
}

/// Whether two records understood the same things not.
pub(super) fn rests_equal(one: &dyn Record, other: &dyn Record) -> bool {
    let (left, right) = (one.rest(), other.rest());
    if left.more.is_none() && right.more.is_none() {
        return true;
    }
    same_attributes(left.attributes(), right.attributes())
        && same_nodes(left.nodes(), right.nodes())
        && same_shells(&shells(one), &shells(other))
}

/// Attributes have no order, and how namespaces are declared does not count.
fn same_attributes(one: &[Attribute], other: &[Attribute]) -> bool {
    let said = |attributes: &'_ [Attribute]| {
        attributes
            .iter()
            .filter(|one| !one.name.declares_namespace())
            .count()
    };
    let mut content = one
        .iter()
        .filter(|attribute| !attribute.name.declares_namespace());
    said(one) == said(other) && content.all(|attribute| other.contains(attribute))
}

fn same_nodes(one: &[Node], other: &[Node]) -> bool {
    content(one).eq(content(other)) || pieces(one) == pieces(other)
}

/// Content in which texts that follow each other are one: what stood between them may be typed, or a comment.
#[derive(PartialEq)]
enum Piece<'r> {
    Text(String),
    Node(&'r Node),
}

fn pieces(nodes: &[Node]) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for node in content(nodes) {
        match (node, pieces.last_mut()) {
            (Node::Text(more), Some(Piece::Text(text))) => text.push_str(more),
            (Node::Text(text), _) => pieces.push(Piece::Text(text.to_string())),
            (node, _) => pieces.push(Piece::Node(node)),
        }
    }
    pieces
}

/// What stands beside the text in text-only children that are there: row and number of each, and its element.
pub(super) fn shells(record: &dyn Record) -> Vec<(u16, u32, &Element)> {
    let shells = record.rest().more.as_deref().map(|more| more.shells.as_slice());
    let says = |shell: &&Shell| {
        let element = &shell.element;
        let has_attributes = element
            .attributes
            .iter()
            .any(|one| !one.name.declares_namespace());
        let is_there = as_index(shell.index) < count(record, usize::from(shell.field));
        is_there && (has_attributes || content(&element.children).next().is_some())
    };
    let shells = shells.unwrap_or_default().iter().filter(says);
    shells
        .map(|shell| (shell.field, shell.index, &shell.element))
        .collect()
}

fn same_shells(one: &[(u16, u32, &Element)], other: &[(u16, u32, &Element)]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|((field, index, shell), (row, item, other))| {
                (field, index) == (row, item)
                    && same_attributes(&shell.attributes, &other.attributes)
                    && same_nodes(&shell.children, &other.children)
            })
}

/// Prints the fields that are set; secrets as `(hidden)`, what was not understood by name.
///
/// # Errors
/// Those of the formatter.
pub fn format_debug(record: &dyn Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let spec = record.spec();
    let mut shown = f.debug_struct(spec.type_name);
    for (row, field) in record
        .filled()
        .filter_map(|row| Some((row, spec.fields.get(row)?)))
    {
        let name = if field.name.is_empty() { "text" } else { field.name };
        match record.slot(row) {
            Slot::Child(slot) if slot.count() > 0 => {
                let items: Vec<Shown<'_>> = (0..slot.count())
                    .filter_map(|item| slot.item(item))
                    .map(Shown)
                    .collect();
                match items.as_slice() {
                    [only] if slot.is_single() => shown.field(name, only),
                    items => shown.field(name, &items),
                };
            }
            Slot::Value(slot) if slot.count() > 0 => {
                let values: Vec<String> = (0..slot.count())
                    .map(|item| shown_value(record, row, field, item))
                    .collect();
                match values.as_slice() {
                    [only] if slot.is_single() => shown.field(name, only),
                    values => shown.field(name, &values),
                };
            }
            Slot::Flag(true) => {
                shown.field(name, &true);
            }
            Slot::Scaled(slot) => {
                if let Some(size) = slot.size() {
                    shown.field(name, &size);
                }
            }
            _ => {}
        }
    }
    let rest = record.rest();
    if !rest.attributes().is_empty() || rest.content().next().is_some() {
        shown.field("rest", rest);
    }
    shown.finish()
}

fn shown_value(record: &dyn Record, row: usize, field: &Field, item: usize) -> String {
    let mut text = String::new();
    if field.secret {
        text.push_str("(hidden)");
    } else if let Slot::Value(slot) = record.slot(row) {
        slot.write(item, &mut text);
    }
    text
}

struct Shown<'r>(&'r dyn Record);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_debug(self.0, f)
    }
}

/// Forgets how a record was ordered and spelled, with comments and positions: it will be written in libvirt's order,
/// what was not understood last.
pub fn canonicalize(record: &mut dyn Record) {
    record.rest_mut().canonicalize();
    for row in record.filled() {
        if let SlotMut::Child(slot) = record.slot_mut(row) {
            for item in 0..slot.count() {
                if let Some(child) = slot.item_mut(item) {
                    canonicalize(child);
                }
            }
        }
    }
}
