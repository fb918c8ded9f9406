//! The order in which the parts of a record are written.

use super::record::{Record, Rows};
use super::rest::{Place, as_index};
use super::slot::{Slot, SlotMut};

/// One thing to write: item `1` of row `0`, or a number among what was not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    Item(usize, usize),
    Rest(usize),
}

/// Calls `write` for each part of the record that is in one of the rows: in the remembered order if there is one, else in
/// libvirt's. New items follow the other items of their field, or stand where libvirt puts them.
pub(super) fn in_order(
    record: &dyn Record,
    rows: Rows,
    order: &[Place],
    unknown: usize,
    write: &mut dyn FnMut(Entry),
) {
    if order.is_empty() {
        for row in rows {
            for item in 0..count(record, row) {
                write(Entry::Item(row, item));
            }
        }
        for index in 0..unknown {
            write(Entry::Rest(index));
        }
        return;
    }
    let mut keyed = Vec::with_capacity(order.len() + 4);
    let mut placed = vec![false; unknown];
    for (ordinal, place) in order.iter().enumerate() {
        if let Place::Rest(index) = place
            && let Some(seen) = placed.get_mut(as_index(*index))
        {
            *seen = true;
            keyed.push(((ordinal + 1, 0, 0), Entry::Rest(as_index(*index))));
        }
    }
    for row in rows {
        place_items(record, row, order, &mut keyed);
    }
    for (index, _) in placed.iter().enumerate().filter(|(_, seen)| !**seen) {
        keyed.push(((order.len() + 1, usize::MAX, index), Entry::Rest(index)));
    }
    keyed.sort_by_key(|(key, _)| *key);
    for (_, entry) in keyed {
        write(entry);
    }
}

type Keyed = Vec<((usize, usize, usize), Entry)>;

/// Gives each item of one row its key: ordinal in the remembered order, row, number.
fn place_items(record: &dyn Record, row: usize, order: &[Place], keyed: &mut Keyed) {
    let items = count(record, row);
    if items == 0 {
        return;
    }
    let is_own = |place: &Place| matches!(place, Place::Field(field) if usize::from(*field) == row);
    let known: Vec<Option<usize>> = match record.slot(row) {
        Slot::Child(slot) => {
            let mut last = 0;
            let place = |item| slot.item(item).map_or(0, |item| as_index(item.rest().place));
            let keeps = |item| {
                let ordinal = place(item);
                let own = ordinal > last && order.get(ordinal - 1).is_some_and(is_own);
                last = if own { ordinal } else { last };
                own.then_some(ordinal)
            };
            (0..items).map(keeps).collect()
        }
        _ => {
            let own = order.iter().enumerate().filter(|(_, place)| is_own(place));
            let mut ordinals = own.map(|(ordinal, _)| ordinal + 1);
            (0..items).map(|_| ordinals.next()).collect()
        }
    };
    let first = known.iter().flatten().next().copied();
    let mut after = None;
    for (item, ordinal) in known.iter().enumerate() {
        let key = match (ordinal, after) {
            (Some(ordinal), _) => {
                after = Some(*ordinal);
                (*ordinal, row, item)
            }
            (None, Some(after)) => (after, row, item),
            (None, None) => match first {
                Some(next) => (next - 1, usize::MAX, item),
                None => (libvirts_place(row, order), row + 1, item),
            },
        };
        keyed.push((key, Entry::Item(row, item)));
    }
}

/// The ordinal after which items of a row that was not there belong: that of the last item of an earlier row.
fn libvirts_place(row: usize, order: &[Place]) -> usize {
    let earlier = |place: &Place| matches!(place, Place::Field(field) if usize::from(*field) < row);
    order.iter().rposition(earlier).map_or(0, |ordinal| ordinal + 1)
}

/// How many items a field has.
pub(super) fn count(record: &dyn Record, row: usize) -> usize {
    items(record.slot(row))
}

/// How many items there are.
pub(super) fn items(slot: Slot<'_>) -> usize {
    match slot {
        Slot::Value(slot) => slot.count(),
        Slot::Child(slot) => slot.count(),
        Slot::Flag(flag) => usize::from(flag),
        Slot::Scaled(slot) => usize::from(slot.size().is_some()),
        Slot::None => 0,
    }
}

/// Row and number of every child with a field, in the order in which they are written.
pub(crate) fn children_in_order(record: &dyn Record) -> Vec<(usize, usize)> {
    let order = record
        .rest()
        .more
        .as_deref()
        .map(|more| more.children_order.as_slice())
        .unwrap_or_default();
    let mut found = Vec::new();
    in_order(
        record,
        record.filled().and(record.spec().content()),
        order,
        0,
        &mut |entry| {
            if let Entry::Item(row, item) = entry {
                found.push((row, item));
            }
        },
    );
    found
}

/// Makes the children with a field stand in that order; what was not understood comes last.
pub(crate) fn set_children_order(record: &mut dyn Record, order: &[(usize, usize)]) {
    let places = order
        .iter()
        .map(|(row, _)| Place::Field(u16::try_from(*row).unwrap_or(u16::MAX)));
    record.rest_mut().more().children_order = places.collect();
    for (ordinal, (row, item)) in (1_u32..).zip(order) {
        if let SlotMut::Child(slot) = record.slot_mut(*row)
            && let Some(child) = slot.item_mut(*item)
        {
            child.rest_mut().place = ordinal;
        }
    }
}
