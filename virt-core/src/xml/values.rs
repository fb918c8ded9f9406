//! Values no document can have: characters XML cannot hold, spellings an enumeration does not have.

use super::error::{XmlError, XmlProblem};
use super::record::{FieldKind, Record};
use super::references::first_illegal;
use super::slot::{Slot, ValueSlot};

/// Refuses the first value with a character XML does not allow, which the writer would leave out, and the first that
/// is none of its enumeration.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`] or [`XmlProblem::Value`] with the path of the value.
pub fn check_values(record: &dyn Record) -> Result<(), XmlError> {
    check(record, &mut String::new()).map_err(|error| error.within(record.spec().element))
}

fn check(record: &dyn Record, text: &mut String) -> Result<(), XmlError> {
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
                if slot.plain() {
                    continue;
                }
                for item in 0..slot.count() {
                    let found = match slot.text(item) {
                        Some(text) => problem(slot, item, text),
                        None => {
                            text.clear();
                            slot.write(item, text);
                            problem(slot, item, text)
                        }
                    };
                    if let Some(problem) = found {
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
                        check(child, text).map_err(|error| error.within(&segment(item, slot.is_single())))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn problem(slot: &dyn ValueSlot, item: usize, text: &str) -> Option<XmlProblem> {
    if let Some(known) = slot.unknown_among(item) {
        return Some(XmlProblem::Value {
            value: text.chars().take(64).collect(),
            expected: format!("one of {}", known.join(", ")),
        });
    }
    first_illegal(text).map(|character| XmlProblem::IllegalCharacter(u32::from(character)))
}
