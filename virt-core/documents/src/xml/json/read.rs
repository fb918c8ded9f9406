//! JSON to records.

use std::sync::Arc;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::super::name::Name;
use super::super::record::{Field, FieldKind, Record, Spec};
use super::super::references::{is_name, shortened};
use super::super::rest::Shell;
use super::super::slot::{SlotMut, ValueSlot};
use super::super::tree::{Attribute, Element, Node};
use super::super::value::ValueShape;
use super::REST;
use crate::model::value::ByteSize;
use crate::sorted::sort_by_rank;

/// Why a value was not taken, and where.
pub(super) struct Refused {
    what: String,
    path: String,
}

impl Refused {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            path: String::new(),
        }
    }

    fn within(mut self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{key}{dot}{}", self.path);
        self
    }

    pub(super) fn sentence(&self) -> String {
        match self.path.is_empty() {
            true => self.what.clone(),
            false => format!("{} at {}", self.what, self.path),
        }
    }
}

type Taken = Result<(), Refused>;

/// Fills an empty record.
pub(super) fn fill(record: &mut dyn Record, value: &Value) -> Taken {
    let object = object(value)?;
    let spec = record.spec();
    for (key, value) in object {
        if key == REST {
            rest(record, value).map_err(|error| error.within(REST))?;
            continue;
        }
        let Some((row, field)) = row_of(spec, key) else {
            let known = spec.keys_in_json.join(", ");
            return Err(Refused::new(format!(
                "there is no field '{key}' (there are: {known})"
            )));
        };
        if !value.is_null() {
            take(record, (row, field), value).map_err(|error| error.within(key))?;
        }
    }
    let is_missing = |(field, key): &(&Field, &&str)| {
        field.required && field.kind != FieldKind::Text && object.get(**key).is_none_or(Value::is_null)
    };
    match spec.fields.iter().zip(spec.keys_in_json).find(is_missing) {
        Some((_, key)) => Err(Refused::new(format!("'{key}' is missing"))),
        None => Ok(()),
    }
}

fn row_of(spec: &'static Spec, key: &str) -> Option<(usize, &'static Field)> {
    let row = spec.keys_in_json.iter().position(|known| *known == key)?;
    Some((row, spec.fields.get(row)?))
}

fn take(record: &mut dyn Record, (row, field): (usize, &Field), value: &Value) -> Taken {
    match record.slot_mut(row) {
        SlotMut::Value(slot) if slot.is_single() => take_value(slot, field, value),
        SlotMut::Value(slot) => each(value, |item| take_value(slot, field, item)),
        SlotMut::Child(slot) if slot.is_single() => fill(slot.add(), value),
        SlotMut::Child(slot) => each(value, |item| fill(slot.add(), item)),
        SlotMut::Flag(flag) => {
            *flag = value.as_bool().ok_or_else(|| expected(value, "true or false"))?;
            Ok(())
        }
        SlotMut::Scaled(slot) => {
            let bytes = value
                .as_u64()
                .ok_or_else(|| expected(value, "a number of bytes"))?;
            slot.set(ByteSize::bytes(bytes));
            Ok(())
        }
        SlotMut::None => Ok(()),
    }
}

fn each(value: &Value, mut one: impl FnMut(&Value) -> Taken) -> Taken {
    let items = value.as_array().ok_or_else(|| expected(value, "an array"))?;
    for (index, item) in items.iter().enumerate() {
        one(item).map_err(|error| error.within(&format!("[{index}]")))?;
    }
    Ok(())
}

fn take_value(slot: &mut dyn ValueSlot, field: &Field, value: &Value) -> Taken {
    let refused = |error: &str| {
        let shown = match value {
            _ if field.secret => "(hidden)".to_owned(),
            Value::String(text) => shortened(text),
            other => shortened(&other.to_string()),
        };
        Refused::new(format!("'{shown}' is not {error}"))
    };
    let added = match (value, slot.shape()) {
        (Value::String(text), _) => slot.add(text),
        (Value::Number(number), ValueShape::Number | ValueShape::Text) => slot.add(&number.to_string()),
        (Value::Bool(set), ValueShape::Switch) => {
            let [word, other] = if *set { ["yes", "on"] } else { ["no", "off"] };
            slot.add(word).or_else(|_| slot.add(other))
        }
        (_, shape) => {
            return Err(refused(match shape {
                ValueShape::Text => "a string",
                ValueShape::Number => "a number",
                ValueShape::Switch => "true or false",
            }));
        }
    };
    added.map_err(|error| refused(error.what()))
}

fn object(value: &Value) -> Result<&Map<String, Value>, Refused> {
    value.as_object().ok_or_else(|| expected(value, "an object"))
}

fn expected(value: &Value, what: &str) -> Refused {
    Refused::new(format!("'{}' is not {what}", shortened(&value.to_string())))
}

fn rest(record: &mut dyn Record, value: &Value) -> Taken {
    let spec = record.spec();
    for (key, value) in object(value)? {
        let more = record.rest_mut().more();
        let taken = match key.as_str() {
            "attributes" => attributes(value, &mut more.attributes),
            "children" => nodes(value, &mut more.nodes),
            "inside" => each(value, |item| {
                more.shells.push(inside(spec, item)?);
                Ok(())
            }),
            _ => Err(Refused::new(
                "only attributes, children and inside are known here",
            )),
        };
        taken.map_err(|error| error.within(key))?;
        let shells = &mut record.rest_mut().more().shells;
        sort_by_rank(shells, |shell| (shell.field, shell.index));
    }
    Ok(())
}

fn inside(spec: &'static Spec, value: &Value) -> Result<Shell, Refused> {
    let key = text_of(value, "field")?;
    let (row, _) = row_of(spec, key).ok_or_else(|| Refused::new(format!("there is no field '{key}'")))?;
    let item = value.get("item").and_then(Value::as_u64).unwrap_or_default();
    let mut element = Element::new(Name::local_only(key));
    content(value, &mut element)?;
    Ok(Shell {
        field: u16::try_from(row).unwrap_or(u16::MAX),
        index: u32::try_from(item).map_err(|_| Refused::new("'item' is too large"))?,
        element,
    })
}

fn attributes(value: &Value, found: &mut Vec<Attribute>) -> Taken {
    each(value, |item| {
        let attribute = Attribute {
            name: name(item)?,
            value: SmolStr::new(text_of(item, "value")?),
        };
        found.push(attribute);
        Ok(())
    })
}

fn nodes(value: &Value, found: &mut Vec<Node>) -> Taken {
    each(value, |item| {
        found.push(node(item)?);
        Ok(())
    })
}

fn node(value: &Value) -> Result<Node, Refused> {
    let marked = |key: &str, end: &str| match value.get(key).and_then(Value::as_str) {
        Some(text) if text.contains(end) || (key == "comment" && text.ends_with('-')) => {
            Err(Refused::new(format!("a {key} with '{end}' in it")))
        }
        found => Ok(found.map(SmolStr::new)),
    };
    if let Some(text) = value.as_str() {
        return Ok(Node::Text(SmolStr::new(text)));
    }
    if let Some(text) = marked("cdata", "]]>")? {
        return Ok(Node::CData(text));
    }
    if let Some(text) = marked("comment", "--")? {
        return Ok(Node::Comment(text));
    }
    if let Some(text) = marked("instruction", "?>")? {
        return Ok(Node::Instruction(text));
    }
    let mut element = Element::new(name(value)?);
    content(value, &mut element)?;
    Ok(Node::Element(element))
}

fn content(value: &Value, element: &mut Element) -> Taken {
    if let Some(list) = value.get("attributes") {
        attributes(list, &mut element.attributes).map_err(|error| error.within("attributes"))?;
    }
    if let Some(text) = value.get("text").and_then(Value::as_str) {
        element.children.push(Node::Text(SmolStr::new(text)));
    }
    match value.get("children") {
        Some(list) => nodes(list, &mut element.children).map_err(|error| error.within("children")),
        None => Ok(()),
    }
}

fn name(value: &Value) -> Result<Name, Refused> {
    let written = text_of(value, "name")?;
    if !is_name(written) {
        return Err(expected(&Value::from(written), "a name of XML"));
    }
    let uri = value.get("namespace").and_then(Value::as_str).map(Arc::from);
    Ok(Name::qualified(written, uri))
}

fn text_of<'v>(value: &'v Value, key: &str) -> Result<&'v str, Refused> {
    value
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| Refused::new(format!("'{key}' is missing, or no string")))
}
