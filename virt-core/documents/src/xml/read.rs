//! The flat list to records: one function over `dyn Record` for all types.

use std::borrow::Cow;
use std::fmt;

use smol_str::SmolStr;

use crate::model::value::ByteSize;
use crate::sorted::sort_by_rank;

use super::blank::{is_blank, trimmed};
use super::error::{Position, XmlError, XmlProblem};
use super::limits::Limits;
use super::raw::{Raw, RawAttribute, RawElement, RawNode};
use super::reader;
use super::record::{Field, FieldKind, Record, Rows, Spec};
use super::references::shortened;
use super::rest::{More, Place, Shell, Spelling};
use super::slot::SlotMut;
use super::tree::Element;
use super::value::{ValueError, write_number};

/// A text that was parsed, before it is known what it is about.
#[derive(Default)]
pub struct Parsed<'t>(Raw<'t>);

/// Prints the name of the root element: values may be secrets.
impl fmt::Debug for Parsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parsed(<{}>)", self.root().0)
    }
}

impl<'t> Parsed<'t> {
    /// Parses the text within `limits`.
    ///
    /// # Errors
    /// As [`Document::parse`](super::Document::parse).
    pub fn of(text: &'t str, limits: Limits) -> Result<Self, XmlError> {
        reader::read(text, limits).map(Self)
    }

    /// A tree as if it had been parsed.
    pub fn of_element(element: &'t Element) -> Self {
        Self(Raw::of(element))
    }

    /// Name and place of the root element.
    pub fn root(&self) -> (&str, Position) {
        let root = self.0.root().map(|(_, root)| (root.name.full, root.position));
        root.unwrap_or_default()
    }

    /// The root element as a tree.
    pub fn element(&self) -> Element {
        match self.0.root() {
            Some((number, root)) => self.0.tree(number, root, |_| true),
            None => Element::new(""),
        }
    }

    /// Fills a record, comments around the root element included.
    ///
    /// # Errors
    /// [`XmlProblem::Root`] when the root is another element; values that do not parse; required things that are missing.
    pub fn fill(&self, record: &mut dyn Record) -> Result<(), XmlError> {
        let Some((number, root)) = self.0.root() else {
            return Err(XmlError::new(XmlProblem::Missing("the root element".to_owned())));
        };
        read_raw(record, &self.0, (number, root))?;
        record.rest_mut().length = narrow(self.0.length);
        for (other, node) in self.0.all().filter(|(other, _)| *other != number) {
            let more = record.rest_mut().more();
            let around = if other < number {
                &mut more.before
            } else {
                &mut more.after
            };
            around.extend(self.0.owned(other, node));
        }
        Ok(())
    }
}

/// Parses a document whose root is the element of the record and fills the record.
///
/// # Errors
/// Those of [`Parsed`].
pub fn read_root(record: &mut dyn Record, text: &str, limits: Limits) -> Result<(), XmlError> {
    let parsed = Parsed::of(text, limits)?;
    let filled = parsed.fill(record);
    parsed.0.give_back();
    filled
}

/// Fills the record from an element, which must have the record's own name.
///
/// # Errors
/// As [`read_root`].
pub fn read_element(record: &mut dyn Record, element: &Element) -> Result<(), XmlError> {
    Parsed::of_element(element).fill(record)
}

fn read_raw<'t>(
    record: &mut dyn Record,
    raw: &Raw<'t>,
    (number, root): (usize, &RawElement<'t>),
) -> Result<(), XmlError> {
    let expected = record.spec().element;
    if !root.name.is(expected) {
        let wrong = XmlProblem::Root {
            expected: expected.to_owned(),
            found: root.name.full.to_owned(),
        };
        return Err(XmlError::new(wrong).at(root.position));
    }
    let path = format!("/{expected}");
    Reading {
        raw,
        scratch: String::new(),
        children: Vec::with_capacity(USUAL_DEPTH),
        attributes: Vec::with_capacity(USUAL_DEPTH),
    }
    .fill(record, (number, root), 0)
    .map_err(|error| error.within(&path))
}

/// For how many parts of the open elements room is made at once.
const USUAL_DEPTH: usize = 64;

struct Reading<'r, 't> {
    raw: &'r Raw<'t>,
    scratch: String,
    /// The order of the children of all elements that are being read, each element's above its parent's.
    children: Vec<Place>,
    /// The same of the attributes.
    attributes: Vec<Place>,
}

/// For how many items of a list room is made before they are read: a text of a few bytes an item is no reason to take
/// thousands for each.
const MOST_AT_ONCE: usize = 1024;

/// What one element leaves to remember.
#[derive(Default)]
struct Memory {
    seen: Rows,
    /// Where this element's part of the orders begins.
    children: usize,
    attributes: usize,
    /// The row after which the next child or attribute is expected.
    hint: usize,
    more: Option<Box<More>>,
}

impl Memory {
    /// Whether nothing was seen of the row so far.
    fn first(&mut self, index: usize) -> bool {
        self.seen.insert(index)
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn row(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Whether remembered places are what they would be anyway.
fn is_libvirts_order(places: &[Place]) -> bool {
    let mut last = 0;
    places.iter().all(|place| match place {
        Place::Field(field) if *field >= last => {
            last = *field;
            true
        }
        _ => false,
    })
}

/// Takes an element's part off the stack; gives it back where it is worth remembering.
fn take_order(stack: &mut Vec<Place>, from: usize) -> Option<Vec<Place>> {
    let own = stack.get(from..).unwrap_or_default();
    let order = (!is_libvirts_order(own)).then(|| own.to_vec());
    stack.truncate(from);
    order
}

impl<'r, 't> Reading<'r, 't> {
    fn fill(
        &mut self,
        record: &mut dyn Record,
        (number, element): (usize, &RawElement<'t>),
        place: u32,
    ) -> Result<(), XmlError> {
        let spec = record.spec();
        let position = element.position;
        let mut memory = Memory {
            children: self.children.len(),
            attributes: self.attributes.len(),
            ..Memory::default()
        };
        let unit = self
            .attributes(record, self.raw.attributes(element), &mut memory)
            .map_err(|error| error.at(position))?;
        let text = self.children(record, (number, element), &mut memory)?;
        if let Some((index, field)) = spec.text() {
            self.own_text(record, (index, field), &text, (unit, &mut memory))
                .map_err(|error| error.at(position))?;
        }
        check_required(spec, memory.seen).map_err(|error| error.at(position))?;
        if let Some(order) = take_order(&mut self.children, memory.children) {
            memory.more().children_order = order;
        }
        if let Some(order) = take_order(&mut self.attributes, memory.attributes) {
            memory.more().attributes_order = order;
        }
        if let Some(more) = &mut memory.more {
            sort_by_rank(&mut more.spellings, |known| (known.field, known.index));
            sort_by_rank(&mut more.shells, |known| (known.field, known.index));
        }
        let rest = record.rest_mut();
        rest.position = position;
        rest.place = place;
        rest.more = memory.more;
        Ok(())
    }

    fn keep_node(&mut self, memory: &mut Memory, number: usize, node: &RawNode<'t>) {
        if let Some(node) = self.raw.owned(number, node) {
            let nodes = &mut memory.more().nodes;
            self.children.push(Place::Rest(narrow(nodes.len())));
            nodes.push(node);
        }
    }

    /// Keeps an attribute that stands at this place of the order.
    fn keep_attribute(&mut self, memory: &mut Memory, attribute: &RawAttribute<'t>, place: usize) {
        let attributes = &mut memory.more().attributes;
        let place = place.min(self.attributes.len());
        self.attributes
            .insert(place, Place::Rest(narrow(attributes.len())));
        attributes.push(self.raw.attribute(attribute));
    }

    /// Takes the attributes; gives back the unit of a size in the text, and its place in the order.
    fn attributes(
        &mut self,
        record: &mut dyn Record,
        attributes: &[RawAttribute<'t>],
        memory: &mut Memory,
    ) -> Result<Option<(RawAttribute<'t>, usize)>, XmlError> {
        let spec = record.spec();
        let scaled = spec.scaled().map(|(_, field)| field);
        let unit = scaled.and_then(|scaled| {
            let is_size = |attribute: &RawAttribute<'_>| {
                scaled.is_named(&attribute.name, self.raw.uri(&attribute.name))
            };
            let has_value = scaled.kind == FieldKind::Text || attributes.iter().any(is_size);
            let is_unit = |attribute: &&RawAttribute<'_>| has_value && attribute.name.is("unit");
            attributes.iter().find(is_unit)
        });
        let mut unit_place = 0;
        for attribute in attributes {
            if unit.is_some() && attribute.name.is("unit") {
                unit_place = self.attributes.len();
                continue;
            }
            let is_attribute = |kind| kind == FieldKind::Attribute;
            let name = (&attribute.name, self.raw.uri(&attribute.name));
            let Some((index, field)) = spec.find(is_attribute, name, memory.hint) else {
                self.keep_attribute(memory, attribute, self.attributes.len());
                continue;
            };
            memory.first(index);
            memory.hint = index;
            self.attributes.push(Place::Field(row(index)));
            let taken = if field.unit.is_some() {
                self.size(record, (index, field), &attribute.value, (unit, memory))
            } else {
                self.value(record, (index, field, 0), &attribute.value, memory)
            };
            taken.map_err(|error| error.within(&format!("@{}", field.name)))?;
        }
        let is_of_text = scaled.is_some_and(|field| field.kind == FieldKind::Text);
        let unit = unit.filter(|_| is_of_text).cloned();
        Ok(unit.map(|unit| (unit, unit_place)))
    }

    /// Takes the content; gives back the text, when the record has a field for it.
    fn children(
        &mut self,
        record: &mut dyn Record,
        (number, element): (usize, &RawElement<'t>),
        memory: &mut Memory,
    ) -> Result<Cow<'r, str>, XmlError> {
        let spec = record.spec();
        let raw = self.raw;
        let mut text = Cow::Borrowed("");
        for (number, node) in raw.children(number, element) {
            match (node, spec.text) {
                (RawNode::Element(child), _) => {
                    self.child(record, (number, child, node), element.end(), memory)?
                }
                (RawNode::Text(content) | RawNode::CData(content), Some(index)) => {
                    match text.is_empty() {
                        true => text = Cow::Borrowed(content),
                        false => text.to_mut().push_str(content),
                    }
                    if memory.first(index) {
                        self.children.push(Place::Field(row(index)));
                    }
                }
                (RawNode::Text(content), None) if is_blank(content) && !spec.open => {}
                _ => self.keep_node(memory, number, node),
            }
        }
        Ok(text)
    }

    fn child(
        &mut self,
        record: &mut dyn Record,
        (number, element, node): (usize, &RawElement<'t>, &RawNode<'t>),
        end: usize,
        memory: &mut Memory,
    ) -> Result<(), XmlError> {
        let is_child = |kind| matches!(kind, FieldKind::Child | FieldKind::Leaf | FieldKind::Flag);
        let name = (&element.name, self.raw.uri(&element.name));
        let Some((index, field)) = record.spec().find(is_child, name, memory.hint) else {
            self.keep_node(memory, number, node);
            return Ok(());
        };
        memory.hint = index;
        let again = !memory.first(index);
        let place = narrow(self.children.len() - memory.children) + 1;
        match record.slot_mut(index) {
            SlotMut::Child(slot) if !(again && slot.is_single()) => {
                self.children.push(Place::Field(row(index)));
                let (nth, single) = (slot.count(), slot.is_single());
                // The items of a list are large: they are not moved as it grows.
                let room = match again || single {
                    true => 0,
                    false => self.alike(number..end, element),
                };
                self.fill(slot.push(room), (number, element), place)
                    .map_err(|error| error.within(&segment(field, nth, single)))
            }
            SlotMut::Value(slot) if !(again && slot.is_single()) => {
                let has_no_text = |(_, node): (usize, &RawNode<'_>)| node.as_text().is_none_or(is_blank);
                if !slot.exact() && self.raw.children(number, element).all(has_no_text) {
                    self.keep_node(memory, number, node);
                    return Ok(());
                }
                self.children.push(Place::Field(row(index)));
                let (nth, single) = (slot.count(), slot.is_single());
                let nth = if single { 0 } else { nth };
                self.leaf(record, (index, field, nth), (number, element), memory)
                    .map_err(|error| error.within(&segment(field, nth, single)))
            }
            SlotMut::Flag(flag) if !again => {
                *flag = true;
                self.children.push(Place::Field(row(index)));
                self.keep_shell(memory, (index, 0), (number, element), |_| true);
                Ok(())
            }
            _ => {
                self.keep_node(memory, number, node);
                Ok(())
            }
        }
    }

    /// How many of the nodes are elements of the same name.
    fn alike(&self, siblings: std::ops::Range<usize>, element: &RawElement<'t>) -> usize {
        let is_alike = |(_, node): &(usize, &RawNode<'_>)| match node {
            RawNode::Element(other) => {
                other.name.key == element.name.key && other.name.full == element.name.full
            }
            _ => false,
        };
        let alike = self.raw.nodes(siblings).filter(is_alike);
        alike.take(MOST_AT_ONCE).count()
    }

    fn leaf(
        &mut self,
        record: &mut dyn Record,
        (index, field, nth): (usize, &Field, usize),
        (number, element): (usize, &RawElement<'t>),
        memory: &mut Memory,
    ) -> Result<(), XmlError> {
        let mut texts = self
            .raw
            .children(number, element)
            .filter_map(|(_, node)| node.as_text());
        let text = match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => {
                let mut all = format!("{first}{second}");
                all.extend(texts);
                Cow::Owned(all)
            }
        };
        self.value(record, (index, field, nth), &text, memory)
            .map_err(|error| error.at(element.position))?;
        self.keep_shell(memory, (index, nth), (number, element), |node| {
            node.as_text().is_none()
        });
        Ok(())
    }

    /// Remembers what stands in a text-only child beside its text: attributes, and the nodes that fit.
    fn keep_shell(
        &mut self,
        memory: &mut Memory,
        (index, nth): (usize, usize),
        (number, element): (usize, &RawElement<'t>),
        fits: fn(&RawNode<'_>) -> bool,
    ) {
        let mut others = self.raw.children(number, element).filter(|(_, node)| fits(node));
        if element.attributes > 0 || others.next().is_some() {
            memory.more().shells.push(Shell {
                field: row(index),
                index: narrow(nth),
                element: self.raw.tree(number, element, fits),
            });
        }
    }

    fn own_text(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        text: &str,
        (unit, memory): (Option<(RawAttribute<'t>, usize)>, &mut Memory),
    ) -> Result<(), XmlError> {
        let blank = is_blank(text);
        if blank && (field.unit.is_some() || text.is_empty() || !is_exact(record, index)) {
            if let Some((unit, place)) = unit {
                self.keep_attribute(memory, &unit, place);
            }
            if field.required {
                return Err(XmlError::new(field.missing()));
            }
            return Ok(());
        }
        if field.unit.is_some() {
            let unit = unit.as_ref().map(|(unit, _)| unit);
            return self.size(record, (index, field), text, (unit, memory));
        }
        self.value(record, (index, field, 0), text, memory)
    }

    /// Takes the value that is the `nth` of its field.
    fn value(
        &mut self,
        record: &mut dyn Record,
        (index, field, nth): (usize, &Field, usize),
        text: &str,
        memory: &mut Memory,
    ) -> Result<(), XmlError> {
        let SlotMut::Value(slot) = record.slot_mut(index) else {
            return Ok(());
        };
        slot.add(text).map_err(|error| refused(field, text, &error))?;
        if slot.exact() || slot.text(nth) == Some(text) {
            return Ok(());
        }
        self.scratch.clear();
        slot.write(nth, &mut self.scratch);
        if self.scratch != text {
            memory.more().spellings.push(Spelling {
                field: row(index),
                index: narrow(nth),
                written: SmolStr::new(text),
                unit: None,
                canonical: SmolStr::new(&self.scratch),
            });
        }
        Ok(())
    }

    fn size(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        text: &str,
        (unit, memory): (Option<&RawAttribute<'t>>, &mut Memory),
    ) -> Result<(), XmlError> {
        let SlotMut::Scaled(slot) = record.slot_mut(index) else {
            return Ok(());
        };
        let default = field.unit.unwrap_or_default();
        let unit_text = unit.map_or(default, |unit| &*unit.value);
        let size = ByteSize::from_scaled(text, unit_text)
            .map_err(|error| refused(field, &format!("{} {unit_text}", trimmed(text)), &error))?;
        slot.set(size);
        let (canonical, canonical_unit) = field.spell(size);
        self.scratch.clear();
        write_number(&mut self.scratch, i128::from(canonical));
        if unit.is_none_or(|unit| unit.value != canonical_unit) || self.scratch != text {
            memory.more().spellings.push(Spelling {
                field: row(index),
                index: 0,
                written: SmolStr::new(text),
                unit: unit.map(|unit| SmolStr::new(&unit.value)),
                canonical: SmolStr::new(format!("{canonical} {canonical_unit}")),
            });
        }
        Ok(())
    }
}

fn is_exact(record: &mut dyn Record, index: usize) -> bool {
    matches!(record.slot_mut(index), SlotMut::Value(slot) if slot.exact())
}

fn refused(field: &Field, text: &str, error: &ValueError) -> XmlError {
    let value = if field.secret {
        "(hidden)".to_owned()
    } else {
        shortened(text)
    };
    XmlError::new(XmlProblem::Value {
        value,
        expected: error.what().to_owned(),
    })
}

fn check_required(spec: &Spec, seen: Rows) -> Result<(), XmlError> {
    let mut missing = spec.required.without(seen);
    let Some(field) = missing.next().and_then(|row| spec.fields.get(row)) else {
        return Ok(());
    };
    Err(XmlError::new(field.missing()))
}

fn segment(field: &Field, nth: usize, single: bool) -> String {
    if single {
        field.name.to_owned()
    } else {
        format!("{}[{}]", field.name, nth + 1)
    }
}
