//! Values no document can have: characters XML cannot hold, spellings an enumeration does not have, what would be read
//! as something else.

use super::compare::equal;
use super::diff::diff;
use super::error::{XmlError, XmlProblem};
use super::kept;
use super::limits::Limits;
use super::read::read_root;
use super::record::{Field, FieldKind, Record, Rows, Spec};
use super::references::first_illegal;
use super::slot::{Slot, ValueSlot};
use super::write::write_root;

/// Refuses what cannot be written and read back: characters and names XML does not allow, spellings an enumeration
/// does not have, required things that are not there, something not understood that a field stands for.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`], [`XmlProblem::Value`], [`XmlProblem::Missing`] or [`XmlProblem::Invalid`], with the
/// path.
pub fn check_values<T: Record + Default>(record: &T) -> Result<(), XmlError> {
    checked(record, problem)
}

/// The same where an empty text is one that is not there, as libvirt's older parsers read it.
///
/// # Errors
/// As [`check_values`].
pub fn check_said_values<T: Record + Default>(record: &T) -> Result<(), XmlError> {
    checked(record, |slot, text| {
        problem(slot, text).filter(|_| !text.is_empty())
    })
}

/// What is wrong with a value that is not sound, or of which only its text tells.
type Judge = fn(&dyn ValueSlot, &str) -> Option<XmlProblem>;

fn checked<T: Record + Default>(record: &T, judge: Judge) -> Result<(), XmlError> {
    let root = record.spec().element;
    let mut checking = Checking {
        judge,
        text: String::new(),
        is_settled: true,
    };
    checking.record(record, 1).map_err(|error| error.within(root))?;
    if checking.is_settled {
        return Ok(());
    }
    let mut again = T::default();
    read_root(&mut again, &write_root(record, true), UNLIMITED)
        .map_err(|error| misread(record, error.path(), error.problem()))?;
    match diff(record, &again).first() {
        Some(change) => {
            let sentence = "what is kept here without a field is read as something else once it is written";
            let problem = XmlProblem::Invalid(sentence.to_owned());
            Err(misread(record, &change.path.to_string(), &problem))
        }
        None if equal(record, &again) => Ok(()),
        None => Err(XmlError::invalid("it is not the same once it is written").within(root)),
    }
}

/// For a text of our own, whose depth was looked at before.
const UNLIMITED: Limits = Limits {
    size: usize::MAX,
    depth: 1024,
    attributes: usize::MAX,
    nodes: usize::MAX,
};

/// A problem of the text that was written, which is nobody's: its lines say nothing.
fn misread(record: &dyn Record, path: &str, problem: &XmlProblem) -> XmlError {
    let position = record.rest().position().unwrap_or_default();
    let path = match path {
        "" | "/" => record.spec().element,
        path => path,
    };
    XmlError::new(problem.clone()).at(position).within(path)
}

/// One pass over a record and those inside of it.
struct Checking {
    judge: Judge,
    text: String,
    /// Whether nothing was met that must be read again to know that it is the same.
    is_settled: bool,
}

impl Checking {
    fn record(&mut self, record: &dyn Record, depth: usize) -> Result<(), XmlError> {
        let spec = record.spec();
        let filled = record.filled();
        let rest = record.rest();
        let position = rest.position().unwrap_or_default();
        let limit = Limits::default().depth;
        if depth > limit {
            let what = "levels of elements";
            return Err(XmlError::new(XmlProblem::Limit { what, limit }).at(position));
        }
        if let Some(field) = missing(spec, filled) {
            return Err(XmlError::new(field.missing()).at(position));
        }
        for (row, field) in filled.filter_map(|row| Some((row, spec.fields.get(row)?))) {
            match record.slot(row) {
                Slot::Value(slot) => self.items(slot, field).map_err(|error| error.at(position))?,
                Slot::Child(slot) => {
                    for item in 0..slot.count() {
                        if let Some(child) = slot.item(item) {
                            self.record(child, depth + 1)
                                .map_err(|error| error.within(&segment(field, item, slot.is_single())))?;
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(more) = rest.more.as_deref() {
            kept::check(record, more, depth)?;
            self.is_settled &= kept::all_stands_alone(record, more);
        }
        Ok(())
    }

    fn items(&mut self, slot: &dyn ValueSlot, field: &Field) -> Result<(), XmlError> {
        for item in 0..items(field, slot) {
            if slot.is_sound(item) == Some(true) {
                continue;
            }
            self.text.clear();
            slot.write(item, &mut self.text);
            if let Some(problem) = (self.judge)(slot, &self.text) {
                return Err(XmlError::new(problem).within(&segment(field, item, slot.is_single())));
            }
        }
        Ok(())
    }
}

/// The first field that must hold something and does not.
fn missing(spec: &Spec, filled: Rows) -> Option<&'static Field> {
    let lacking = spec.required.without(filled).next();
    let text = || {
        let (row, field) = spec.text()?;
        (field.required && !filled.has(row)).then_some(row)
    };
    spec.fields.get(lacking.or_else(text)?)
}

fn segment(field: &Field, item: usize, single: bool) -> String {
    match field.kind {
        FieldKind::Attribute => format!("@{}", field.name),
        FieldKind::Text => "text()".to_owned(),
        _ if single => field.name.to_owned(),
        _ => format!("{}[{}]", field.name, item + 1),
    }
}

/// How many values there are: of a field that holds something, and is an attribute or a text, one.
fn items(field: &Field, slot: &dyn ValueSlot) -> usize {
    match field.kind {
        FieldKind::Attribute | FieldKind::Text => 1,
        _ => slot.count(),
    }
}

/// What is wrong with a value that is not sound, or of which only its text tells.
fn problem(slot: &dyn ValueSlot, text: &str) -> Option<XmlProblem> {
    let known = slot.traits().spellings;
    if !known.is_empty() {
        return Some(XmlProblem::Value {
            value: text.chars().take(64).collect(),
            expected: format!("one of {}", known.join(", ")),
        });
    }
    first_illegal(text).map(|character| XmlProblem::IllegalCharacter(u32::from(character)))
}
