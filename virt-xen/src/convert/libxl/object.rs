//! An object of libxl's JSON.

use serde_json::{Map, Value};

/// An object that is filled key by key.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets it if it is there.
    pub(super) fn set_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.set(key, text);
        }
    }

    /// Sets a number unless it is zero, which is not told.
    pub(super) fn set_number(&mut self, key: &str, number: u64) {
        if number != 0 {
            self.set(key, number);
        }
    }

    /// A yes or no, one of which is usual.
    pub(super) fn flag(&mut self, key: &str, is: bool) {
        self.set(key, if is { "True" } else { "False" });
    }

    /// A list unless it is empty.
    pub(super) fn set_list<V: Into<Value>>(&mut self, key: &str, values: Vec<V>) {
        if !values.is_empty() {
            self.set(key, values.into_iter().map(Into::into).collect::<Vec<Value>>());
        }
    }

    /// What was set, to look at again.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}
