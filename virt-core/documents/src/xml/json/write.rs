//! Records to JSON.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::super::record::{Record, Spec};
use super::super::rest::{Rest, Shell};
use super::super::slot::{Children, Slot, ValueSlot};
use super::super::tree::{Attribute, Element, Node};
use super::super::value::{ValueShape, parse_number};
use super::REST;

/// A record.
pub(super) struct Shown<'r>(pub(super) &'r dyn Record);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let spec = self.0.spec();
        for (row, (field, key)) in spec.fields.iter().zip(spec.keys_in_json).enumerate() {
            if field.secret {
                continue;
            }
            match self.0.slot(row) {
                Slot::Value(slot) if slot.is_single() && slot.count() > 0 => {
                    map.serialize_entry(key, &Single(slot, 0))?;
                }
                Slot::Value(slot) if slot.count() > 0 => map.serialize_entry(key, &Values(slot))?,
                Slot::Child(slot) if slot.is_single() => {
                    if let Some(child) = slot.item(0) {
                        map.serialize_entry(key, &Shown(child))?;
                    }
                }
                Slot::Child(slot) if slot.count() > 0 => map.serialize_entry(key, &Records(slot))?,
                Slot::Flag(true) => map.serialize_entry(key, &true)?,
                Slot::Scaled(slot) => {
                    if let Some(size) = slot.size() {
                        map.serialize_entry(key, &size.as_bytes())?;
                    }
                }
                _ => {}
            }
        }
        let rest = self.0.rest();
        if has_content(rest, spec) {
            map.serialize_entry(REST, &Unknown(rest, self.0))?;
        }
        map.end()
    }
}

struct Single<'r>(&'r dyn ValueSlot, usize);

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        self.0.write(self.1, &mut text);
        match self.0.shape() {
            ValueShape::Switch if matches!(text.as_str(), "yes" | "on") => serializer.serialize_bool(true),
            ValueShape::Switch if matches!(text.as_str(), "no" | "off") => serializer.serialize_bool(false),
            ValueShape::Number => match parse_number(&text) {
                Some(number) => match (u64::try_from(number), i64::try_from(number)) {
                    (Ok(number), _) => serializer.serialize_u64(number),
                    (_, Ok(number)) => serializer.serialize_i64(number),
                    _ => serializer.serialize_str(&text),
                },
                None => serializer.serialize_str(&text),
            },
            _ => serializer.serialize_str(&text),
        }
    }
}

struct Values<'r>(&'r dyn ValueSlot);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.count()).map(|item| Single(self.0, item)))
    }
}

struct Records<'r>(Children<'r>);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.count()).filter_map(|item| self.0.item(item).map(Shown)))
    }
}

fn shells(rest: &Rest) -> &[Shell] {
    rest.more
        .as_deref()
        .map(|more| more.shells.as_slice())
        .unwrap_or_default()
}

fn has_content(rest: &Rest, spec: &'static Spec) -> bool {
    !rest.attributes().is_empty() || rest.content().next().is_some() || inside(rest, spec).next().is_some()
}

/// What stood in text-only children beside their text; that of a secret goes with the secret.
fn inside<'r>(rest: &'r Rest, spec: &'static Spec) -> impl Iterator<Item = Inside<'r>> {
    shells(rest).iter().filter_map(|shell| {
        let row = usize::from(shell.field);
        let is_shown = !spec.fields.get(row)?.secret;
        is_shown.then_some(Inside(spec.keys_in_json.get(row)?, shell))
    })
}

/// What a record did not understand.
struct Unknown<'r>(&'r Rest, &'r dyn Record);

impl Serialize for Unknown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.attributes().is_empty() {
            map.serialize_entry("attributes", &Attributes(self.0.attributes()))?;
        }
        let content: Vec<One<'_>> = self.0.content().map(One).collect();
        if !content.is_empty() {
            map.serialize_entry("children", &content)?;
        }
        let inside: Vec<Inside<'_>> = inside(self.0, self.1.spec()).collect();
        if !inside.is_empty() {
            map.serialize_entry("inside", &inside)?;
        }
        map.end()
    }
}

/// What stood in a text-only child beside its text.
struct Inside<'r>(&'static str, &'r Shell);

impl Serialize for Inside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("field", self.0)?;
        map.serialize_entry("item", &self.1.index)?;
        content(&mut map, &self.1.element)?;
        map.end()
    }
}

struct Attributes<'r>(&'r [Attribute]);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for attribute in self.0 {
            list.serialize_element(&Named(attribute))?;
        }
        list.end()
    }
}

struct Named<'r>(&'r Attribute);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.0.name.as_written())?;
        if let Some(uri) = self.0.name.namespace() {
            map.serialize_entry("namespace", uri)?;
        }
        map.serialize_entry("value", self.0.value.as_str())?;
        map.end()
    }
}

/// A node: an element is an object with `name`, text a string.
struct One<'r>(&'r Node);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, text) = match self.0 {
            Node::Text(text) => return serializer.serialize_str(text),
            Node::CData(text) => ("cdata", text),
            Node::Comment(text) => ("comment", text),
            Node::Instruction(text) => ("instruction", text),
            Node::Element(element) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("name", element.name.as_written())?;
                if let Some(uri) = element.name.namespace() {
                    map.serialize_entry("namespace", uri)?;
                }
                content(&mut map, element)?;
                return map.end();
            }
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(key, text.as_str())?;
        map.end()
    }
}

fn content<M: SerializeMap>(map: &mut M, element: &Element) -> Result<(), M::Error> {
    if !element.attributes.is_empty() {
        map.serialize_entry("attributes", &Attributes(&element.attributes))?;
    }
    match element.children.as_slice() {
        [] => Ok(()),
        [Node::Text(text)] => map.serialize_entry("text", text.as_str()),
        children => {
            let children: Vec<One<'_>> = children.iter().map(One).collect();
            map.serialize_entry("children", &children)
        }
    }
}
