//! Values no document can have: characters XML cannot hold, spellings an enumeration does not have.

use super::error::{XmlError, XmlProblem};
use super::record::{Field, FieldKind, Record};
use super::references::first_illegal;
use super::slot::{Slot, ValueSlot};

/// Refuses the first value with a character XML does not allow, which the writer would leave out, and the first that
/// is none of its enumeration.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`] or [`XmlProblem::Value`] with the path of the value.
pub fn check_values(record: &dyn Record) -> Result<(), XmlError> {
    check(record, &mut String::new(), problem).map_err(|error| error.within(record.spec().element))
}

/// Refuses the first value with a character XML does not allow. Spellings are let pass: a newer libvirt may have more.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`] with the path of the value.
pub fn check_writable(record: &dyn Record) -> Result<(), XmlError> {
    let problem: Judge = |_, text| illegal(text);
    check(record, &mut String::new(), problem).map_err(|error| error.within(record.spec().element))
}

/// What is wrong with a value of the field, which is written so.
type Judge = fn(&dyn ValueSlot, &str) -> Option<XmlProblem>;

fn check(record: &dyn Record, text: &mut String, problem: Judge) -> Result<(), XmlError> {
    let fields = record.spec().fields;
    for (row, field) in record.filled().filter_map(|row| Some((row, fields.get(row)?))) {
        let segment = |item: usize, single: bool| match field.kind {
            FieldKind::Attribute => format!("@{}", field.name),
            FieldKind::Text => "text()".to_owned(),
            _ if single => field.name.to_owned(),
            _ => format!("{}[{}]", field.name, item + 1),
        };
        match record.slot(row) {
            Slot::Value(slot) => {
                for item in 0..items(field, slot) {
                    if slot.is_sound(item) == Some(true) {
                        continue;
                    }
                    text.clear();
                    slot.write(item, text);
                    if let Some(problem) = problem(slot, text) {
                        let position = record.rest().position().unwrap_or_default();
                        return Err(XmlError::new(problem)
                            .at(position)
                            .within(&segment(item, slot.is_single())));
                    }
                }
            }
            Slot::Child(slot) => {
                for item in 0..slot.count() {
                    if let Some(child) = slot.item(item) {
                        check(child, text, problem)
                            .map_err(|error| error.within(&segment(item, slot.is_single())))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// How many values there are: of a field that holds something, and is an attribute or a text, one.
fn items(field: &Field, slot: &dyn ValueSlot) -> usize {
    match field.kind {
        FieldKind::Attribute | FieldKind::Text => 1,
        _ => slot.count(),
    }
}

fn problem(slot: &dyn ValueSlot, text: &str) -> Option<XmlProblem> {
    let known = slot.traits().spellings;
    if known.is_empty() || known.contains(&text) {
        return illegal(text);
    }
    Some(XmlProblem::Value {
        value: text.chars().take(64).collect(),
        expected: format!("one of {}", known.join(", ")),
    })
}

fn illegal(text: &str) -> Option<XmlProblem> {
    first_illegal(text).map(|character| XmlProblem::IllegalCharacter(u32::from(character)))
}
