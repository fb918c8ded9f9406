//! The document.

use std::fmt;
use std::str::FromStr;

use super::error::{VmxError, VmxProblem};
use super::escape::unescape;
use super::line::{Content, Line};
use super::secret::shown;

/// The largest file that is read: 4 MiB.
pub const MAX_BYTES: usize = 4 << 20;

/// A VMX file, with every line as it was written.
///
/// ```
/// use virt_esx::vmx::Vmx;
///
/// let text = "#!/usr/bin/vmware\nmemSize=\"1024\"\nnvram = \"web.nvram\"\n";
/// let mut vmx = Vmx::parse(text)?;
/// assert_eq!(vmx.get("memsize"), Some("1024"));
/// vmx.set("memsize", "2048")?;
/// assert_eq!(vmx.to_string(), "#!/usr/bin/vmware\nmemSize=\"2048\"\nnvram = \"web.nvram\"\n");
/// # Ok::<(), virt_esx::vmx::VmxError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vmx {
    pub(super) lines: Vec<Line>,
}

/// One `key = "value"` of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entry<'v> {
    /// The line, counted from 1.
    pub line: usize,
    /// The key, as it is spelled.
    pub key: &'v str,
    /// The value without its quotes, as it is written: `|22` is not a quote yet.
    pub value: &'v str,
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("line", &self.line)
            .field("key", &self.key)
            .field("value", &shown(self.key, self.value))
            .finish()
    }
}

impl Vmx {
    /// A file without a line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text. A file whose encoding is not yet known is read with [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// More than [`MAX_BYTES`], or a line that is none, with its number.
    pub fn parse(text: &str) -> Result<Self, VmxError> {
        if text.len() > MAX_BYTES {
            return Err(VmxError::new(VmxProblem::TooLarge(text.len())));
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

    /// Every `key = "value"` in order, those said again too.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().enumerate().filter_map(|(index, line)| {
            let setting = line.setting()?;
            Some(Entry {
                line: index + 1,
                key: &setting.key,
                value: &setting.value,
            })
        })
    }

    /// The value of a key, as it is written.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut entries = self.entries();
        entries
            .find(|entry| entry.key.eq_ignore_ascii_case(key))
            .map(|entry| entry.value)
    }

    /// The text the value of a key stands for, without escapes; as it is written, where they are none.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)
            .map(|value| unescape(value).unwrap_or_else(|written| written))
    }

    /// Whether there is a line of that key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether it says nothing: comments and blank lines at most.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }
}

/// The text, byte for byte as it was read but for what was changed.
impl fmt::Display for Vmx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| line.write(f))
    }
}

impl FromStr for Vmx {
    type Err = VmxError;

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
            "a = \"1\"",
            "\u{feff}a=\"1\"\r\n\r\nB\t=\t2\r\n",
            "  # x\n\ta = \"q\"  # y\n\nother = 1\n",
        ] {
            assert_eq!(Vmx::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn keys_are_the_same_in_any_case_and_the_first_counts() {
        let vmx = Vmx::parse("MemSize = \"4\"\nmemsize = \"8\"\nannotation = \"a|0Ab\"\n").unwrap();
        assert_eq!(vmx.get("MEMSIZE"), Some("4"));
        assert_eq!(vmx.text("Annotation").as_deref(), Some("a\nb"));
        assert_eq!(vmx.entries().count(), 3);
        assert!(!vmx.contains("nvram"));
    }

    #[test]
    fn bad_lines_are_refused_with_their_number() {
        let error = Vmx::parse("\na\n").unwrap_err();
        assert_eq!(
            (error.line(), error.to_string()),
            (
                Some(2),
                "line 2: neither a comment nor `key = \"value\"`: \"a\"".to_owned()
            )
        );
        let large = "#".repeat(MAX_BYTES + 1);
        assert_eq!(Vmx::parse(&large).unwrap_err().line(), None);
    }
}
