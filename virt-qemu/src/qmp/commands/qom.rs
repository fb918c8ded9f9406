//! The object tree.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `qom-list`: the properties of an object.
#[derive(Debug, Clone, Serialize)]
pub struct QomList {
    /// Its path.
    pub path: String,
}

/// A property of an object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ObjectProperty {
    /// Its name.
    pub name: String,
    /// Its type, as text: `bool`, `child<…>`, `link<…>`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// `qom-get`: the value of a property.
#[derive(Debug, Clone, Serialize)]
pub struct QomGet {
    /// The object's path.
    pub path: String,
    /// The property.
    pub property: String,
}

/// `qom-set`: sets a property.
#[derive(Clone, Serialize)]
pub struct QomSet {
    /// The object's path.
    pub path: String,
    /// The property.
    pub property: String,
    /// The value.
    pub value: Value,
}

impl std::fmt::Debug for QomSet {
    /// Hides the value: it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QomSet")
            .field("path", &self.path)
            .field("property", &self.property)
            .finish_non_exhaustive()
    }
}

commands! {
    QomList: "qom-list" => Vec<ObjectProperty>;
    QomGet: "qom-get" => Value;
    QomSet: "qom-set" => Nothing;
}
