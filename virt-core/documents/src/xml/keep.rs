//! What a normalized document takes over from the one it was made of.

use super::record::Record;
use super::rest::Rest;
use super::slot::{Slot, SlotMut};

/// Makes a value be written as it was read, where libvirt keeps it so: takes over the spelling `from` remembers.
pub(crate) fn keep_spelling(record: &mut dyn Record, from: &Rest, name: &str) {
    let Some(row) = record.spec().fields.iter().position(|field| field.name == name) else {
        return;
    };
    let Some(spelling) = from.spelling(row, 0).cloned() else {
        return;
    };
    let spellings = &mut record.rest_mut().more().spellings;
    let own = (spelling.field, spelling.index);
    let place = spellings.partition_point(|known| (known.field, known.index) < own);
    spellings.insert(place, spelling);
}

/// Puts into a record what another of its type did not understand: into children both have, and into the items of lists
/// that are as long in both.
pub(crate) fn keep_unknown(record: &mut dyn Record, from: &dyn Record) {
    let mut unknown = from.rest().clone();
    unknown.canonicalize();
    if let Some(more) = &mut unknown.more {
        // Prefixes are declared where they are needed.
        more.attributes
            .retain(|attribute| !attribute.name.declares_namespace());
    }
    *record.rest_mut() = unknown;
    for row in record.filled() {
        let (SlotMut::Child(own), Slot::Child(other)) = (record.slot_mut(row), from.slot(row)) else {
            continue;
        };
        if own.count() != other.count() {
            continue;
        }
        for item in 0..other.count() {
            if let (Some(own), Some(other)) = (own.item_mut(item), other.item(item)) {
                keep_unknown(own, other);
            }
        }
    }
}
