//! A QEMU's QMP interface, as `query-qmp-schema` describes it.

mod entry;
mod query;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use entry::{Entry, Kind};
pub use query::BadQuery;

/// A QEMU's QMP interface, to be asked by paths.
///
/// A path begins with the name of a command or event; each further step, after a `/`, goes on from there:
///
/// | step | means |
/// | --- | --- |
/// | `arg-type`, `ret-type` | the arguments, or the result, of the command; the data of the event |
/// | `NAME` | the member of that name; through lists as if they were not there |
/// | `*NAME` | the member of that name, which must be optional |
/// | `+NAME` | the variant for that value of the discriminator |
/// | `^NAME` | ends the path: the enumeration has that value |
/// | `!NAME` | ends the path: it is of that JSON type: `string`, `int`, `number`, `boolean`, `null`, `object`, `array` |
/// | `$NAME` | ends the path: what the path led to has that feature |
///
/// Where one of several types may stand, it is enough that one of them fits. So
/// `blockdev-add/arg-type/+file/$dynamic-auto-read-only`, `query-status/ret-type/status/^debug`, `device_add/$json-cli`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Schema {
    entries: BTreeMap<Box<str>, Kind>,
}

impl Schema {
    /// The interface made of these entries; what is not understood is left out.
    #[must_use]
    pub fn from_entries(entries: Vec<Value>) -> Self {
        let understood: Vec<Entry> = entries
            .into_iter()
            .filter_map(|entry| serde_json::from_value(entry).ok())
            .collect();
        Self::from(understood)
    }

    /// Whether the path leads somewhere. A path that is malformed leads nowhere.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.check(path).unwrap_or(false)
    }

    /// Whether the path leads somewhere.
    ///
    /// # Errors
    /// [`BadQuery`] when the path itself makes no sense.
    pub fn check(&self, path: &str) -> Result<bool, BadQuery> {
        query::check(self, path)
    }

    /// The names of the commands.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(|(_, kind)| matches!(kind, Kind::Command { .. }))
            .map(|(name, _)| &**name)
    }

    /// The names of the events.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(|(_, kind)| matches!(kind, Kind::Event { .. }))
            .map(|(name, _)| &**name)
    }

    /// Whether nothing is known of the interface.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn entry(&self, name: &str) -> Option<&Kind> {
        self.entries.get(name)
    }
}

impl From<Vec<Entry>> for Schema {
    fn from(entries: Vec<Entry>) -> Self {
        Self {
            entries: entries
                .into_iter()
                .map(|entry| (entry.name, entry.kind))
                .collect(),
        }
    }
}

impl From<Schema> for Vec<Entry> {
    fn from(schema: Schema) -> Self {
        schema
            .entries
            .into_iter()
            .map(|(name, kind)| Entry { name, kind })
            .collect()
    }
}
