//! JSON arguments of `-device`, `-blockdev`, `-netdev` and `-object`: objects that keep the order they were built in.

use std::fmt;

use super::option_text::OptionText;

/// An ordered JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    members: Vec<(String, Value)>,
}

/// A value in [`Properties`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Text.
    Text(String),
    /// A number that is not negative.
    Unsigned(u64),
    /// Any whole number.
    Signed(i64),
    /// `true` or `false`.
    Bool(bool),
    /// An object inside.
    Object(Properties),
    /// A list of values.
    List(Vec<Value>),
    /// Nothing, said explicitly.
    Null,
}

impl Properties {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The start of a `-device`: its driver.
    #[must_use]
    pub fn device(driver: impl Into<String>) -> Self {
        Self::new().with("driver", driver.into())
    }

    /// The start of an `-object`: its type and id.
    #[must_use]
    pub fn object(kind: &str, id: impl Into<String>) -> Self {
        Self::new().with("qom-type", kind).with("id", id.into())
    }

    /// Adds a member at the end.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.push(key, value);
        self
    }

    /// Adds a member at the end if there is a value.
    #[must_use]
    pub fn with_some<V: Into<Value>>(mut self, key: &str, value: Option<V>) -> Self {
        if let Some(value) = value {
            self.push(key, value);
        }
        self
    }

    /// Adds all members of another object at the end.
    #[must_use]
    pub fn with_all(mut self, other: Self) -> Self {
        self.members.extend(other.members);
        self
    }

    /// Adds a member at the end.
    pub fn push(&mut self, key: &str, value: impl Into<Value>) {
        self.members.push((key.to_owned(), value.into()));
    }

    /// The value of a member.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Value> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// As `first,key=value,…`, for a QEMU that takes no JSON here: the value of the member `leading` comes first, switches
    /// are `on` and `off`, members of objects and lists are joined by dots.
    #[must_use]
    pub fn to_option_text(&self, leading: &str) -> OptionText {
        let mut option = OptionText::new(self.member(leading).and_then(Value::as_text).unwrap_or_default());
        for (key, value) in self.members.iter().filter(|(key, _)| key != leading) {
            value.flatten(key, &mut option);
        }
        option
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// As a JSON value, for QMP: the same members, in no particular order.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Object(
            self.members
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect(),
        )
    }
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn flatten(&self, key: &str, option: &mut OptionText) {
        match self {
            Self::Text(text) => option.push(key, text),
            Self::Unsigned(number) => option.push(key, number),
            Self::Signed(number) => option.push(key, number),
            Self::Bool(set) => option.push(key, if *set { "on" } else { "off" }),
            Self::Object(object) => {
                object
                    .members
                    .iter()
                    .for_each(|(name, value)| value.flatten(&format!("{key}.{name}"), option));
            }
            Self::List(values) => {
                values
                    .iter()
                    .enumerate()
                    .for_each(|(nth, value)| value.flatten(&format!("{key}.{nth}"), option));
            }
            Self::Null => {}
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Unsigned(number) => (*number).into(),
            Self::Signed(number) => (*number).into(),
            Self::Bool(set) => (*set).into(),
            Self::Object(object) => object.to_json(),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Null => serde_json::Value::Null,
        }
    }
}

/// Compact JSON, as it stands in argv.
impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (key, value)) in self.members.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}:{value}", quoted(key))?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Unsigned(number) => write!(f, "{number}"),
            Self::Signed(number) => write!(f, "{number}"),
            Self::Bool(set) => write!(f, "{set}"),
            Self::Object(object) => write!(f, "{object}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str("]")
            }
            Self::Null => f.write_str("null"),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(set: bool) -> Self {
        Self::Bool(set)
    }
}

macro_rules! from_unsigned {
    ($($number:ty),+) => { $(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Unsigned(u64::from(number))
            }
        }
    )+ };
}
from_unsigned!(u8, u16, u32, u64);

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<Properties> for Value {
    fn from(object: Properties) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Self>> for Value {
    fn from(values: Vec<Self>) -> Self {
        Self::List(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_the_order_they_were_added_in() {
        let object = Properties::device("virtio-net-pci")
            .with("mac", "52:54:00:00:00:01")
            .with_some("bootindex", Some(1_u32))
            .with_some::<u32>("acpi-index", None)
            .with("queues", vec![Value::from(true), Value::from(-3_i64)]);
        assert_eq!(
            object.to_string(),
            r#"{"driver":"virtio-net-pci","mac":"52:54:00:00:00:01","bootindex":1,"queues":[true,-3]}"#
        );
    }

    #[test]
    fn text_is_escaped_as_json_wants_it() {
        let object = Properties::new().with("file", "/a\"b\\c\n/ü,=");
        assert_eq!(object.to_string(), "{\"file\":\"/a\\\"b\\\\c\\n/ü,=\"}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&object.to_string()).unwrap(),
            object.to_json()
        );
    }
}
