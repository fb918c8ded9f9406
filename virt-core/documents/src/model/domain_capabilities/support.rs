//! Whether something can be had, and with which values.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// Whether something can be had, and the values attributes of it can have.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Support {
    /// Whether it can be had.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// The values.
    #[xml(child = "enum")]
    pub enums: Vec<SupportedValues>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<enum>`: the values an attribute or element can have.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SupportedValues {
    /// libvirt's name of it, near that of the attribute: `bus`, `diskDevice`, `modelType`.
    #[xml(attr)]
    pub name: Option<String>,
    /// The values.
    #[xml(leaf = "value")]
    pub values: Vec<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Support {
    /// Whether it can be had at all.
    pub fn is_supported(&self) -> bool {
        self.supported.is_some_and(YesNo::is_set)
    }

    /// The values of that name, as `bus`; empty when none is known.
    pub fn values(&self, name: &str) -> &[String] {
        values(&self.enums, name)
    }

    /// The values of that name in their type: `disk.values_as::<DiskBus>("bus")`.
    pub fn values_as<T: for<'a> From<&'a str>>(&self, name: &str) -> Vec<T> {
        self.values(name).iter().map(|value| T::from(value)).collect()
    }

    /// Whether it can be had with that value.
    pub fn allows(&self, name: &str, value: &str) -> bool {
        self.is_supported() && self.values(name).iter().any(|one| one == value)
    }
}

pub(super) fn values<'a>(enums: &'a [SupportedValues], name: &str) -> &'a [String] {
    enums
        .iter()
        .find(|one| one.name.as_deref() == Some(name))
        .map(|one| one.values.as_slice())
        .unwrap_or_default()
}
