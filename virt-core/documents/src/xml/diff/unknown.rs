//! What records did not understand, compared.

use super::super::blank::is_blank;
use super::super::compare::shells;
use super::super::record::Record;
use super::super::rest::content;
use super::super::tree::{Attribute, Element, Node};
use super::super::walk::FoundKind;
use super::{ChangeKind, Comparing, Step, name_of, step_to};
use crate::sorted::SortedMap;

impl Comparing {
    /// What two records did not understand, when it is not equal.
    pub(super) fn rest(&mut self, from: &dyn Record, to: &dyn Record) {
        let (one, other) = (from.rest(), to.rest());
        self.attributes(one.attributes(), other.attributes());
        let (from_nodes, to_nodes): (Vec<&Node>, Vec<&Node>) =
            (one.content().collect(), other.content().collect());
        self.nodes(&from_nodes, &to_nodes);
        self.shells(from, to);
    }

    fn attributes(&mut self, from: &[Attribute], to: &[Attribute]) {
        let said = |attribute: &&Attribute| !attribute.name.declares_namespace();
        for old in from.iter().filter(said) {
            let new = to.iter().find(|new| new.name == old.name);
            self.at(Step::Attribute(old.name.to_string()), |at| {
                let value = |attribute: &Attribute| attribute.value.to_string();
                at.value(FoundKind::Attribute, false, Some(value(old)), new.map(value));
            });
        }
        for new in to.iter().filter(said) {
            if !from.iter().any(|old| old.name == new.name) {
                self.at(Step::Attribute(new.name.to_string()), |at| {
                    at.value(FoundKind::Attribute, false, None, Some(new.value.to_string()));
                });
            }
        }
    }

    fn nodes(&mut self, from: &[&Node], to: &[&Node]) {
        if from == to {
            return;
        }
        let text = |nodes: &[&Node]| {
            let all: String = nodes.iter().filter_map(|node| node.as_text()).collect();
            Some(all).filter(|text| !is_blank(text))
        };
        self.value(FoundKind::Text, false, text(from), text(to));
        let (mut old, mut new) = (by_name(from), by_name(to));
        let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
        names.sort();
        names.dedup();
        for name in names {
            let (old, new) = (
                old.remove(&name).unwrap_or_default(),
                new.remove(&name).unwrap_or_default(),
            );
            self.elements(&old, &new);
        }
    }

    /// Elements of one name: the equal ones at both ends belong together, the others by position.
    fn elements(&mut self, from: &[&Element], to: &[&Element]) {
        let head = from
            .iter()
            .zip(to)
            .take_while(|(one, other)| one == other)
            .count();
        let left = from.len().min(to.len()) - head;
        let (from_ends, to_ends) = (from.iter().rev(), to.iter().rev());
        let tail = from_ends
            .zip(to_ends)
            .take(left)
            .take_while(|(one, other)| one == other)
            .count();
        let middle = |list: usize| head..list - tail;
        let mut places = (middle(from.len()), middle(to.len()));
        loop {
            let (one, other) = (places.0.next(), places.1.next());
            let Some(place) = one.or(other) else { return };
            let (one, other) = (
                one.and_then(|place| from.get(place)),
                other.and_then(|place| to.get(place)),
            );
            let Some(element) = one.or(other) else { return };
            let name = element.name.to_string();
            self.at(step_to(&name, None, place), |at| match (one, other) {
                (Some(one), Some(other)) => at.element(one, other),
                (Some(one), None) => {
                    at.push(
                        ChangeKind::Removed,
                        FoundKind::Element,
                        false,
                        Some(one.to_string()),
                        None,
                    );
                }
                (_, Some(other)) => {
                    at.push(
                        ChangeKind::Added,
                        FoundKind::Element,
                        false,
                        None,
                        Some(other.to_string()),
                    );
                }
                (None, None) => {}
            });
        }
    }

    fn element(&mut self, from: &Element, to: &Element) {
        if from == to {
            return;
        }
        let before = self.changes.len();
        self.attributes(&from.attributes, &to.attributes);
        let children = |element: &'_ Element| -> Vec<Node> { element.children.clone() };
        let (old, new) = (children(from), children(to));
        self.nodes(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>());
        if self.changes.len() == before {
            // Order of attributes, comments and the like, which count where nothing is understood.
            let (from, to) = (from.to_string(), to.to_string());
            self.push(
                ChangeKind::Changed,
                FoundKind::Element,
                false,
                Some(from),
                Some(to),
            );
        }
    }

    /// What stood in text-only children beside their text.
    fn shells(&mut self, from: &dyn Record, to: &dyn Record) {
        let (old, new) = (shells(from), shells(to));
        let place = |(field, index, _): &(u16, u32, &Element)| (*field, *index);
        let mut places: Vec<(u16, u32)> = old.iter().chain(&new).map(place).collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            let Some(field) = from.spec().fields.get(usize::from(at.0)) else {
                continue;
            };
            let empty = Element::new("");
            let of = |known: &'_ [(u16, u32, &'_ Element)]| {
                known
                    .iter()
                    .find(|shell| place(shell) == at)
                    .map(|(_, _, element)| (*element).clone())
            };
            let (one, other) = (of(&old).unwrap_or(empty.clone()), of(&new).unwrap_or(empty));
            self.at(Step::Element(name_of(field)), |at| {
                at.attributes(&one.attributes, &other.attributes);
                let (one, other): (Vec<&Node>, Vec<&Node>) = (
                    content(&one.children).collect(),
                    content(&other.children).collect(),
                );
                at.nodes(&one, &other);
            });
        }
    }
}

fn by_name<'n>(nodes: &[&'n Node]) -> SortedMap<String, Vec<&'n Element>> {
    let mut found: SortedMap<String, Vec<&Element>> = SortedMap::new();
    for element in nodes.iter().filter_map(|node| node.as_element()) {
        let name = &element.name;
        let key = match name.namespace() {
            Some(uri) => format!("{{{uri}}}{}", name.local()),
            None => name.as_written().to_owned(),
        };
        found.or_default(key).push(element);
    }
    found
}
