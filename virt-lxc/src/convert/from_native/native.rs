//! The entries of a configuration, taken one by one; what nobody takes is kept.

use virt_core::Result;

use super::super::options::{FromNative, Reading};
use super::super::problem::wrong_key;
use super::super::settings::Setting;
use super::super::to_native::defaults;
use crate::cgroup::{Controller, Hierarchy};
use crate::config::ContainerConfig;

/// The entries of a configuration.
pub(super) struct Native {
    entries: Vec<Item>,
    reading: Reading,
    layout: Option<crate::cgroup::CgroupLayout>,
}

struct Item {
    setting: Setting,
    taken: bool,
}

/// What is left of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Something,
    Nothing,
}

impl Native {
    pub(super) fn new(config: &ContainerConfig, options: &FromNative) -> Result<Self> {
        let settings: Vec<Setting> = match options.reading {
            Reading::Libvirt => {
                check_names(config)?;
                let entries = config.entries();
                entries
                    .map(|entry| Setting::new(entry.key, entry.value))
                    .collect()
            }
            Reading::Complete => complete(config),
        };
        let item = |setting| Item {
            setting,
            taken: false,
        };
        Ok(Self {
            entries: settings.into_iter().map(item).collect(),
            reading: options.reading,
            layout: options.layout.clone(),
        })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.reading == Reading::Complete
    }

    /// The hierarchy whose setting counts, of a controller with settings in both.
    pub(super) fn preferred(&self, controller: Controller) -> Hierarchy {
        let layout = self.layout.as_ref();
        layout
            .and_then(|layout| layout.hierarchy(controller))
            .unwrap_or(Hierarchy::V2)
    }

    /// The value of a key that counts, which stays: the first for libvirt, the last for liblxc.
    pub(super) fn peek(&self, key: &str) -> Option<&str> {
        let mut values = self
            .entries
            .iter()
            .filter(|item| !item.taken && item.setting.key == key)
            .map(|item| item.setting.value.as_str());
        match self.reading {
            Reading::Libvirt => values.next(),
            Reading::Complete => values.next_back().filter(|value| !value.is_empty()),
        }
    }

    /// The value of a key that counts, taken.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        let value = self.peek(key)?.to_owned();
        for item in self.entries.iter_mut().filter(|item| item.setting.key == key) {
            item.taken = true;
        }
        Some(value)
    }

    /// The value of a key that counts, or else that of its old name, taken.
    pub(super) fn take_either(&mut self, key: &str, old: &str) -> Option<String> {
        self.take(key).or_else(|| self.take(old))
    }

    /// The value of a key, taken if something can be made of it.
    pub(super) fn take_as<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let made = self.peek(key).and_then(read)?;
        self.take(key);
        Some(made)
    }

    /// Takes every entry something can be made of, in order.
    pub(super) fn take_where<T>(&mut self, mut read: impl FnMut(&str, &str) -> Option<T>) -> Vec<T> {
        let entries = self.entries.iter_mut().filter(|item| !item.taken);
        entries
            .filter_map(|item| {
                let made = read(&item.setting.key, &item.setting.value)?;
                item.taken = true;
                Some(made)
            })
            .collect()
    }

    /// The entries in order, taken or not.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.entries.iter().map(|item| &item.setting);
        settings.map(|setting| (setting.key.as_str(), setting.value.as_str()))
    }

    /// Changes entries that are kept; those of which nothing is left are taken.
    pub(super) fn change(&mut self, mut change: impl FnMut(&mut Setting) -> Left) {
        for item in self.entries.iter_mut().filter(|item| !item.taken) {
            item.taken = change(&mut item.setting) == Left::Nothing;
        }
    }

    /// Takes what the conversion back writes by itself.
    pub(super) fn take_defaults(&mut self) {
        for group in defaults::groups() {
            let keys: Vec<&str> = group.iter().map(|setting| setting.key.as_str()).collect();
            let places: Vec<usize> = (0..self.entries.len())
                .filter(|place| {
                    let item = self.entries.get(*place);
                    item.is_some_and(|item| !item.taken && keys.contains(&item.setting.key.as_str()))
                })
                .collect();
            let is_same = places.len() >= group.len()
                && places.iter().zip(&group).all(|(place, setting)| {
                    let item = self.entries.get(*place);
                    item.is_some_and(|item| item.setting == *setting)
                });
            if is_same {
                for place in places.into_iter().take(group.len()) {
                    if let Some(item) = self.entries.get_mut(place) {
                        item.taken = true;
                    }
                }
            }
        }
    }

    /// What nobody took, in order.
    pub(super) fn rest(self) -> Vec<Setting> {
        let left = self.entries.into_iter().filter(|item| !item.taken);
        left.map(|item| item.setting).collect()
    }
}

/// The entries that count, under their new names. What takes back what an included file says is one of them.
fn complete(config: &ContainerConfig) -> Vec<Setting> {
    let modern = config.modernized();
    let effective = modern.effective();
    let has_includes = !modern.includes().is_empty();
    let counts = |entry: &crate::config::Entry<'_>| {
        effective.iter().any(|one| one.line == entry.line) || (has_includes && entry.value.is_empty())
    };
    let entries = modern.entries().filter(counts);
    entries
        .map(|entry| Setting::new(entry.key, entry.value))
        .collect()
}

/// libvirt's parser of configurations takes letters, digits, `_` and `.` for a name.
fn check_names(config: &ContainerConfig) -> Result<()> {
    let is_name = |key: &str| {
        key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '.')
            && key
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || one == '_' || one == '.')
    };
    match config.entries().find(|entry| !is_name(entry.key)) {
        Some(entry) => {
            let text = format!(
                "line {} is no assignment for libvirt: a complete reading takes it",
                entry.line
            );
            Err(wrong_key(entry.key, text))
        }
        None => Ok(()),
    }
}
