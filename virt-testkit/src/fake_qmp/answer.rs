//! What the fake does about a command.

use std::time::Duration;

use serde_json::Value;

/// What the fake does about a command.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FakeAnswer {
    /// Returns this.
    Return(Value),
    /// Answers with an error of this class and description.
    Error(String, String),
    /// Answers later; commands that come meanwhile are answered first.
    After(Duration, Box<FakeAnswer>),
    /// Sends events (name and data), then answers.
    Events(Vec<(String, Value)>, Box<FakeAnswer>),
    /// Never answers.
    Silence,
    /// Returns this twice.
    Twice(Value),
    /// Sends these bytes instead of an answer.
    Bytes(Vec<u8>),
    /// Returns this, then closes the connection.
    ReturnThenClose(Value),
    /// Closes the connection without an answer.
    Close,
    /// Sends half an answer, then closes the connection.
    CloseInMessage,
}

impl FakeAnswer {
    /// An empty object: what commands without result return.
    #[must_use]
    pub fn done() -> Self {
        Self::Return(Value::Object(serde_json::Map::new()))
    }

    /// An error of class `GenericError`.
    #[must_use]
    pub fn error(desc: impl Into<String>) -> Self {
        Self::Error("GenericError".to_owned(), desc.into())
    }

    /// The same answer, later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }

    /// The same answer, after an event.
    #[must_use]
    pub fn with_event(self, name: &str, data: Value) -> Self {
        Self::Events(vec![(name.to_owned(), data)], Box::new(self))
    }
}
