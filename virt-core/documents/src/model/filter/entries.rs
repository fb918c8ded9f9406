//! Rules and references in their common order.

use super::config::FilterConfig;
use super::rule::Rule;
use crate::model::domain::devices::FilterRef;
use crate::xml::{Record, children_in_order, set_children_order};

/// A rule, or another filter that counts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FilterEntry {
    /// A rule.
    Rule(Box<Rule>),
    /// Another filter.
    Filter(FilterRef),
}

impl From<Rule> for FilterEntry {
    fn from(rule: Rule) -> Self {
        Self::Rule(Box::new(rule))
    }
}

impl From<FilterRef> for FilterEntry {
    fn from(filter: FilterRef) -> Self {
        Self::Filter(filter)
    }
}

impl FilterConfig {
    /// The rules and references in the order of the document.
    pub fn entries(&self) -> Vec<FilterEntry> {
        let (references, rules) = self.rows();
        let entry = |(row, item): (usize, usize)| match row {
            _ if row == references => self.filterrefs.get(item).cloned().map(FilterEntry::Filter),
            _ if row == rules => self.rules.get(item).cloned().map(FilterEntry::from),
            _ => None,
        };
        children_in_order(self).into_iter().filter_map(entry).collect()
    }

    /// Puts a rule or reference behind those that are there.
    pub fn push(&mut self, entry: impl Into<FilterEntry>) {
        let mut order = children_in_order(self);
        let (references, rules) = self.rows();
        match entry.into() {
            FilterEntry::Filter(filter) => {
                order.push((references, self.filterrefs.len()));
                self.filterrefs.push(filter);
            }
            FilterEntry::Rule(rule) => {
                order.push((rules, self.rules.len()));
                self.rules.push(*rule);
            }
        }
        set_children_order(self, &order);
    }

    /// The rows of references and rules in the table.
    fn rows(&self) -> (usize, usize) {
        let fields = self.spec().fields;
        let row = |name: &str| {
            fields
                .iter()
                .position(|field| field.name == name)
                .unwrap_or(usize::MAX)
        };
        (row("filterref"), row("rule"))
    }
}
