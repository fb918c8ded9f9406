//! Values XML cannot hold.

use super::error::{XmlError, XmlProblem};
use super::record::{FieldKind, Record};
use super::references::first_illegal;
use super::slot::Slot;

/// Refuses the first value with a character XML does not allow: the writer would leave it out.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`] with the path of the value.
pub fn check_writable(record: &dyn Record) -> Result<(), XmlError> {
    check(record).map_err(|error| error.within(record.spec().element))
}

fn check(record: &dyn Record) -> Result<(), XmlError> {
    let mut text = String::new();
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
                for item in 0..slot.count() {
                    text.clear();
                    slot.write(item, &mut text);
                    if let Some(illegal) = first_illegal(&text) {
                        let problem = XmlProblem::IllegalCharacter(u32::from(illegal));
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
                        check(child).map_err(|error| error.within(&segment(item, slot.is_single())))?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
