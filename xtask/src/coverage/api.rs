//! libvirt's public functions.

use crate::failure::{Failure, Outcome};
use serde_json::Value;

/// A function of libvirt.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    /// What it is about: `domain`, `network`, …
    pub(super) object: String,
    /// The procedures that carry it out, by libvirt's names: any of them does, depending on the daemon.
    pub(super) procedures: Vec<String>,
}

impl Function {
    /// All of them, as the facts have them.
    pub(super) fn all(facts: &Value) -> Outcome<Vec<Self>> {
        let unreadable = || Failure::new("public_api.json does not list libvirt's functions");
        let list = facts
            .get("apis")
            .and_then(Value::as_array)
            .ok_or_else(unreadable)?;
        list.iter()
            .map(|api| Self::read(api).ok_or_else(unreadable))
            .collect()
    }

    fn read(api: &Value) -> Option<Self> {
        let text = |key: &str| api.get(key)?.as_str().map(str::to_owned);
        let procedures = api.get("rpc")?.as_array()?.iter();
        Some(Self {
            name: text("name")?,
            object: text("object")?,
            procedures: procedures
                .map(|procedure| procedure.get("name")?.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        })
    }
}
