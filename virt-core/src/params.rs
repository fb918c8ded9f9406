//! Parameters by name, each with a type: what an interface tells of that has no field yet.

use std::collections::BTreeMap;
use std::fmt;

/// The value of a parameter (`virTypedParameterType`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParamValue {
    /// A signed number of 32 bits.
    Int(i32),
    /// A number of 32 bits.
    UInt(u32),
    /// A signed number of 64 bits.
    Long(i64),
    /// A number of 64 bits.
    ULong(u64),
    /// A number with a fraction.
    Double(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
}

impl ParamValue {
    /// The value as a number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(value) => u64::try_from(*value).ok(),
            Self::UInt(value) => Some(u64::from(*value)),
            Self::Long(value) => u64::try_from(*value).ok(),
            Self::ULong(value) => Some(*value),
            Self::Double(_) | Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// The value as a whole number.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(i64::from(*value)),
            Self::UInt(value) => Some(i64::from(*value)),
            Self::Long(value) => Some(*value),
            Self::ULong(value) => i64::try_from(*value).ok(),
            Self::Double(_) | Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// The value as a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as yes or no.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Long(value) => value.fmt(f),
            Self::ULong(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// Parameters by name (`virTypedParameter`). A name may come several times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params {
    values: BTreeMap<String, Vec<ParamValue>>,
}

impl Params {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, name: impl Into<String>, value: ParamValue) {
        self.values.entry(name.into()).or_default().push(value);
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: ParamValue) -> Self {
        self.push(name, value);
        self
    }

    /// The first of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.values.get(name)?.first()
    }

    /// Takes all of this name out.
    pub fn take(&mut self, name: &str) -> Vec<ParamValue> {
        self.values.remove(name).unwrap_or_default()
    }

    /// Takes the number of this name out; one that is no such number stays.
    pub fn take_u64(&mut self, name: &str) -> Option<u64> {
        let value = self.get(name)?.as_u64()?;
        self.values.remove(name);
        Some(value)
    }

    /// Takes the text of this name out; what is no text stays.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        let text = self.get(name)?.as_text()?.to_owned();
        self.values.remove(name);
        Some(text)
    }

    /// Takes the yes or no of this name out; what is neither stays.
    pub fn take_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.get(name)?.as_bool()?;
        self.values.remove(name);
        Some(value)
    }

    /// Takes out all whose names begin so; they go by the rest of their names then.
    #[must_use]
    pub fn take_under(&mut self, prefix: &str) -> Self {
        let names = self.values.range(prefix.to_owned()..);
        let names = names.take_while(|(name, _)| name.starts_with(prefix));
        let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
        let mut under = Self::default();
        for name in names {
            let values = self.take(&name);
            let bare = name.strip_prefix(prefix).unwrap_or(&name);
            under.values.insert(bare.to_owned(), values);
        }
        under
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.values().map(Vec::len).sum()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.values
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value)))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<N: Into<String>> FromIterator<(N, ParamValue)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, ParamValue)>>(items: I) -> Self {
        let mut params = Self::default();
        for (name, value) in items {
            params.push(name, value);
        }
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_come_several_times_and_a_value_of_another_type_stays() {
        let mut params = Params::new()
            .with("disk", ParamValue::Text("vda".to_owned()))
            .with("disk", ParamValue::Text("vdb".to_owned()))
            .with("total", ParamValue::Text("much".to_owned()))
            .with("done", ParamValue::Long(7));
        assert_eq!(params.iter().count(), 4);
        assert_eq!(
            (params.take_u64("total"), params.take_u64("done")),
            (None, Some(7))
        );
        assert_eq!(params.take("disk").len(), 2);
        assert_eq!((params.take_bool("total"), params.len()), (None, 1));
        assert_eq!(params.take_text("total").as_deref(), Some("much"));
        assert!(params.is_empty());
    }

    #[test]
    fn what_stands_under_a_name_is_taken_out_by_the_rest_of_it() {
        let mut params = Params::new()
            .with("user.1.name", ParamValue::Text("ann".to_owned()))
            .with("user.10.name", ParamValue::Text("bob".to_owned()))
            .with("user.count", ParamValue::UInt(2));
        let mut ann = params.take_under("user.1.");
        assert_eq!(ann.take_text("name").as_deref(), Some("ann"));
        assert!(ann.is_empty());
        assert_eq!(params.len(), 2);
    }
}
