//! The difference of two records of one type, by one function over `dyn Record`.
//!
//! It is that of `==`: there is a change exactly when the records are not equal.

mod change;
mod identity;
mod pairing;
mod unknown;

pub use change::{Change, ChangeKind, ChangePath, Step};
pub(crate) use identity::{identity_of, is_same, value_at};
pub(crate) use pairing::{Pair, pairs};

use std::collections::VecDeque;

use super::compare::{equal, rests_equal};
use super::record::{Field, FieldKind, Record};
use super::slot::{Children, ScaledSlot, Slot, ValueSlot};
use super::walk::FoundKind;
use super::write::write_as;
use crate::sorted::SortedMap;

/// What changed from one document to another of its type.
pub fn diff(from: &dyn Record, to: &dyn Record) -> Vec<Change> {
    diff_at(vec![Step::Element(from.spec().element.to_owned())], from, to)
}

/// What changed from one record to another of its type, which are at `path`.
pub(crate) fn diff_at(path: Vec<Step>, from: &dyn Record, to: &dyn Record) -> Vec<Change> {
    let mut comparing = Comparing {
        path,
        changes: Vec::new(),
    };
    comparing.record(from, to);
    if comparing.changes.is_empty() && !equal(from, to) {
        comparing.whole(from, to);
    }
    comparing.changes
}

/// The difference of two documents with different root elements.
pub(crate) fn other_root(from: &str, to: &str) -> Vec<Change> {
    vec![Change {
        path: ChangePath::default(),
        kind: ChangeKind::Changed,
        what: FoundKind::Element,
        secret: false,
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
    }]
}

/// The name of the field's element or attribute as people write it.
pub(crate) fn name_of(field: &Field) -> String {
    match field.namespace {
        Some(namespace) => format!("{}:{}", namespace.prefix, field.name),
        None => field.name.to_owned(),
    }
}

/// The step to an item of a list.
pub(crate) fn step_to(name: &str, key: Option<&String>, place: usize) -> Step {
    Step::Item {
        name: name.to_owned(),
        key: key.cloned().unwrap_or_else(|| (place + 1).to_string()),
    }
}

struct Comparing {
    path: Vec<Step>,
    changes: Vec<Change>,
}

impl Comparing {
    fn push(
        &mut self,
        kind: ChangeKind,
        what: FoundKind,
        secret: bool,
        from: Option<String>,
        to: Option<String>,
    ) {
        let shown = |text: Option<String>| text.filter(|_| !secret);
        self.changes.push(Change {
            path: ChangePath(self.path.clone()),
            kind,
            what,
            secret,
            from: shown(from),
            to: shown(to),
        });
    }

    /// A value that is there or not, before and after.
    fn value(&mut self, what: FoundKind, secret: bool, from: Option<String>, to: Option<String>) {
        let kind = match (&from, &to) {
            (None, None) => return,
            (Some(one), Some(other)) if one == other => return,
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (Some(_), Some(_)) => ChangeKind::Changed,
        };
        self.push(kind, what, secret, from, to);
    }

    /// Does something one level deeper.
    fn at(&mut self, step: Step, inside: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inside(self);
        self.path.pop();
    }

    fn record(&mut self, from: &dyn Record, to: &dyn Record) {
        for (row, field) in from.spec().fields.iter().enumerate() {
            match (from.slot(row), to.slot(row)) {
                (Slot::Value(one), Slot::Value(other)) => self.values(field, one, other),
                (Slot::Scaled(one), Slot::Scaled(other)) => self.scaled(field, one, other),
                (Slot::Child(one), Slot::Child(other)) => self.children(field, one, other),
                (Slot::Flag(one), Slot::Flag(other)) if one != other => {
                    let kind = if other {
                        ChangeKind::Added
                    } else {
                        ChangeKind::Removed
                    };
                    self.at(Step::Element(name_of(field)), |at| {
                        at.push(kind, FoundKind::Element, false, None, None);
                    });
                }
                _ => {}
            }
        }
        let after = self.changes.len();
        if !rests_equal(from, to) {
            self.rest(from, to);
            if self.changes.len() == after {
                // The same things in another order.
                self.push(ChangeKind::Moved, FoundKind::Element, false, None, None);
            }
        }
    }

    /// For a difference that was not found otherwise.
    fn whole(&mut self, from: &dyn Record, to: &dyn Record) {
        let name = self
            .path
            .last()
            .map(|step| step.name().to_owned())
            .unwrap_or_default();
        let (from, to) = (write_as(from, &name, false), write_as(to, &name, false));
        self.push(
            ChangeKind::Changed,
            FoundKind::Element,
            false,
            Some(from),
            Some(to),
        );
    }

    /// Does something at the place of a field that can be there once.
    fn at_field(&mut self, field: &Field, inside: impl FnOnce(&mut Self, FoundKind)) {
        match field.kind {
            FieldKind::Attribute => self.at(Step::Attribute(name_of(field)), |at| {
                inside(at, FoundKind::Attribute)
            }),
            FieldKind::Text => inside(self, FoundKind::Text),
            _ => self.at(Step::Element(name_of(field)), |at| inside(at, FoundKind::Element)),
        }
    }

    fn values(&mut self, field: &Field, from: &dyn ValueSlot, to: &dyn ValueSlot) {
        let text = |slot: &dyn ValueSlot, item: usize| {
            let mut text = String::new();
            slot.write(item, &mut text);
            text
        };
        if from.is_single() {
            let said = |slot: &dyn ValueSlot| {
                // An element without text and one with an empty text are the same.
                let text = (slot.count() > 0).then(|| text(slot, 0));
                text.filter(|text| field.kind != FieldKind::Text || !text.is_empty())
            };
            let (from, to) = (said(from), said(to));
            self.at_field(field, |at, what| at.value(what, field.secret, from, to));
            return;
        }
        let all = |slot: &dyn ValueSlot| (0..slot.count()).map(|item| text(slot, item)).collect::<Vec<_>>();
        let (from, to) = (all(from), all(to));
        if from != to {
            self.list_of_values(field, &from, &to);
        }
    }

    fn list_of_values(&mut self, field: &Field, from: &[String], to: &[String]) {
        let name = name_of(field);
        let mut known: SortedMap<&str, VecDeque<usize>> = SortedMap::new();
        for (place, text) in to.iter().enumerate() {
            known.or_default(text).push_back(place);
        }
        let (mut both, mut gone) = (Vec::new(), Vec::new());
        for (place, text) in from.iter().enumerate() {
            match known.get_mut(text.as_str()).and_then(VecDeque::pop_front) {
                Some(other) => both.push((place, other)),
                None => gone.push(place),
            }
        }
        let stays = pairing::longest_rising(&both.iter().map(|(_, other)| *other).collect::<Vec<_>>());
        for place in gone {
            self.at(step_to(&name, None, place), |at| {
                at.push(
                    ChangeKind::Removed,
                    FoundKind::Element,
                    field.secret,
                    from.get(place).cloned(),
                    None,
                );
            });
        }
        let mut new: Vec<usize> = known.into_values().flatten().collect();
        new.sort_unstable();
        for place in new {
            self.at(step_to(&name, None, place), |at| {
                at.push(
                    ChangeKind::Added,
                    FoundKind::Element,
                    field.secret,
                    None,
                    to.get(place).cloned(),
                );
            });
        }
        for (index, (place, other)) in both.into_iter().enumerate() {
            if stays.binary_search(&index).is_err() {
                self.moved(step_to(&name, None, place), place, other);
            }
        }
    }

    fn moved(&mut self, step: Step, from: usize, to: usize) {
        let number = |place: usize| Some((place + 1).to_string());
        self.at(step, |at| {
            at.push(
                ChangeKind::Moved,
                FoundKind::Element,
                false,
                number(from),
                number(to),
            );
        });
    }

    fn scaled(&mut self, field: &Field, from: &dyn ScaledSlot, to: &dyn ScaledSlot) {
        let said = |slot: &dyn ScaledSlot| slot.size().map(|size| size.to_string());
        let (from, to) = (said(from), said(to));
        self.at_field(field, |at, what| at.value(what, field.secret, from, to));
    }

    fn children(&mut self, field: &Field, from: Children<'_>, to: Children<'_>) {
        let name = name_of(field);
        if from.is_single() {
            self.at(Step::Element(name.clone()), |at| {
                match (from.item(0), to.item(0)) {
                    (Some(one), Some(other)) => at.record(one, other),
                    (one, other) => at.appeared(&name, one, other),
                }
            });
            return;
        }
        for pair in pairs(field.name, from, to) {
            match pair {
                Pair::Both {
                    from: one,
                    to: other,
                    moved,
                    key,
                } => {
                    let step = step_to(&name, key.as_ref(), one);
                    if moved {
                        self.moved(step.clone(), one, other);
                    }
                    if let (Some(one), Some(other)) = (from.item(one), to.item(other)) {
                        self.at(step, |at| at.record(one, other));
                    }
                }
                Pair::Removed { from: place, key } => {
                    self.at(step_to(&name, key.as_ref(), place), |at| {
                        at.appeared(&name, from.item(place), None)
                    });
                }
                Pair::Added { to: place, key } => {
                    self.at(step_to(&name, key.as_ref(), place), |at| {
                        at.appeared(&name, None, to.item(place))
                    });
                }
            }
        }
    }

    /// An element that is there only before or only after.
    fn appeared(&mut self, name: &str, from: Option<&dyn Record>, to: Option<&dyn Record>) {
        let text = |record: Option<&dyn Record>| record.map(|record| write_as(record, name, false));
        let kind = match (from, to) {
            (None, None) => return,
            (None, _) => ChangeKind::Added,
            _ => ChangeKind::Removed,
        };
        self.push(kind, FoundKind::Element, false, text(from), text(to));
    }
}
