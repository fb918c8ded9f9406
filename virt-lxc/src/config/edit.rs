//! Changes.

use super::document::ContainerConfig;
use super::error::ConfigError;
use super::line::{Line, Setting};

impl ContainerConfig {
    /// Sets a key with one value: in the line that counts, which keeps its place and spacing; behind the last line where
    /// there is none.
    ///
    /// # Errors
    /// A key or a value that cannot be written on a line.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let mut settings = self.lines.iter_mut().filter_map(Line::setting_mut);
        match settings.rfind(|setting| setting.key == key) {
            Some(setting) => setting.set(value),
            None => self.push(key, value),
        }
    }

    /// Sets all values of a key that gathers them: in the places of those there were, further ones behind them. Lines that
    /// take back what an included file says stay.
    ///
    /// # Errors
    /// As [`set`](Self::set); nothing is changed then.
    pub fn set_all<V: AsRef<str>>(&mut self, key: &str, values: &[V]) -> Result<(), ConfigError> {
        let ending = self.ending();
        let mut wanted = Vec::with_capacity(values.len());
        for value in values {
            wanted.push(Setting::new(key, value.as_ref())?);
        }
        let mut wanted = wanted.into_iter();
        let mut after = None;
        let mut lines: Vec<Line> = Vec::with_capacity(self.lines.len());
        for mut line in std::mem::take(&mut self.lines) {
            let Some(setting) = line.setting_mut().filter(|setting| setting.key == key) else {
                lines.push(line);
                continue;
            };
            if setting.value().is_empty() {
                if after.is_none() {
                    lines.push(line);
                }
            } else if let Some(new) = wanted.next() {
                if setting.value() != new.value() {
                    setting.adopt(&new);
                }
                lines.push(line);
                after = Some(lines.len());
            } else {
                after.get_or_insert(lines.len());
            }
        }
        self.lines = lines;
        let place = after.unwrap_or(self.lines.len());
        self.insert(place, wanted.map(|setting| Line::new(setting, ending)).collect());
        Ok(())
    }

    /// Changes values, those that do not count any more too: to what the function makes of key and value. `None` is as
    /// it was.
    pub(crate) fn replace_values(
        &mut self,
        new: impl Fn(&str, &str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        for setting in self.lines.iter_mut().filter_map(Line::setting_mut) {
            if let Some(value) = new(&setting.key, setting.value()) {
                setting.set(&value)?;
            }
        }
        Ok(())
    }

    /// Adds a line at the end.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn push(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let line = Line::new(Setting::new(key, value)?, self.ending());
        self.insert(self.lines.len(), vec![line]);
        Ok(())
    }

    /// Adds a comment at the end, a `#` before each of its lines.
    ///
    /// # Errors
    /// Control characters.
    pub fn push_comment(&mut self, text: &str) -> Result<(), ConfigError> {
        for line in text.lines() {
            let content = super::line::Content::parse(&format!("# {line}"), self.lines.len() + 1)?;
            let ending = self.ending();
            self.insert(self.lines.len(), vec![Line { content, ending }]);
        }
        Ok(())
    }

    /// Removes every line of a key, and says how many there were.
    pub fn remove(&mut self, key: &str) -> usize {
        self.remove_where(|found| found == key)
    }

    /// Removes every line whose key begins so, as `lxc.net.`, and says how many there were.
    pub fn remove_prefix(&mut self, prefix: &str) -> usize {
        self.remove_where(|found| found.starts_with(prefix))
    }

    /// Removes every line whose key begins so, and puts these in the place of the first.
    ///
    /// # Errors
    /// As [`set`](Self::set); nothing is changed then.
    pub fn replace_prefix<K, V>(&mut self, prefix: &str, entries: &[(K, V)]) -> Result<(), ConfigError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let ending = self.ending();
        let mut new = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            new.push(Line::new(Setting::new(key.as_ref(), value.as_ref())?, ending));
        }
        let is_one = |line: &Line| {
            line.setting()
                .is_some_and(|setting| setting.key.starts_with(prefix))
        };
        let place = self.lines.iter().position(is_one).unwrap_or(self.lines.len());
        self.remove_prefix(prefix);
        self.insert(place, new);
        Ok(())
    }

    fn remove_where(&mut self, condition: impl Fn(&str) -> bool) -> usize {
        let before = self.lines.len();
        self.lines
            .retain(|line| !line.setting().is_some_and(|setting| condition(&setting.key)));
        before - self.lines.len()
    }

    /// Puts lines at a place; the line before them gets an ending where it had none.
    fn insert(&mut self, place: usize, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        let ending = self.ending();
        if let Some(before) = place.checked_sub(1).and_then(|index| self.lines.get_mut(index))
            && before.ending.is_empty()
        {
            before.ending = ending;
        }
        let place = place.min(self.lines.len());
        self.lines.splice(place..place, lines);
    }

    /// How lines of this document end.
    fn ending(&self) -> &'static str {
        let mut endings = self.lines.iter().map(|line| line.ending);
        endings.find(|ending| !ending.is_empty()).unwrap_or("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> ContainerConfig {
        ContainerConfig::parse(text).unwrap()
    }

    #[test]
    fn set_keeps_place_and_spacing() {
        let mut one = config("lxc.a=1\n # c\nlxc.b  =  2\nlxc.a = 3");
        one.set("lxc.a", "4").unwrap();
        one.set("lxc.b", " x").unwrap();
        one.set("lxc.c", "5").unwrap();
        assert_eq!(
            one.to_string(),
            "lxc.a=1\n # c\nlxc.b  =  \" x\"\nlxc.a = 4\nlxc.c = 5\n"
        );
    }

    #[test]
    fn set_all_uses_the_places_there_are() {
        let mut one = config("lxc.cap.drop =\nlxc.cap.drop = a\n# c\nlxc.cap.drop = b\nlxc.x = 1\n");
        one.set_all("lxc.cap.drop", &["a", "c", "d"]).unwrap();
        let text = "lxc.cap.drop =\nlxc.cap.drop = a\n# c\nlxc.cap.drop = c\nlxc.cap.drop = d\nlxc.x = 1\n";
        assert_eq!(one.to_string(), text);
        one.set_all("lxc.cap.drop", &["z"]).unwrap();
        assert_eq!(
            one.to_string(),
            "lxc.cap.drop =\nlxc.cap.drop = z\n# c\nlxc.x = 1\n"
        );
        one.set_all::<&str>("lxc.cap.drop", &[]).unwrap();
        assert_eq!(one.all("lxc.cap.drop"), Vec::<&str>::new());
    }

    #[test]
    fn lines_end_as_the_document_does() {
        let mut one = config("lxc.a = 1\r\nlxc.b = 2");
        one.push("lxc.c", "3").unwrap();
        assert_eq!(one.to_string(), "lxc.a = 1\r\nlxc.b = 2\r\nlxc.c = 3\r\n");
    }

    #[test]
    fn replace_prefix_keeps_the_place() {
        let mut one = config("lxc.a = 1\nlxc.net.0.type = veth\nlxc.b = 2\nlxc.net.0.link = br0\n");
        one.replace_prefix("lxc.net.", &[("lxc.net.0.type", "empty")])
            .unwrap();
        assert_eq!(one.to_string(), "lxc.a = 1\nlxc.net.0.type = empty\nlxc.b = 2\n");
        assert_eq!(one.remove_prefix("lxc.net."), 1);
    }

    #[test]
    fn comments_are_added() {
        let mut one = ContainerConfig::new();
        one.push_comment("made by\nhand").unwrap();
        assert_eq!(one.to_string(), "# made by\n# hand\n");
    }
}
