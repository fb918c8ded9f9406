//! `lxc.mount.entry`: lines of fstab(5).

use std::fmt;
use std::str::FromStr;

use super::document::ContainerConfig;

/// A mount, as a line of fstab(5) with the options liblxc adds: `create=dir`, `create=file`, `optional`, `relative`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MountEntry {
    /// What is mounted: a path of the host; with the option `relative` one of the container.
    pub source: String,
    /// Where, relative to the root of the container.
    pub target: String,
    /// The type of the file system; `none` for a bind mount.
    pub fstype: String,
    /// The options.
    pub options: Vec<String>,
    /// Whether it is dumped; 0 unless said.
    pub dump: u32,
    /// When it is checked; 0 unless said.
    pub pass: u32,
}

impl MountEntry {
    /// A bind mount of `source` at `target`.
    #[must_use]
    pub fn bind(source: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            target: target.into(),
            fstype: "none".to_owned(),
            options: vec!["bind".to_owned()],
            ..Self::default()
        }
    }

    /// The same with one more option.
    #[must_use]
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    /// Whether an option is among the options.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|one| one == option)
    }

    /// The value of an option `name=value`.
    #[must_use]
    pub fn value_of(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }
}

impl ContainerConfig {
    /// The mounts in order; what is no line of fstab(5) is left out.
    #[must_use]
    pub fn mount_entries(&self) -> Vec<MountEntry> {
        self.all("lxc.mount.entry")
            .into_iter()
            .filter_map(|line| line.parse().ok())
            .collect()
    }
}

/// Reads a line; `Err` where there are fewer than four fields, or more than six.
impl FromStr for MountEntry {
    type Err = MountEntryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = text.split([' ', '\t']).filter(|field| !field.is_empty());
        let mut field = || fields.next().map(unescaped).ok_or(MountEntryError);
        let (source, target, fstype, options) = (field()?, field()?, field()?, field()?);
        let mut number = || match fields.next() {
            Some(number) => number.parse().map_err(|_| MountEntryError),
            None => Ok(0),
        };
        let (dump, pass) = (number()?, number()?);
        if fields.next().is_some() {
            return Err(MountEntryError);
        }
        let options = options.split(',').filter(|one| !one.is_empty());
        Ok(Self {
            source,
            target,
            fstype,
            options: options.map(ToOwned::to_owned).collect(),
            dump,
            pass,
        })
    }
}

/// A text that is no line of fstab(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a line of fstab: SOURCE TARGET TYPE OPTIONS [DUMP PASS]")]
pub struct MountEntryError;

/// The line.
impl fmt::Display for MountEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = if self.options.is_empty() {
            "defaults".to_owned()
        } else {
            self.options.join(",")
        };
        write!(
            f,
            "{} {} {} {} {} {}",
            escaped(&self.source),
            escaped(&self.target),
            escaped(&self.fstype),
            escaped(&options),
            self.dump,
            self.pass
        )
    }
}

/// What getmntent(3) escapes: blanks and the backslash, as three octal digits; `#` too, for a line that would begin with it.
fn escaped(field: &str) -> String {
    field.chars().fold(String::new(), |mut text, one| {
        match one {
            ' ' => text.push_str("\\040"),
            '\t' => text.push_str("\\011"),
            '\n' => text.push_str("\\012"),
            '\\' => text.push_str("\\134"),
            '#' => text.push_str("\\043"),
            one => text.push(one),
        }
        text
    })
}

/// Undoes [`escaped`]; a backslash with anything else behind it stays.
fn unescaped(field: &str) -> String {
    let mut text = String::new();
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let known = [
            ("040", ' '),
            ("011", '\t'),
            ("012", '\n'),
            ("134", '\\'),
            ("043", '#'),
        ];
        let found = known
            .iter()
            .find_map(|(code, one)| Some((after.strip_prefix(code)?, *one)));
        (rest, _) = match found {
            Some((left, one)) => (left, text.push(one)),
            None => (after, text.push('\\')),
        };
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_written() {
        let entry: MountEntry = "/a\\040b\tmnt/x none bind,ro,create=dir".parse().unwrap();
        assert_eq!(entry.source, "/a b");
        assert!(entry.has("ro") && !entry.has("rw"));
        assert_eq!(entry.value_of("create"), Some("dir"));
        assert_eq!(entry.to_string(), "/a\\040b mnt/x none bind,ro,create=dir 0 0");
        assert_eq!(entry.to_string().parse(), Ok(entry));
        for bad in ["", "a b c", "a b c d e", "a b c d 0 0 0"] {
            assert_eq!(bad.parse::<MountEntry>(), Err(MountEntryError), "{bad}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        for field in ["a b", "\\", "\\040", "a\\x", "#", "\t\n"] {
            assert_eq!(unescaped(&escaped(field)), field);
        }
        assert_eq!(unescaped("a\\x\\"), "a\\x\\");
    }
}
