//! The settings a domain makes, in order.

use std::collections::{BTreeMap, VecDeque};

use virt_core::Result;

use super::kept::{Kept, ListEntry};
use super::problem::invalid;
use crate::config_file::{Syntax, Value, XenConfig};

/// Whether a value that is written so is this word.
fn says(value: &str, word: &str) -> bool {
    value
        .parse()
        .is_ok_and(|value: Value| value.as_text() == Some(word))
}

/// Settings, each key once.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    settings: Vec<Option<(String, Value)>>,
    places: BTreeMap<String, usize>,
}

impl Made {
    pub(super) fn add(&mut self, key: &str, value: impl Into<Value>) {
        let new = Some((key.to_owned(), value.into()));
        let place = *self.places.entry(key.to_owned()).or_insert(self.settings.len());
        match self.settings.get_mut(place) {
            Some(known) => *known = new,
            None => self.settings.push(new),
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(place) = self.places.remove(key)
            && let Some(known) = self.settings.get_mut(place)
        {
            *known = None;
        }
    }

    /// Adds it if it is there.
    pub(super) fn add_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.add(key, text);
        }
    }

    /// Adds a list unless it is empty.
    pub(super) fn add_list(&mut self, key: &str, texts: Vec<String>) {
        if !texts.is_empty() {
            self.add(key, Value::texts(texts));
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let found = self.settings.get(*self.places.get(key)?)?.as_ref();
        found.map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let settings = self.settings.iter().flatten();
        settings.map(|(key, value)| (key.as_str(), value))
    }

    /// With what is kept, as far as elements still make what it stands in the place of.
    pub(super) fn with(mut self, kept: &Kept) -> Result<Self> {
        let kind = self.kind();
        for setting in &kept.settings {
            let now = self.get(&setting.key).map(ToString::to_string);
            if now != setting.instead_of {
                continue;
            }
            if setting.key == "type" && setting.value.as_deref().is_some_and(|value| !says(value, kind)) {
                // The guest has become one of another kind.
                continue;
            }
            match &setting.value {
                Some(text) => {
                    let bad = |error| {
                        invalid(
                            "/domain/metadata/config/setting",
                            format!("{text} is no value of {}", setting.key),
                        )
                        .with_source(error)
                    };
                    let value: Value = text.parse().map_err(bad)?;
                    self.add(&setting.key, value);
                }
                None => self.remove(&setting.key),
            }
        }
        self.with_entries(kept);
        Ok(self)
    }

    /// What `type` would say of the guest.
    fn kind(&self) -> &'static str {
        match (self.get("type"), self.get("builder")) {
            (Some(_), _) => "pvh",
            (None, Some(_)) => "hvm",
            (None, None) => "pv",
        }
    }

    fn with_entries(&mut self, kept: &Kept) {
        let mut lists: BTreeMap<&str, Vec<&ListEntry>> = BTreeMap::new();
        for entry in &kept.entries {
            lists.entry(&entry.key).or_default().push(entry);
        }
        for (key, entries) in lists {
            let mut list = match self.get(key) {
                Some(Value::List(list)) => list.clone(),
                Some(_) => continue,
                None => Vec::new(),
            };
            // Where each string stands that a device made; the first one first.
            let mut made: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
            for (place, value) in list.iter().enumerate() {
                if let Some(text) = value.as_text() {
                    made.entry(text.to_owned()).or_default().push_back(place);
                }
            }
            for entry in entries {
                let new = Value::Text(entry.text.clone());
                match &entry.instead_of {
                    None => list.push(new),
                    Some(text) => {
                        let place = made.get_mut(text).and_then(VecDeque::pop_front);
                        if let Some(old) = place.and_then(|place| list.get_mut(place)) {
                            *old = new;
                        }
                    }
                }
            }
            if !list.is_empty() {
                self.add(key, Value::List(list));
            }
        }
    }

    /// As a file.
    pub(super) fn into_config(self, syntax: Syntax) -> Result<XenConfig> {
        let mut config = XenConfig::new(syntax);
        for (key, value) in self.settings.into_iter().flatten() {
            config.push(&key, value)?;
        }
        Ok(config)
    }
}
