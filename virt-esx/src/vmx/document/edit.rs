//! Changes.

use super::error::VmxError;
use super::escape::escape;
use super::line::{Content, Line, Setting};
use super::text::Vmx;

impl Vmx {
    /// Sets the value of a key as it is to be written: in the line that counts, which keeps its place, spelling and spacing;
    /// behind the last line where there is none.
    ///
    /// # Errors
    /// A key that cannot be written, or a value with quotes or line ends: those are [escaped](super::escape()).
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), VmxError> {
        let mut settings = self.lines.iter_mut().filter_map(Line::setting_mut);
        match settings.find(|setting| setting.is(key)) {
            Some(setting) => setting.set(value),
            None => self.push(key, value),
        }
    }

    /// Sets the value of a key to what stands for this text.
    ///
    /// # Errors
    /// A key that cannot be written.
    pub fn set_text(&mut self, key: &str, text: &str) -> Result<(), VmxError> {
        self.set(key, &escape(text))
    }

    /// Adds a line at the end.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn push(&mut self, key: &str, value: &str) -> Result<(), VmxError> {
        let setting = Setting::new(key, value)?;
        let mut endings = self.lines.iter().map(|line| line.ending);
        let ending = endings.find(|ending| !ending.is_empty()).unwrap_or("\n");
        if let Some(last) = self.lines.last_mut()
            && last.ending.is_empty()
        {
            last.ending = ending;
        }
        self.lines.push(Line {
            content: Content::Setting(setting),
            ending,
        });
        Ok(())
    }

    /// Removes every line of a key, and says how many there were.
    pub fn remove(&mut self, key: &str) -> usize {
        self.remove_where(|found| found.eq_ignore_ascii_case(key))
    }

    /// Removes every line whose key begins so, as `ethernet0.`, and says how many there were.
    pub fn remove_prefix(&mut self, prefix: &str) -> usize {
        self.remove_where(|found| {
            let start = found.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
    }

    fn remove_where(&mut self, condition: impl Fn(&str) -> bool) -> usize {
        let before = self.lines.len();
        self.lines
            .retain(|line| !line.setting().is_some_and(|setting| condition(&setting.key)));
        before - self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_its_line_and_no_other() {
        let mut vmx = Vmx::parse("# a\r\nMemSize=64  # mine\r\nx = \"1\"").unwrap();
        vmx.set("memsize", "128").unwrap();
        vmx.set_text("annotation", "a \"b\"\n").unwrap();
        assert_eq!(
            vmx.to_string(),
            "# a\r\nMemSize=\"128\"  # mine\r\nx = \"1\"\r\nannotation = \"a |22b|22|0a\"\r\n"
        );
        assert!(vmx.set("x", "\"").is_err());
        assert_eq!(vmx.get("x"), Some("1"));
    }

    #[test]
    fn lines_are_removed_by_key_or_its_beginning() {
        let mut vmx = Vmx::parse("a.b = 1\nA.C = 2\nab = 3\n#é\né = 1\n").unwrap();
        assert_eq!(vmx.remove_prefix("a."), 2);
        assert_eq!(vmx.remove("AB"), 1);
        assert_eq!(vmx.remove("none"), 0);
        assert_eq!(vmx.to_string(), "#é\né = 1\n");
    }
}
