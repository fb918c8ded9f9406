//! Changes.

use super::document::{MAX_DEPTH, Operator, Setting, XenConfig};
use super::error::{ConfigFileError, ConfigFileProblem};
use super::parse::is_key;
use super::value::Value;
use super::write::write_value;

impl XenConfig {
    /// Sets a key: in the setting that counts, which keeps its place and spacing; behind the last one where there is none. What
    /// was added to it goes; comments above that stay.
    ///
    /// # Errors
    /// A key that cannot be one; a value with characters of code 0, or with lists deeper than [`MAX_DEPTH`].
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<(), ConfigFileError> {
        let value = value.into();
        let raw = self.checked(key, &value)?;
        if self.get(key).as_ref() == Some(&value) {
            return Ok(());
        }
        let of_key = |setting: &Setting| setting.key == key;
        let is_last_set = |setting: &Setting| of_key(setting) && setting.operator == Operator::Set;
        let place = self.settings.iter().rposition(is_last_set);
        let Some(place) = place.or_else(|| self.settings.iter().position(of_key)) else {
            self.append(key, value, raw);
            return Ok(());
        };
        self.take_out(|number, setting| number > place && of_key(setting));
        if let Some(setting) = self.settings.get_mut(place) {
            setting.value = value;
            setting.raw = raw;
        }
        Ok(())
    }

    /// Adds a setting at the end, whether the key is there or not.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn push(&mut self, key: &str, value: impl Into<Value>) -> Result<(), ConfigFileError> {
        let value = value.into();
        let raw = self.checked(key, &value)?;
        self.append(key, value, raw);
        Ok(())
    }

    /// Adds a comment at the end, a `#` before each of its lines.
    ///
    /// # Errors
    /// Control characters.
    pub fn push_comment(&mut self, text: &str) -> Result<(), ConfigFileError> {
        let bad = text
            .chars()
            .find(|one| one.is_ascii_control() && !matches!(one, '\t' | '\n'));
        if let Some(control) = bad {
            return Err(ConfigFileError::new(ConfigFileProblem::ControlCharacter(control)));
        }
        self.end_line();
        for line in text.lines() {
            self.trailer.push_str("# ");
            self.trailer.push_str(line);
            self.trailer.push('\n');
        }
        Ok(())
    }

    /// Removes every setting of a key, and says how many there were. Comments on their lines go with them, those above stay.
    pub fn remove(&mut self, key: &str) -> usize {
        self.take_out(|_, setting| setting.key == key)
    }

    /// Removes settings, chosen by their place and by themselves; what stands above them stays.
    fn take_out(&mut self, is_chosen: impl Fn(usize, &Setting) -> bool) -> usize {
        let before = self.settings.len();
        let mut left: Vec<Setting> = Vec::with_capacity(before);
        let mut above = String::new();
        for (number, mut setting) in std::mem::take(&mut self.settings).into_iter().enumerate() {
            if is_chosen(number, &setting) {
                // What indents it goes, too.
                let lines = setting.before.rfind('\n').map_or(0, |end| end + 1);
                let is_alone = setting
                    .before
                    .get(lines..)
                    .is_some_and(|text| text.trim().is_empty());
                let kept = if is_alone { lines } else { setting.before.len() };
                above.push_str(setting.before.get(..kept).unwrap_or_default());
                continue;
            }
            if !above.is_empty() {
                setting.before = std::mem::take(&mut above) + &setting.before;
            }
            left.push(setting);
        }
        self.settings = left;
        if !above.is_empty() {
            self.trailer.insert_str(0, &above);
        }
        before - self.settings.len()
    }

    fn checked(&self, key: &str, value: &Value) -> Result<String, ConfigFileError> {
        if !is_key(key) {
            return Err(ConfigFileError::new(ConfigFileProblem::BadKey(key.to_owned())));
        }
        if !is_writable(value, MAX_DEPTH) {
            return Err(ConfigFileError::new(ConfigFileProblem::BadValue(key.to_owned())));
        }
        let mut raw = String::new();
        write_value(value, self.syntax, &mut raw);
        Ok(raw)
    }

    fn append(&mut self, key: &str, value: Value, raw: String) {
        self.end_line();
        let ending = self.ending();
        self.settings.push(Setting {
            before: std::mem::take(&mut self.trailer),
            key: key.to_owned(),
            assignment: " = ".to_owned(),
            operator: Operator::Set,
            value,
            raw,
            after: ending.to_owned(),
        });
    }

    /// Ends the last line, if there is one that does not end.
    fn end_line(&mut self) {
        let ending = self.ending();
        if !self.trailer.is_empty() {
            if !self.trailer.ends_with('\n') {
                self.trailer.push_str(ending);
            }
        } else if let Some(last) = self.settings.last_mut()
            && !last.after.ends_with('\n')
        {
            last.after.push_str(ending);
        }
    }

    /// How lines of this file end.
    fn ending(&self) -> &'static str {
        let first = self.settings.iter().find(|setting| setting.after.ends_with('\n'));
        match first {
            Some(setting) if setting.after.ends_with("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

fn is_writable(value: &Value, depth: usize) -> bool {
    match value {
        Value::Text(text) => !text.contains('\0'),
        // What has no counterpart of the other sign is not read.
        Value::Integer(number) => *number != i64::MIN,
        Value::List(values) => {
            depth > 0
                && values
                    .iter()
                    .all(|value| is_writable(value, depth.saturating_sub(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::Syntax;

    fn config(text: &str) -> XenConfig {
        XenConfig::parse(text).unwrap()
    }

    #[test]
    fn set_keeps_place_and_spacing() {
        let mut one = config("a=1 # one\n # c\n  b  =  'x' ; a = 0x3\nd = [ 'y' ]\nd += [ 'z' ]");
        one.set("a", 4_i64).unwrap();
        one.set("b", "it's").unwrap();
        one.set("d", Value::texts(["y"])).unwrap();
        one.set("e", true).unwrap();
        assert_eq!(
            one.to_string(),
            "a=1 # one\n # c\n  b  =  \"it's\" ; a = 4\nd = [ \"y\" ]\ne = 1\n"
        );
    }

    #[test]
    fn comments_above_what_was_added_stay() {
        let mut one = config("a = [ 1 ]\n# more\na += [ 2 ]\nb = 1\n# and more\na += [ 3 ]\n# end\n");
        one.set("a", 5_i64).unwrap();
        assert_eq!(one.to_string(), "a = 5\n# more\nb = 1\n# and more\n# end\n");
    }

    #[test]
    fn what_is_set_to_what_it_is_stays_as_it_is_written() {
        let text = "a=0x10\nb = 'x'\nc = ['a',\n'b',]\n";
        let mut one = config(text);
        one.set("a", 16_i64).unwrap();
        one.set("b", "x").unwrap();
        one.set("c", Value::texts(["a", "b"])).unwrap();
        assert_eq!(one.to_string(), text);
    }

    #[test]
    fn comments_above_what_is_removed_stay() {
        let mut one = config("a = 1\n\n# b\n  b = 2 # here\nc = 3; b = 4\n");
        assert_eq!(one.remove("b"), 2);
        assert_eq!(one.to_string(), "a = 1\n\n# b\nc = 3;");
        one.push("d", "x").unwrap();
        one.push_comment("made by\nhand").unwrap();
        assert_eq!(
            one.to_string(),
            "a = 1\n\n# b\nc = 3;\nd = \"x\"\n# made by\n# hand\n"
        );
    }

    #[test]
    fn lines_end_as_those_of_the_file() {
        let mut one = config("a = 1\r\nb = 2");
        one.push("c", 3_i64).unwrap();
        assert_eq!(one.to_string(), "a = 1\r\nb = 2\r\nc = 3\r\n");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let mut one = XenConfig::new(Syntax::Xl);
        for key in ["", "1a", "a b", "a=b", "é", "a-b"] {
            assert!(one.set(key, 1_i64).is_err(), "{key:?}");
        }
        assert!(one.set("a", "x\0").is_err());
        let deep = (0..=MAX_DEPTH).fold(Value::Integer(1), |value, _| Value::List(vec![value]));
        assert!(one.set("a", deep).is_err());
        assert!(one.push_comment("a\x07").is_err());
        assert!(one.is_empty());
    }
}
