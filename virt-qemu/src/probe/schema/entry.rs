//! One entry of the interface's description, in the form in which QEMU gives it and we keep it.

use serde::{Deserialize, Deserializer, Serialize};

type Name = Box<str>;

/// An entry with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Command {
        arguments: Name,
        result: Name,
        features: Vec<Name>,
    },
    Event {
        data: Name,
        features: Vec<Name>,
    },
    Object {
        members: Vec<Member>,
        variants: Vec<Variant>,
        features: Vec<Name>,
    },
    Enumeration {
        values: Vec<Member>,
    },
    Array {
        element: Name,
    },
    Alternate {
        types: Vec<Name>,
    },
    Builtin {
        json_type: Name,
    },
    /// Of a kind that is not known here; kept as nothing.
    Unknown,
}

/// A member of an object, or a value of an enumeration (then without type).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Member {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) name: Name,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    pub(super) kind: Name,
    /// QEMU tells that a member is optional by giving it a default, of whatever value.
    #[serde(
        rename = "default",
        deserialize_with = "is_there",
        skip_serializing_if = "is_false"
    )]
    pub(super) optional: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) features: Vec<Name>,
}

/// A variant of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Variant {
    pub(super) case: Name,
    #[serde(rename = "type")]
    pub(super) kind: Name,
}

/// All members that an entry of any kind may have.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Wire {
    name: Name,
    meta_type: Name,
    #[serde(skip_serializing_if = "str::is_empty")]
    arg_type: Name,
    #[serde(skip_serializing_if = "str::is_empty")]
    ret_type: Name,
    #[serde(skip_serializing_if = "str::is_empty")]
    element_type: Name,
    #[serde(skip_serializing_if = "str::is_empty")]
    json_type: Name,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<Member>,
    /// The values of an enumeration as QEMU gave them before it gave members, and still gives them beside.
    #[serde(skip_serializing)]
    values: Vec<Name>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Variant>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    features: Vec<Name>,
}

impl From<Wire> for Entry {
    fn from(wire: Wire) -> Self {
        let kind = match &*wire.meta_type {
            "command" => Kind::Command {
                arguments: wire.arg_type,
                result: wire.ret_type,
                features: wire.features,
            },
            "event" => Kind::Event {
                data: wire.arg_type,
                features: wire.features,
            },
            "object" => Kind::Object {
                members: wire.members,
                variants: wire.variants,
                features: wire.features,
            },
            "enum" if wire.members.is_empty() => {
                let value = |name| Member {
                    name,
                    ..Member::default()
                };
                Kind::Enumeration {
                    values: wire.values.into_iter().map(value).collect(),
                }
            }
            "enum" => Kind::Enumeration { values: wire.members },
            "array" => Kind::Array {
                element: wire.element_type,
            },
            "alternate" => Kind::Alternate {
                types: wire.members.into_iter().map(|member| member.kind).collect(),
            },
            "builtin" => Kind::Builtin {
                json_type: wire.json_type,
            },
            _ => Kind::Unknown,
        };
        Self {
            name: wire.name,
            kind,
        }
    }
}

impl From<Entry> for Wire {
    fn from(entry: Entry) -> Self {
        let wire = Self {
            name: entry.name,
            ..Self::default()
        };
        match entry.kind {
            Kind::Command {
                arguments,
                result,
                features,
            } => Self {
                meta_type: "command".into(),
                arg_type: arguments,
                ret_type: result,
                features,
                ..wire
            },
            Kind::Event { data, features } => Self {
                meta_type: "event".into(),
                arg_type: data,
                features,
                ..wire
            },
            Kind::Object {
                members,
                variants,
                features,
            } => Self {
                meta_type: "object".into(),
                members,
                variants,
                features,
                ..wire
            },
            Kind::Enumeration { values } => Self {
                meta_type: "enum".into(),
                members: values,
                ..wire
            },
            Kind::Array { element } => Self {
                meta_type: "array".into(),
                element_type: element,
                ..wire
            },
            Kind::Alternate { types } => {
                let member = |kind| Member {
                    kind,
                    ..Member::default()
                };
                Self {
                    meta_type: "alternate".into(),
                    members: types.into_iter().map(member).collect(),
                    ..wire
                }
            }
            Kind::Builtin { json_type } => Self {
                meta_type: "builtin".into(),
                json_type,
                ..wire
            },
            Kind::Unknown => wire,
        }
    }
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}
