//! Which parts of a schema the types of a document cover, whatever a document has.

use super::record::{Field, FieldKind, Record};
use super::slot::SlotMut;

/// Whether a record has a typed field for the element that `elements` lead to from it, or for `attribute` of that
/// element. Where other content is at home (`<metadata>`), everything is.
///
/// Empty children are put into the record on the way: it is a probe, and of no use afterwards.
pub fn is_typed(record: &mut dyn Record, elements: &[&str], attribute: Option<&str>) -> bool {
    let spec = record.spec();
    if spec.open {
        return true;
    }
    let Some((name, deeper)) = elements.split_first() else {
        return attribute.is_none_or(|attribute| has_attribute(spec.fields, attribute));
    };
    let is_element = |field: &Field| {
        !matches!(field.kind, FieldKind::Attribute | FieldKind::Text) && is_named(field, name)
    };
    let Some(row) = spec.fields.iter().position(is_element) else {
        return false;
    };
    match record.slot_mut(row) {
        SlotMut::Child(children) => is_typed(children.add(), deeper, attribute),
        SlotMut::Scaled(_) => deeper.is_empty() && attribute.is_none_or(|attribute| attribute == "unit"),
        SlotMut::Value(_) | SlotMut::Flag(_) => deeper.is_empty() && attribute.is_none(),
        SlotMut::None => false,
    }
}

fn has_attribute(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| {
        let says_unit = matches!(field.kind, FieldKind::Attribute | FieldKind::Text) && field.unit.is_some();
        (field.kind == FieldKind::Attribute && is_named(field, name)) || (says_unit && name == "unit")
    })
}

/// Whether the name, with its prefix where it has one, is that of the field.
fn is_named(field: &Field, name: &str) -> bool {
    match (field.namespace, name.split_once(':')) {
        (Some(namespace), Some((prefix, local))) => namespace.prefix == prefix && field.name == local,
        (None, None) => field.name == name,
        // Schema paths name elements of other namespaces with or without their prefix.
        (Some(_), None) => field.name == name,
        (None, Some(_)) => false,
    }
}
