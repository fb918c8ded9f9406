//! Settings of a file, as libvirt takes them.

use std::collections::BTreeMap;

use virt_core::{Error, Result};

use super::super::options::{FromConfig, Reading};
use super::super::problem::wrong_key;
use crate::config_file::{Syntax, Value, XenConfig};

/// A file, and by whose rules it is read.
pub(super) struct Source<'c> {
    syntax: Syntax,
    values: BTreeMap<&'c str, Value>,
    pub(super) options: &'c FromConfig,
}

impl<'c> Source<'c> {
    pub(super) fn new(config: &'c XenConfig, options: &'c FromConfig) -> Self {
        Self {
            syntax: config.syntax(),
            values: config.values(),
            options,
        }
    }

    pub(super) fn syntax(&self) -> Syntax {
        self.syntax
    }

    pub(super) fn is_complete(&self) -> bool {
        self.options.reading == Reading::Complete
    }

    /// What fails in libvirt, and is kept by a complete reading.
    pub(super) fn lenient<T>(&self, error: Error) -> Result<Option<T>> {
        match self.is_complete() {
            true => Ok(None),
            false => Err(error),
        }
    }

    /// The value, if it is there.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        self.values.get(key).cloned()
    }

    /// A string.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            // It may be a password somebody wrote without quotes: it is not said.
            Some(_) => self.lenient(wrong_key(key, "its value is no string: put it in quotes")),
        }
    }

    /// Yes and no, which are numbers, or a string that is `1` or is not.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(number != 0)),
            Some(Value::Text(text)) => Ok(Some(text == "1")),
            Some(other) => self.lenient(wrong_key(key, format!("{other} is neither 0 nor 1"))),
        }
    }

    /// A number that is not negative.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.as_integer().filter(|number| *number >= 0) {
            Some(number) => Ok(Some(number)),
            None => self.lenient(wrong_key(key, format!("{value} is no number"))),
        }
    }

    /// The strings of a list; what is no list, and what is no string in it, is passed over.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        match self.value(key) {
            Some(Value::List(values)) => {
                let texts = values.into_iter().filter_map(|value| match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                });
                texts.collect()
            }
            _ => Vec::new(),
        }
    }
}
