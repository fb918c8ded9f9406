//! A QEMU's QMP interface, as `query-qmp-schema` describes it.

mod entry;
mod query;

use std::collections::BTreeMap;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

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
///
/// Serde reads it from the reply of `query-qmp-schema`, leaving out entries that are not understood, and writes it in
/// the same form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(into = "Vec<Entry>")]
pub struct Schema {
    entries: BTreeMap<Box<str>, Kind>,
}

impl Schema {
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

    /// Whether there is a command of this name.
    #[must_use]
    pub fn has_command(&self, name: &str) -> bool {
        matches!(self.entry(name), Some(Kind::Command { .. }))
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

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Schema;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the entries of a QMP schema")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Schema, A::Error> {
                let mut schema = Schema::default();
                while let Some(text) = sequence.next_element::<Box<RawValue>>()? {
                    if let Ok(Entry { name, kind }) = serde_json::from_str(text.get()) {
                        schema.entries.insert(name, kind);
                    }
                }
                Ok(schema)
            }
        }

        deserializer.deserialize_seq(Entries)
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
