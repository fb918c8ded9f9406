//! One line, in the pieces it was written in.

use std::fmt;

use super::error::{VmxError, VmxProblem};
use super::secret::shown;

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
    /// `key = "value"`.
    Setting(Setting),
}

/// `key = "value"`, in pieces: all of them one after the other are the line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Setting {
    indent: String,
    pub(super) key: String,
    /// The `=` and the blanks around it.
    assignment: String,
    pub(super) value: String,
    is_quoted: bool,
    /// Blanks and a comment.
    trailing: String,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting")
            .field("key", &self.key)
            .field("value", &shown(&self.key, &self.value))
            .finish_non_exhaustive()
    }
}

const BLANK: [char; 2] = [' ', '\t'];

impl Line {
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

    pub(super) fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match &self.content {
            Content::Decoration(text) => out.write_str(text)?,
            Content::Setting(setting) => {
                let quote = if setting.is_quoted { "\"" } else { "" };
                for piece in [
                    &setting.indent,
                    &setting.key,
                    &setting.assignment,
                    quote,
                    &setting.value,
                    quote,
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
    pub(super) fn parse(text: &str, number: usize) -> Result<Self, VmxError> {
        let refuse = |problem| Err(VmxError::at(number, problem));
        if let Some(control) = text.chars().find(|one| one.is_ascii_control() && *one != '\t') {
            return refuse(VmxProblem::ControlCharacter(control));
        }
        // A file may begin with a byte order mark.
        let body = text.trim_start_matches(['\u{feff}', ' ', '\t']);
        if body.is_empty() || body.starts_with('#') {
            return Ok(Self::Decoration(text.to_owned()));
        }
        let Some((before, after)) = body.split_once('=') else {
            return refuse(VmxProblem::NoAssignment(text.trim().to_owned()));
        };
        let key = before.trim_end_matches(BLANK);
        if key.is_empty() {
            return refuse(VmxProblem::NoKey);
        }
        let from_value = after.trim_start_matches(BLANK);
        let (value, is_quoted, trailing) = match from_value.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((value, rest)) => (value, true, rest),
                None => return refuse(VmxProblem::Unclosed(key.to_owned())),
            },
            None => {
                let end = from_value.find([' ', '\t', '#']).unwrap_or(from_value.len());
                let (value, rest) = from_value.split_at_checked(end).unwrap_or((from_value, ""));
                (value, false, rest)
            }
        };
        let behind = trailing.trim_start_matches(BLANK);
        if !behind.is_empty() && !behind.starts_with('#') {
            return refuse(VmxProblem::Trailing {
                key: key.to_owned(),
                rest: behind.to_owned(),
            });
        }
        // What is trimmed off one end is what is left over at that end.
        let start = |whole: &str, rest: &str| {
            whole
                .strip_suffix(rest)
                .map_or_else(String::new, ToOwned::to_owned)
        };
        let blanks = before.strip_prefix(key).unwrap_or_default();
        Ok(Self::Setting(Setting {
            indent: start(text, body),
            key: key.to_owned(),
            assignment: format!("{blanks}={}", start(after, from_value)),
            value: value.to_owned(),
            is_quoted,
            trailing: trailing.to_owned(),
        }))
    }
}

impl Setting {
    /// A line as VMware writes it.
    pub(super) fn new(key: &str, value: &str) -> Result<Self, VmxError> {
        let has_bad = key.chars().any(|one| one == '=' || one.is_ascii_control());
        if key.is_empty() || key.starts_with(['#', '\u{feff}']) || has_bad || key.trim_matches(BLANK) != key {
            return Err(VmxError::new(VmxProblem::BadKey(key.to_owned())));
        }
        check(key, value)?;
        Ok(Self {
            indent: String::new(),
            key: key.to_owned(),
            assignment: " = ".to_owned(),
            value: value.to_owned(),
            is_quoted: true,
            trailing: String::new(),
        })
    }

    /// Changes the value; spacing stays.
    pub(super) fn set(&mut self, value: &str) -> Result<(), VmxError> {
        check(&self.key, value)?;
        self.is_quoted = true;
        value.clone_into(&mut self.value);
        Ok(())
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }
}

fn check(key: &str, value: &str) -> Result<(), VmxError> {
    let is_bad = |one: char| one == '"' || (one.is_ascii_control() && one != '\t');
    match value.chars().any(is_bad) {
        true => Err(VmxError::new(VmxProblem::BadValue {
            key: key.to_owned(),
            value: value.to_owned(),
        })),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_key_and_a_value() {
        for (line, key, value) in [
            ("memsize = \"1024\"", "memsize", "1024"),
            ("memsize=\"1024\"", "memsize", "1024"),
            ("\t memsize\t=  1024 \t", "memsize", "1024"),
            ("memsize = 1024# mine", "memsize", "1024"),
            ("annotation = \"a # b = c\"  # mine", "annotation", "a # b = c"),
            ("nvram =", "nvram", ""),
            ("nvram = \"\"", "nvram", ""),
            ("\u{feff}.encoding = \"UTF-8\"", ".encoding", "UTF-8"),
            ("guestinfo.my key = \"1\"", "guestinfo.my key", "1"),
        ] {
            let Ok(Content::Setting(setting)) = Content::parse(line, 1) else {
                panic!("{line}");
            };
            assert_eq!(
                (setting.key.as_str(), setting.value.as_str()),
                (key, value),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for line in [
            "memsize",
            "= \"1\"",
            "a = \"1",
            "a = \"1\" b",
            "a = 1 2",
            "a = \"\u{1}\"",
        ] {
            assert_eq!(Content::parse(line, 3).unwrap_err().line(), Some(3), "{line}");
        }
        for key in ["", "#a", "a=b", " a", "a\n"] {
            assert!(Setting::new(key, "1").is_err(), "{key:?}");
        }
        for value in ["\"", "a\nb", "\0"] {
            assert!(Setting::new("a", value).is_err(), "{value:?}");
        }
    }
}
