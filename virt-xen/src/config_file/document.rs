//! A file as a document.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::error::{ConfigFileError, ConfigFileProblem};
use super::parse::{parse, parse_value};
use super::value::Value;
use super::write::Syntax;

/// The largest text that is read: 4 MiB.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How deep lists stand in lists at most.
pub const MAX_DEPTH: usize = 16;

/// Whether a setting takes the place of what was said of its key, or adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operator {
    /// `=`
    Set,
    /// `+=`: what is in the list comes behind what was, and so does a string.
    Add,
}

/// A setting, and everything before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Blanks, comments and line ends before the key.
    pub(super) before: String,
    pub(super) key: String,
    pub(super) assignment: String,
    pub(super) operator: Operator,
    pub(super) value: Value,
    /// The value as it is written.
    pub(super) raw: String,
    /// What stands behind it, to the end of the line or to the `;`.
    pub(super) after: String,
}

impl Setting {
    /// Makes of what a key had what it has then.
    fn apply(&self, found: &mut Option<Value>) {
        match (&mut *found, self.operator, &self.value) {
            (Some(Value::Text(text)), Operator::Add, Value::Text(more)) => text.push_str(more),
            (Some(Value::List(list)), Operator::Add, Value::List(more)) => {
                list.extend(more.iter().cloned());
            }
            (_, _, value) => *found = Some(value.clone()),
        }
    }
}

/// A setting as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<'c> {
    /// The key.
    pub key: &'c str,
    /// Whether the value takes the place of what was, or adds to it.
    pub operator: Operator,
    /// The value.
    pub value: &'c Value,
    /// The value as it is written.
    pub raw: &'c str,
}

/// A file of settings for Xen's toolstack; see [the module](super).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct XenConfig {
    pub(super) syntax: Syntax,
    pub(super) settings: Vec<Setting>,
    /// What stands behind the last setting.
    pub(super) trailer: String,
}

impl XenConfig {
    /// A file without settings.
    #[must_use]
    pub fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            ..Self::default()
        }
    }

    /// Reads the text of a file of xl.
    ///
    /// # Errors
    /// With line and column, for what is no setting; for texts larger than [`MAX_BYTES`], and lists deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, ConfigFileError> {
        parse(text, Syntax::Xl)
    }

    /// Reads the text of a file, of which what is changed is written in this syntax.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_as(text: &str, syntax: Syntax) -> Result<Self, ConfigFileError> {
        parse(text, syntax)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); for bytes that are no UTF-8.
    pub fn from_bytes(bytes: &[u8], syntax: Syntax) -> Result<Self, ConfigFileError> {
        if bytes.len() > MAX_BYTES {
            return Err(ConfigFileError::new(ConfigFileProblem::TooLarge(bytes.len())));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => parse(text, syntax),
            Err(_) => Err(ConfigFileError::new(ConfigFileProblem::NotUtf8)),
        }
    }

    /// How what is changed is written.
    #[must_use]
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// All settings, in order, those that do not count any more too.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.settings.iter().map(|setting| Entry {
            key: &setting.key,
            operator: setting.operator,
            value: &setting.value,
            raw: &setting.raw,
        })
    }

    /// All keys, each once, in the order in which they are first said.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let keys = self.settings.iter().map(|setting| setting.key.as_str());
        keys.filter(|key| seen.insert(*key)).collect()
    }

    /// The value that counts: the last one, and what was added to it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        let mut found = None;
        for setting in self.settings.iter().filter(|setting| setting.key == key) {
            setting.apply(&mut found);
        }
        found
    }

    /// All values that count, by key.
    #[must_use]
    pub fn values(&self) -> BTreeMap<&str, Value> {
        let mut values: BTreeMap<&str, Option<Value>> = BTreeMap::new();
        for setting in &self.settings {
            setting.apply(values.entry(&setting.key).or_default());
        }
        let said = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        said.collect()
    }

    /// Whether a setting has this key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.settings.iter().any(|setting| setting.key == key)
    }

    /// Whether there is no setting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty()
    }
}

/// Reads the text of a file of xl.
impl FromStr for XenConfig {
    type Err = ConfigFileError;

    fn from_str(text: &str) -> Result<Self, ConfigFileError> {
        Self::parse(text)
    }
}

/// Reads one value as it is written in a file: `"a"`, `0x10`, `[ "a", 1 ]`.
impl FromStr for Value {
    type Err = ConfigFileError;

    fn from_str(text: &str) -> Result<Self, ConfigFileError> {
        parse_value(text)
    }
}

/// As it was read, but for what was changed.
impl fmt::Display for XenConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for setting in &self.settings {
            let parts = [
                &setting.before,
                &setting.key,
                &setting.assignment,
                &setting.raw,
                &setting.after,
            ];
            for part in parts {
                f.write_str(part)?;
            }
        }
        f.write_str(&self.trailer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a guest\n\nname = \"web\"   # its name\nmemory=0x200 ; vcpus = 010;\n  disk = [\n    'a,b', # first\n   \
                        # none\n    \"c\\\"d\\\\\\x41\\102\",\n  ]\nvnuma = [ [ \"pnode=0\", 5, ], [] ]\nempty = \"\"\nlong = \
                        \"\"\"a\"b'\nc\"\"\"\nname='db'\nextra += \"x\"\nextra+=\"y\"\ndisk += [ \"e\" ]\n# end";

    #[test]
    fn everything_is_read_and_written_back() {
        let config = XenConfig::parse(TEXT).unwrap();
        assert_eq!(config.to_string(), TEXT);
        assert_eq!(config.get("name"), Some("db".into()));
        assert_eq!(config.get("memory"), Some(Value::Integer(512)));
        assert_eq!(config.get("vcpus"), Some(Value::Integer(8)));
        assert_eq!(config.get("disk"), Some(Value::texts(["a,b", "c\"d\\AB", "e"])));
        let vnuma = vec![
            Value::List(vec!["pnode=0".into(), Value::Integer(5)]),
            Value::List(Vec::new()),
        ];
        assert_eq!(config.get("vnuma"), Some(Value::List(vnuma)));
        assert_eq!(config.get("long"), Some("a\"b'\nc".into()));
        assert_eq!(config.get("extra"), Some("xy".into()));
        assert_eq!(config.get("none"), None);
        assert_eq!(config.entries().filter(|entry| entry.key == "name").count(), 2);
        assert_eq!(config.keys().len(), 8);
        let values = config.values();
        assert_eq!(values.len(), 8);
        assert!(
            values
                .iter()
                .all(|(key, value)| config.get(key).as_ref() == Some(value))
        );
    }

    #[test]
    fn line_ends_of_other_systems_stay() {
        let text = "name = \"a\"\r\nmemory = 5\r\n\r\n";
        let config = XenConfig::parse(text).unwrap();
        assert_eq!(config.to_string(), text);
        assert_eq!(config.get("memory"), Some(Value::Integer(5)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, line, column, what) in [
            ("a = 1\n  = 2", 2, 3, "no key"),
            ("import os", 1, 1, "Python"),
            ("a = 1\nb = c", 2, 5, "no value, but 'c'"),
            ("a =", 1, 4, "no value:"),
            ("é = 1", 1, 1, "no key"),
            ("a = \"b\nc = 1", 1, 5, "no quote"),
            ("a = 'é\" x", 1, 5, "no quote"),
            ("a = [ \"b\"", 1, 5, "no `]`"),
            ("a = [ \"b\" \"c\" ]", 1, 11, "no comma"),
            ("a = [ , ]", 1, 7, "no value"),
            ("a = 1 2", 1, 7, "behind the value"),
            ("a = \"b\" % c", 1, 9, "behind the value"),
            ("a = 99999999999999999999", 1, 5, "64 bits"),
            ("a = 0x", 1, 5, "64 bits"),
            ("a = 1.5", 1, 5, "64 bits"),
            ("a = --5", 1, 5, "64 bits"),
            ("a = \"\\xc3\"", 1, 5, "no text"),
            ("a = \"\\0\"", 1, 5, "no text"),
            ("a = 1\na += 2", 2, 1, "another kind"),
            ("# \u{1}", 1, 3, "control"),
        ] {
            let error = XenConfig::parse(text).unwrap_err();
            let place = error.place().unwrap();
            assert_eq!((place.line, place.column), (line, column), "{text}: {error}");
            assert!(error.to_string().contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn there_are_bounds() {
        let deep = |depth: usize| format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(XenConfig::parse(&deep(MAX_DEPTH)).is_ok());
        let error = XenConfig::parse(&deep(100_000)).unwrap_err();
        assert_eq!(error.problem(), &ConfigFileProblem::TooDeep);
        let large = "#".repeat(MAX_BYTES + 1);
        assert!(XenConfig::parse(&large).is_err());
        assert!(XenConfig::from_bytes(large.as_bytes(), Syntax::Xl).is_err());
        assert!(XenConfig::from_bytes(b"a = \"\xff\"", Syntax::Xl).is_err());
    }
}
