//! The document.

use std::fmt;
use std::str::FromStr;

use super::error::{ConfigError, ConfigProblem};
use super::line::{Content, Line};
use super::lists::is_cleared_by;

/// The largest configuration that is read: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;

/// The configuration of a container, lxc.container.conf(5), with every line as it was written.
///
/// ```
/// use virt_lxc::config::ContainerConfig;
///
/// let text = "# mine\nlxc.uts.name=web\nlxc.cap.drop = mknod\n";
/// let mut config = ContainerConfig::parse(text)?;
/// assert_eq!(config.get("lxc.uts.name"), Some("web"));
/// config.set("lxc.uts.name", "db")?;
/// assert_eq!(config.to_string(), "# mine\nlxc.uts.name=db\nlxc.cap.drop = mknod\n");
/// # Ok::<(), virt_lxc::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    pub(super) lines: Vec<Line>,
}

/// One `key = value` of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'c> {
    /// The line, counted from 1.
    pub line: usize,
    /// The key.
    pub key: &'c str,
    /// The value without quotes; empty where it takes back what was said before.
    pub value: &'c str,
}

impl ContainerConfig {
    /// A configuration without a line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// More than [`MAX_BYTES`], or a line that liblxc could not read, with its number.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > MAX_BYTES {
            return Err(ConfigError::new(ConfigProblem::TooLarge(text.len())));
        }
        let mut lines = Vec::new();
        for (index, whole) in text.split_inclusive('\n').enumerate() {
            let (line, ending) = match (whole.strip_suffix("\r\n"), whole.strip_suffix('\n')) {
                (Some(line), _) => (line, "\r\n"),
                (None, Some(line)) => (line, "\n"),
                (None, None) => (whole, ""),
            };
            lines.push(Line {
                content: Content::parse(line, index + 1)?,
                ending,
            });
        }
        Ok(Self { lines })
    }

    /// Every `key = value` in order, those that do not count any more too.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().enumerate().filter_map(|(index, line)| {
            let setting = line.setting()?;
            Some(Entry {
                line: index + 1,
                key: &setting.key,
                value: setting.value(),
            })
        })
    }

    /// The value that counts: the last one, unless it was taken back.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key).pop()
    }

    /// All values of a key that gathers them, in order, without those that were taken back.
    #[must_use]
    pub fn all(&self, key: &str) -> Vec<&str> {
        let mut values = Vec::new();
        for entry in self.entries() {
            if entry.value.is_empty() {
                if is_cleared_by(key, entry.key) {
                    values.clear();
                }
            } else if entry.key == key {
                values.push(entry.value);
            }
        }
        values
    }

    /// The entries that count, in order: without those that were taken back, and of a key with one value the last.
    #[must_use]
    pub fn effective(&self) -> Vec<Entry<'_>> {
        let mut found: Vec<Entry<'_>> = Vec::new();
        for entry in self.entries() {
            if entry.value.is_empty() {
                found.retain(|before| !is_cleared_by(before.key, entry.key));
                continue;
            }
            if !super::is_list(entry.key) {
                found.retain(|before| before.key != entry.key);
            }
            found.push(entry);
        }
        found
    }

    /// The files and directories that are read at their places: `lxc.include`.
    #[must_use]
    pub fn includes(&self) -> Vec<&str> {
        self.all("lxc.include")
    }

    /// Whether there is a line of that key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.entries().any(|entry| entry.key == key)
    }

    /// Whether it says nothing: comments and blank lines at most.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }
}

/// The text, byte for byte as it was read but for what was changed.
impl fmt::Display for ContainerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| line.write(f))
    }
}

impl FromStr for ContainerConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_byte_for_byte() {
        for text in [
            "",
            "\n",
            "\n\n# a\n",
            "lxc.a = 1",
            "lxc.a=1\r\n\r\nlxc.b\t=\t2\r\n",
            "  # x\n\tlxc.a = \"q\"  \n\nother = 1\n",
        ] {
            assert_eq!(ContainerConfig::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_last_value_counts_and_none_takes_back() {
        let config = ContainerConfig::parse(
            "lxc.uts.name = a\nlxc.uts.name = b\nlxc.cap.drop = x\nlxc.cap.drop =\nlxc.cap.drop = y\nlxc.cap.drop = z\n\
             lxc.arch = x86\nlxc.arch =\nlxc.net.0.type = veth\nlxc.net =\n",
        )
        .unwrap();
        assert_eq!(config.get("lxc.uts.name"), Some("b"));
        assert_eq!(config.all("lxc.cap.drop"), ["y", "z"]);
        assert_eq!(config.get("lxc.arch"), None);
        assert_eq!(config.get("lxc.net.0.type"), None);
        let effective: Vec<&str> = config.effective().iter().map(|entry| entry.value).collect();
        assert_eq!(effective, ["b", "y", "z"]);
    }

    #[test]
    fn bad_lines_are_refused_with_their_number() {
        let problem = |text: &str| {
            let error = ContainerConfig::parse(text).unwrap_err();
            (error.line(), error.to_string())
        };
        assert_eq!(
            problem("\nlxc.a\n"),
            (
                Some(2),
                "line 2: neither a comment nor `key = value`: \"lxc.a\"".to_owned()
            )
        );
        assert_eq!(problem(" = 1").0, Some(1));
        assert_eq!(problem("lxc.a = 1\nlxc.b = \0").0, Some(2));
        assert_eq!(problem("lxc.a = 1\rlxc.b = 2").0, Some(1));
        let large = "#".repeat(MAX_BYTES + 1);
        assert_eq!(ContainerConfig::parse(&large).unwrap_err().line(), None);
    }
}
