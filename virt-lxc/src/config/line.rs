//! One line, in the pieces it was written in.

use super::error::{ConfigError, ConfigProblem};

/// A line with its ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) content: Content,
    /// `\n`, `\r\n`, or nothing at the end of the text.
    pub(super) ending: &'static str,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A comment, or nothing.
    Decoration(String),
    /// `key = value`.
    Setting(Setting),
}

/// `key = value`, in pieces: all of them one after the other are the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    indent: String,
    pub(super) key: String,
    /// The `=` and the blanks around it.
    assignment: String,
    /// The value with its quotes.
    raw: String,
    trailing: String,
}

impl Line {
    /// A line of its own.
    pub(super) fn new(setting: Setting, ending: &'static str) -> Self {
        Self {
            content: Content::Setting(setting),
            ending,
        }
    }

    pub(super) fn setting(&self) -> Option<&Setting> {
        match &self.content {
            Content::Setting(setting) => Some(setting),
            Content::Decoration(_) => None,
        }
    }

    pub(super) fn setting_mut(&mut self) -> Option<&mut Setting> {
        match &mut self.content {
            Content::Setting(setting) => Some(setting),
            Content::Decoration(_) => None,
        }
    }

    pub(super) fn write(&self, out: &mut impl std::fmt::Write) -> std::fmt::Result {
        match &self.content {
            Content::Decoration(text) => out.write_str(text)?,
            Content::Setting(setting) => {
                for piece in [
                    &setting.indent,
                    &setting.key,
                    &setting.assignment,
                    &setting.raw,
                    &setting.trailing,
                ] {
                    out.write_str(piece)?;
                }
            }
        }
        out.write_str(self.ending)
    }
}

impl Content {
    /// Reads a line without its ending.
    pub(super) fn parse(text: &str, number: usize) -> Result<Self, ConfigError> {
        if let Some(control) = text.chars().find(|one| one.is_ascii_control() && *one != '\t') {
            return Err(ConfigError::at(number, ConfigProblem::ControlCharacter(control)));
        }
        let body = text.trim_start_matches(BLANK);
        if body.is_empty() || body.starts_with('#') {
            return Ok(Self::Decoration(text.to_owned()));
        }
        let Some((before, after)) = body.split_once('=') else {
            let problem = ConfigProblem::NoAssignment(text.trim().to_owned());
            return Err(ConfigError::at(number, problem));
        };
        let key = before.trim_end_matches(BLANK);
        if key.is_empty() {
            return Err(ConfigError::at(number, ConfigProblem::NoKey));
        }
        let from_value = after.trim_start_matches(BLANK);
        let raw = from_value.trim_end_matches(BLANK);
        // What is trimmed off one end is what is left over at that end.
        let start = |whole: &str, rest: &str| {
            whole
                .strip_suffix(rest)
                .map_or_else(String::new, ToOwned::to_owned)
        };
        let end = |whole: &str, first: &str| {
            whole
                .strip_prefix(first)
                .map_or_else(String::new, ToOwned::to_owned)
        };
        Ok(Self::Setting(Setting {
            indent: start(text, body),
            key: key.to_owned(),
            assignment: format!("{}={}", end(before, key), start(after, from_value)),
            raw: raw.to_owned(),
            trailing: end(from_value, raw),
        }))
    }
}

const BLANK: [char; 2] = [' ', '\t'];

impl Setting {
    /// A line as people write it.
    pub(super) fn new(key: &str, value: &str) -> Result<Self, ConfigError> {
        let is_key = |one: char| one.is_ascii_graphic() && one != '=';
        if key.is_empty() || key.starts_with('#') || !key.chars().all(is_key) {
            return Err(ConfigError::new(ConfigProblem::BadKey(key.to_owned())));
        }
        Ok(Self {
            indent: String::new(),
            key: key.to_owned(),
            assignment: if value.is_empty() { " =" } else { " = " }.to_owned(),
            raw: quoted(key, value)?,
            trailing: String::new(),
        })
    }

    /// Changes the value; spacing stays.
    pub(super) fn set(&mut self, value: &str) -> Result<(), ConfigError> {
        self.raw = quoted(&self.key, value)?;
        if !value.is_empty() && self.assignment == " =" {
            self.assignment.push(' ');
        }
        Ok(())
    }

    /// Takes the value of another line; spacing stays.
    pub(super) fn adopt(&mut self, other: &Self) {
        self.raw.clone_from(&other.raw);
    }

    /// The value as liblxc takes it.
    pub(super) fn value(&self) -> &str {
        unquoted(&self.raw)
    }
}

/// A value without the quotes around it.
fn unquoted(raw: &str) -> &str {
    let within = |quote: char| raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(raw)
}

/// A value so that it is read as it is.
fn quoted(key: &str, value: &str) -> Result<String, ConfigError> {
    if value.chars().any(|one| one.is_ascii_control() && one != '\t') {
        let (key, value) = (key.to_owned(), value.to_owned());
        return Err(ConfigError::new(ConfigProblem::BadValue { key, value }));
    }
    let is_plain = value.trim_matches(BLANK) == value && unquoted(value) == value;
    Ok(if is_plain {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_liblxc_reads_it() {
        for (line, key, value) in [
            ("lxc.uts.name = web", "lxc.uts.name", "web"),
            ("lxc.uts.name=web", "lxc.uts.name", "web"),
            ("\t lxc.uts.name\t=  web \t", "lxc.uts.name", "web"),
            ("lxc.uts.name = \"web 1\"", "lxc.uts.name", "web 1"),
            ("lxc.uts.name = 'web'", "lxc.uts.name", "web"),
            ("lxc.uts.name = 'web\"", "lxc.uts.name", "'web\""),
            ("lxc.uts.name = \"", "lxc.uts.name", "\""),
            (
                "lxc.uts.name = web # no comment",
                "lxc.uts.name",
                "web # no comment",
            ),
            ("lxc.environment = A=B", "lxc.environment", "A=B"),
            ("lxc.cap.drop =", "lxc.cap.drop", ""),
        ] {
            let Ok(Content::Setting(setting)) = Content::parse(line, 1) else {
                panic!("{line}");
            };
            assert_eq!((setting.key.as_str(), setting.value()), (key, value), "{line}");
        }
    }

    #[test]
    fn a_value_is_quoted_where_it_would_be_read_otherwise() {
        for value in [
            "",
            "a",
            " a",
            "a\t",
            "\"a\"",
            "'a'",
            "\"",
            "''",
            "a\"b",
            "\"a\" \"b\"",
        ] {
            let line = Setting::new("lxc.x", value).unwrap();
            let mut text = String::new();
            Line::new(line, "").write(&mut text).unwrap();
            let Ok(Content::Setting(again)) = Content::parse(&text, 1) else {
                panic!("{text}");
            };
            assert_eq!(again.value(), value, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_on_a_line_is_refused() {
        assert!(Setting::new("lxc.x", "a\nb").is_err());
        assert!(Setting::new("lxc.x", "a\0b").is_err());
        for key in ["", "#a", "a b", "a=b", "a\n"] {
            assert!(Setting::new(key, "1").is_err(), "{key:?}");
        }
    }
}
