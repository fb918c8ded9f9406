//! The settings a domain makes, in order.

use virt_core::Result;

use super::kept::Kept;
use super::problem::invalid;
use crate::config_file::{Syntax, Value, XenConfig};

/// Settings, each key once.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    settings: Vec<(String, Value)>,
}

impl Made {
    pub(super) fn add(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.settings.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => *known = value,
            None => self.settings.push((key.to_owned(), value)),
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
        let mut settings = self.settings.iter();
        settings.find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.settings.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// With what is kept, as far as elements still make what it stands in the place of.
    pub(super) fn with(mut self, kept: &Kept) -> Result<Self> {
        for setting in &kept.settings {
            let now = self.get(&setting.key).map(ToString::to_string);
            if now != setting.instead_of {
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
                None => self.settings.retain(|(key, _)| *key != setting.key),
            }
        }
        self.with_entries(kept);
        Ok(self)
    }

    fn with_entries(&mut self, kept: &Kept) {
        let mut done: Vec<(String, usize)> = Vec::new();
        for entry in &kept.entries {
            let mut list = match self.get(&entry.key) {
                Some(Value::List(list)) => list.clone(),
                Some(_) => continue,
                None => Vec::new(),
            };
            let new = Value::Text(entry.text.clone());
            match &entry.instead_of {
                None => list.push(new),
                Some(made) => {
                    let is_free =
                        |place: usize| !done.iter().any(|(key, used)| *key == entry.key && *used == place);
                    let mut found = list.iter_mut().enumerate();
                    let found = found.find(|(place, one)| one.as_text() == Some(made) && is_free(*place));
                    let Some((place, found)) = found else { continue };
                    *found = new;
                    done.push((entry.key.clone(), place));
                }
            }
            self.add(&entry.key, Value::List(list));
        }
    }

    /// As a file.
    pub(super) fn into_config(self, syntax: Syntax) -> Result<XenConfig> {
        let mut config = XenConfig::new(syntax);
        for (key, value) in self.settings {
            config.push(&key, value)?;
        }
        Ok(config)
    }
}
