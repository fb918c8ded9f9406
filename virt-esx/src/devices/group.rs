//! Lines, device by device.

use std::collections::BTreeMap;
use std::fmt;

use super::slot::Slot;
use crate::vmx::convert::Lines;
use crate::vmx::document::{shown, unescape};

/// The lines of one device, without its name, or those of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    values: BTreeMap<String, Line>,
}

/// A line as it is written, and its value as it is meant.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    key: String,
    value: String,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}", self.key, shown(&self.key, &self.value))
    }
}

impl Group {
    fn add(&mut self, name: &str, key: &str, written: &str) {
        let value = unescape(written).unwrap_or_else(|written| written);
        let key = key.to_owned();
        self.values.insert(name.to_ascii_lowercase(), Line { key, value });
    }

    /// A value, by the name that its key has within the device.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let line = self.values.get(&name.to_ascii_lowercase())?;
        Some(line.value.as_str())
    }

    /// A value with something in it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let value = self.get(name)?;
        match (
            value.eq_ignore_ascii_case("true"),
            value.eq_ignore_ascii_case("false"),
        ) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    pub(super) fn is(&self, name: &str, word: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    /// Names in small letters, keys as they are written, and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let lines = self.values.iter();
        lines.map(|(name, line)| (name.as_str(), line.key.as_str(), line.value.as_str()))
    }

    /// Whether these say the same, where case does not count in yes and no, and in addresses.
    pub(super) fn says(&self, name: &str, value: &str) -> bool {
        let is_loose =
            name.ends_with("address") || ["true", "false"].contains(&value.to_ascii_lowercase().as_str());
        match self.get(name) {
            Some(own) if is_loose => own.eq_ignore_ascii_case(value),
            own => own == Some(value),
        }
    }

    /// Whether both say the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.iter().all(|(name, _, value)| other.says(name, value))
    }
}

/// All lines of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    /// The devices that are there.
    pub(super) devices: BTreeMap<Slot, Group>,
    /// Everything else.
    pub(super) settings: Group,
}

impl Groups {
    pub(super) fn of(lines: &Lines) -> Self {
        let mut groups = Self::default();
        for (key, value) in lines.iter() {
            match Slot::of_key(key) {
                Some((slot, name)) => groups.devices.entry(slot).or_default().add(name, key, value),
                None => groups.settings.add(key, key, value),
            }
        }
        groups.devices.retain(|slot, group| match slot {
            // It is always there.
            Slot::Video => true,
            Slot::Usb => group.flag("present") == Some(true) || group.flag("ehci.present") == Some(true),
            _ => group.flag("present") == Some(true),
        });
        groups
    }
}
