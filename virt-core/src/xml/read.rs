//! Tree to records: one function over `dyn Record` for all types.

use smol_str::SmolStr;

use crate::model::value::ByteSize;

use super::document::Document;
use super::error::{Position, XmlError, XmlProblem};
use super::limits::Limits;
use super::record::{Field, FieldKind, Record, Spec};
use super::references::shortened;
use super::rest::{More, Place, Shell, Spelling};
use super::slot::SlotMut;
use super::tree::{Attribute, Element, Node};
use super::value::ValueError;

/// Parses a document whose root is the element of the record and fills the record.
///
/// # Errors
/// As [`Document::parse`]; [`XmlProblem::Root`]; values that do not parse; required things that are missing.
pub fn read_root(record: &mut dyn Record, text: &str, limits: Limits) -> Result<(), XmlError> {
    read_document(record, Document::parse_with(text, limits)?)
}

/// Fills the record from a document, comments around its root included.
///
/// # Errors
/// As [`read_element`].
pub fn read_document(record: &mut dyn Record, document: Document) -> Result<(), XmlError> {
    let (before, after) = (document.before, document.after);
    read_element(record, document.root)?;
    if !before.is_empty() || !after.is_empty() {
        let more = record.rest_mut().more();
        more.before = before;
        more.after = after;
    }
    Ok(())
}

/// Fills the record from an element, which must have the record's own name.
///
/// # Errors
/// As [`read_root`].
pub fn read_element(record: &mut dyn Record, element: Element) -> Result<(), XmlError> {
    let expected = record.spec().element;
    if !element.name.is(expected, None) {
        let found = element.name.as_written().to_owned();
        let root = XmlProblem::Root {
            expected: expected.to_owned(),
            found,
        };
        return Err(XmlError::new(root).at(element.position));
    }
    let path = format!("/{expected}");
    Reading::default()
        .fill(record, element, 0)
        .map_err(|error| error.within(&path))
}

#[derive(Default)]
struct Reading {
    scratch: String,
}

/// What one element leaves to remember.
#[derive(Default)]
struct Memory {
    seen: u128,
    children: Vec<Place>,
    attributes: Vec<Place>,
    more: More,
}

impl Memory {
    fn first(&mut self, index: usize) -> bool {
        let bit = 1_u128
            .checked_shl(u32::try_from(index).unwrap_or(u32::MAX))
            .unwrap_or(0);
        let first = self.seen & bit == 0;
        self.seen |= bit;
        first
    }

    fn has(&self, index: usize) -> bool {
        let bit = 1_u128
            .checked_shl(u32::try_from(index).unwrap_or(u32::MAX))
            .unwrap_or(0);
        self.seen & bit != 0
    }

    fn keep_node(&mut self, node: Node) {
        self.children.push(Place::Rest(number(self.more.nodes.len())));
        self.more.nodes.push(node);
    }

    fn keep_attribute(&mut self, attribute: Attribute) {
        self.attributes
            .push(Place::Rest(number(self.more.attributes.len())));
        self.more.attributes.push(attribute);
    }
}

fn number(length: usize) -> u32 {
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

impl Reading {
    fn fill(&mut self, record: &mut dyn Record, element: Element, place: u32) -> Result<(), XmlError> {
        let spec = record.spec();
        let position = element.position;
        let mut memory = Memory::default();
        let unit = self
            .attributes(record, element.attributes, &mut memory)
            .map_err(|error| error.at(position))?;
        let text = self.children(record, element.children, &mut memory)?;
        if let Some((index, field)) = spec.text() {
            self.own_text(record, (index, field), &text, (unit, &mut memory))
                .map_err(|error| error.at(position))?;
        } else if let Some(unit) = unit {
            memory.keep_attribute(unit);
        }
        check_required(spec, &memory).map_err(|error| error.at(position))?;
        let Memory {
            children,
            attributes,
            mut more,
            ..
        } = memory;
        more.spellings.sort_by_key(|known| (known.field, known.index));
        more.shells.sort_by_key(|known| (known.field, known.index));
        let mut remember = !more.spellings.is_empty() || !more.shells.is_empty();
        if !is_libvirts_order(&children) {
            more.children_order = children;
            remember = true;
        }
        if !is_libvirts_order(&attributes) {
            more.attributes_order = attributes;
            remember = true;
        }
        let rest = record.rest_mut();
        rest.position = position;
        rest.place = place;
        if remember {
            rest.more = Some(Box::new(more));
        }
        Ok(())
    }

    /// Takes the attributes; gives back the unit of a size in the text.
    fn attributes(
        &mut self,
        record: &mut dyn Record,
        attributes: Vec<Attribute>,
        memory: &mut Memory,
    ) -> Result<Option<Attribute>, XmlError> {
        let spec = record.spec();
        let scaled = spec.fields.iter().find(|field| field.unit.is_some());
        let mut unit = None;
        if let Some(scaled) = scaled {
            let has_value = scaled.kind == FieldKind::Text
                || attributes
                    .iter()
                    .any(|attribute| attribute.name.is(scaled.name, scaled.uri()));
            if has_value {
                unit = attributes
                    .iter()
                    .find(|attribute| attribute.name.is("unit", None))
                    .cloned();
            }
        }
        for attribute in attributes {
            if unit.is_some() && attribute.name.is("unit", None) {
                continue;
            }
            let Some((index, field)) = spec.find(|kind| kind == FieldKind::Attribute, &attribute.name) else {
                memory.keep_attribute(attribute);
                continue;
            };
            memory.first(index);
            memory.attributes.push(Place::Field(row(index)));
            let taken = if field.unit.is_some() {
                self.size(record, (index, field), &attribute.value, (unit.as_ref(), memory))
            } else {
                self.value(record, (index, field), &attribute.value, memory)
            };
            taken.map_err(|error| error.within(&format!("@{}", field.name)))?;
        }
        Ok(unit.filter(|_| scaled.is_some_and(|field| field.kind == FieldKind::Text)))
    }

    /// Takes the content; gives back the text, when the record has a field for it.
    fn children(
        &mut self,
        record: &mut dyn Record,
        children: Vec<Node>,
        memory: &mut Memory,
    ) -> Result<String, XmlError> {
        let spec = record.spec();
        let text_row = spec.text().map(|(index, _)| index);
        let mut text = String::new();
        for node in children {
            match node {
                Node::Element(element) => self.child(record, element, memory)?,
                Node::Text(content) | Node::CData(content) if text_row.is_some() => {
                    text.push_str(&content);
                    if let Some(index) = text_row
                        && memory.first(index)
                    {
                        memory.children.push(Place::Field(row(index)));
                    }
                }
                Node::Text(content) if content.trim().is_empty() && !spec.open => {}
                other => memory.keep_node(other),
            }
        }
        Ok(text)
    }

    fn child(
        &mut self,
        record: &mut dyn Record,
        element: Element,
        memory: &mut Memory,
    ) -> Result<(), XmlError> {
        let is_child = |kind| matches!(kind, FieldKind::Child | FieldKind::Leaf | FieldKind::Flag);
        let Some((index, field)) = record.spec().find(is_child, &element.name) else {
            memory.keep_node(Node::Element(element));
            return Ok(());
        };
        let again = !memory.first(index);
        let place = number(memory.children.len()) + 1;
        match record.slot_mut(index) {
            SlotMut::Child(slot) if !(again && slot.is_single()) => {
                memory.children.push(Place::Field(row(index)));
                let (nth, single) = (slot.count(), slot.is_single());
                self.fill(slot.add(), element, place)
                    .map_err(|error| error.within(&segment(field, nth, single)))
            }
            SlotMut::Value(slot) if !(again && slot.is_single()) => {
                if !slot.exact() && element.children.iter().all(is_blank) {
                    memory.keep_node(Node::Element(element));
                    return Ok(());
                }
                memory.children.push(Place::Field(row(index)));
                let (nth, single) = (slot.count(), slot.is_single());
                let nth = if single { 0 } else { nth };
                self.leaf(record, (index, field), element, memory)
                    .map_err(|error| error.within(&segment(field, nth, single)))
            }
            SlotMut::Flag(flag) if !again => {
                *flag = true;
                memory.children.push(Place::Field(row(index)));
                keep_shell(memory, index, 0, element);
                Ok(())
            }
            _ => {
                memory.keep_node(Node::Element(element));
                Ok(())
            }
        }
    }

    fn leaf(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        mut element: Element,
        memory: &mut Memory,
    ) -> Result<(), XmlError> {
        let position = element.position;
        let only = match element.children.as_mut_slice() {
            [Node::Text(text)] => Some(std::mem::take(text)),
            _ => None,
        };
        let text = match only {
            Some(text) => text,
            None => SmolStr::new(element.text()),
        };
        element.children.retain(|child| child.as_text().is_none());
        let nth = match self.value(record, (index, field), &text, memory) {
            Ok(nth) => nth,
            Err(error) => return Err(error.at(position)),
        };
        keep_shell(memory, index, nth, element);
        Ok(())
    }

    fn own_text(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        text: &str,
        (unit, memory): (Option<Attribute>, &mut Memory),
    ) -> Result<(), XmlError> {
        let blank = text.trim().is_empty();
        if blank && (field.unit.is_some() || text.is_empty() || !is_exact(record, index)) {
            if let Some(unit) = unit {
                memory.keep_attribute(unit);
            }
            memory.children.retain(|place| *place != Place::Field(row(index)));
            if field.required {
                let missing = XmlProblem::Missing("the text".to_owned());
                return Err(XmlError::new(missing));
            }
            return Ok(());
        }
        if field.unit.is_some() {
            return self
                .size(record, (index, field), text, (unit.as_ref(), memory))
                .map(|_| ());
        }
        self.value(record, (index, field), text, memory).map(|_| ())
    }

    /// Takes a value; gives back its number among the values of the field.
    fn value(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        text: &str,
        memory: &mut Memory,
    ) -> Result<usize, XmlError> {
        let SlotMut::Value(slot) = record.slot_mut(index) else {
            return Ok(0);
        };
        slot.add(text).map_err(|error| refused(field, text, &error))?;
        let nth = slot.count().saturating_sub(1);
        if !slot.exact() {
            self.scratch.clear();
            slot.write(nth, &mut self.scratch);
            if self.scratch != text {
                memory.more.spellings.push(Spelling {
                    field: row(index),
                    index: number(nth),
                    written: SmolStr::new(text),
                    unit: None,
                    canonical: SmolStr::new(&self.scratch),
                });
            }
        }
        Ok(nth)
    }

    fn size(
        &mut self,
        record: &mut dyn Record,
        (index, field): (usize, &Field),
        text: &str,
        (unit, memory): (Option<&Attribute>, &mut Memory),
    ) -> Result<usize, XmlError> {
        let SlotMut::Scaled(slot) = record.slot_mut(index) else {
            return Ok(0);
        };
        let default = field.unit.unwrap_or_default();
        let unit_text = unit.map_or(default, |unit| unit.value.as_str());
        let size = ByteSize::from_scaled(text, unit_text)
            .map_err(|error| refused(field, &format!("{} {unit_text}", text.trim()), &error))?;
        slot.set(size);
        let (canonical, canonical_unit) = field.spell(size);
        if unit.is_none_or(|unit| unit.value != canonical_unit) || canonical != text {
            memory.more.spellings.push(Spelling {
                field: row(index),
                index: 0,
                written: SmolStr::new(text),
                unit: unit.map(|unit| unit.value.clone()),
                canonical: SmolStr::new(format!("{canonical} {canonical_unit}")),
            });
        }
        Ok(0)
    }
}

fn is_exact(record: &mut dyn Record, index: usize) -> bool {
    matches!(record.slot_mut(index), SlotMut::Value(slot) if slot.exact())
}

fn is_blank(node: &Node) -> bool {
    node.as_text().is_none_or(|text| text.trim().is_empty())
}

/// Remembers what stands in a text-only child beside its text.
fn keep_shell(memory: &mut Memory, index: usize, nth: usize, element: Element) {
    if !element.attributes.is_empty() || !element.children.is_empty() {
        memory.more.shells.push(Shell {
            field: row(index),
            index: number(nth),
            element,
        });
    }
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

fn check_required(spec: &Spec, memory: &Memory) -> Result<(), XmlError> {
    for (index, field) in spec.fields.iter().enumerate() {
        if field.required && field.kind != FieldKind::Text && !memory.has(index) {
            let what = match field.kind {
                FieldKind::Attribute => format!("the attribute '{}'", field.name),
                _ => format!("the element <{}>", field.name),
            };
            return Err(XmlError::new(XmlProblem::Missing(what)).at(Position::default()));
        }
    }
    Ok(())
}

fn segment(field: &Field, nth: usize, single: bool) -> String {
    if single {
        field.name.to_owned()
    } else {
        format!("{}[{}]", field.name, nth + 1)
    }
}
