//! What a simulator has been called: the count that benches compare.

use std::collections::BTreeMap;

/// How many calls of each method there were, those included that failed or were made to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    by_method: BTreeMap<String, u64>,
}

impl Calls {
    pub(super) fn new(by_method: BTreeMap<String, u64>) -> Self {
        Self { by_method }
    }

    /// Of one method, such as `RetrievePropertiesEx`; files are `GET /folder` and `PUT /folder`.
    #[must_use]
    pub fn of(&self, method: &str) -> u64 {
        self.by_method.get(method).copied().unwrap_or_default()
    }

    /// Of all methods together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_method.values().sum()
    }

    /// Each method that was called, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.by_method
            .iter()
            .map(|(method, count)| (method.as_str(), *count))
    }
}
