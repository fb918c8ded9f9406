//! The facts about the vSphere API, as they are collected, turned into types.

use crate::failure::{Failure, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;

/// The root of all data objects, which has nothing that servers send.
pub(super) const ROOT: &str = "DynamicData";

/// The whole API.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) enums: BTreeMap<String, Enum>,
    /// Data objects and faults.
    pub(super) objects: BTreeMap<String, Object>,
    /// The names of the faults among the objects.
    pub(super) faults: Vec<String>,
    pub(super) managed: BTreeMap<String, Managed>,
}

#[derive(Debug)]
pub(super) struct Enum {
    pub(super) since: Option<String>,
    pub(super) values: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) base: Option<String>,
    pub(super) since: Option<String>,
    pub(super) members: Vec<Member>,
}

/// A member of an object, or a parameter of a method.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) of: String,
    pub(super) since: Option<String>,
    /// The managed object that is referred to.
    pub(super) target: Option<String>,
    pub(super) optional: bool,
    pub(super) array: bool,
    pub(super) secret: bool,
}

#[derive(Debug)]
pub(super) struct Managed {
    pub(super) base: Option<String>,
    pub(super) since: Option<String>,
    pub(super) methods: Vec<Method>,
}

#[derive(Debug)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) since: Option<String>,
    pub(super) parameters: Vec<Member>,
    pub(super) returns: Option<Member>,
    pub(super) is_task: bool,
}

impl Schema {
    pub(super) fn parse(value: &Value) -> Outcome<Self> {
        let mut objects = named(value, "objects", parse_object)?;
        let faults = named(value, "faults", parse_object)?;
        let names = faults.keys().cloned().collect();
        objects.extend(faults);
        Ok(Self {
            enums: named(value, "enums", |one| {
                let values = list(one, "values").filter_map(Value::as_str);
                Ok(Enum {
                    since: optional(one, "since"),
                    values: values.map(str::to_owned).collect(),
                })
            })?,
            objects,
            faults: names,
            managed: named(value, "managed", |one| {
                Ok(Managed {
                    base: optional(one, "base"),
                    since: optional(one, "since"),
                    methods: list(one, "methods").map(parse_method).collect::<Outcome<_>>()?,
                })
            })?,
        })
    }

    pub(super) fn object(&self, name: &str) -> Outcome<&Object> {
        let found = self.objects.get(name);
        found.ok_or_else(|| Failure::new(format!("the API has no data object {name}")))
    }

    /// What an object is derived from, unless that is the root.
    pub(super) fn base(&self, name: &str) -> Option<&str> {
        let base = self.objects.get(name)?.base.as_deref()?;
        (base != ROOT).then_some(base)
    }

    /// Whether an object is derived from another.
    pub(super) fn is_derived(&self, name: &str, from: &str) -> bool {
        self.base(name)
            .is_some_and(|base| base == from || self.is_derived(base, from))
    }
}

fn named<T>(value: &Value, key: &str, parse: impl Fn(&Value) -> Outcome<T>) -> Outcome<BTreeMap<String, T>> {
    list(value, key)
        .map(|one| Ok((text(one, "name")?, parse(one)?)))
        .collect()
}

fn parse_object(value: &Value) -> Outcome<Object> {
    Ok(Object {
        base: optional(value, "base"),
        since: optional(value, "since"),
        members: list(value, "props")
            .map(|one| parse_member(one, text(one, "name")?))
            .collect::<Outcome<_>>()?,
    })
}

fn parse_method(value: &Value) -> Outcome<Method> {
    Ok(Method {
        name: text(value, "name")?,
        since: optional(value, "since"),
        parameters: list(value, "params")
            .map(|one| parse_member(one, text(one, "name")?))
            .collect::<Outcome<_>>()?,
        returns: value
            .get("returns")
            .map(|returns| parse_member(returns, "returnval".to_owned()))
            .transpose()?,
        is_task: flag(value, "task"),
    })
}

fn parse_member(value: &Value, name: String) -> Outcome<Member> {
    Ok(Member {
        name,
        of: text(value, "type")?,
        since: optional(value, "since"),
        target: optional(value, "ref"),
        optional: flag(value, "optional"),
        array: flag(value, "array"),
        secret: flag(value, "secret"),
    })
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn optional(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn text(value: &Value, key: &str) -> Outcome<String> {
    optional(value, key).ok_or_else(|| {
        let shown: String = value.to_string().chars().take(200).collect();
        Failure::new(format!("the facts have no {key} that makes sense in {shown}"))
    })
}
