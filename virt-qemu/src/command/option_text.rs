//! QEMU's `key=value,key=value` option syntax, in which a comma in a value is doubled.

use std::fmt::{self, Write as _};

/// One option argument, such as `socket,id=charmonitor,path=/run/a,,b`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionText {
    text: String,
}

impl OptionText {
    /// Begins with a word without a key, such as a chardev backend or a machine type.
    #[must_use]
    pub fn new(first: &str) -> Self {
        let mut option = Self::default();
        option.value(first);
        option
    }

    /// Begins with `key=value`.
    #[must_use]
    pub fn pair(key: &str, value: impl fmt::Display) -> Self {
        Self::default().with(key, value)
    }

    /// Adds `,key=value`, commas in the value doubled.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.push(key, value);
        self
    }

    /// Adds `,key=value` if there is a value.
    #[must_use]
    pub fn with_some(mut self, key: &str, value: Option<impl fmt::Display>) -> Self {
        if let Some(value) = value {
            self.push(key, value);
        }
        self
    }

    /// Adds `,key=on` or `,key=off`.
    #[must_use]
    pub fn with_switch(self, key: &str, on: bool) -> Self {
        self.with(key, if on { "on" } else { "off" })
    }

    /// Adds `,word`.
    #[must_use]
    pub fn with_word(mut self, word: &str) -> Self {
        self.separate();
        self.value(word);
        self
    }

    /// Adds `,key=value`, commas in the value doubled.
    pub fn push(&mut self, key: &str, value: impl fmt::Display) {
        self.separate();
        self.text.push_str(key);
        self.text.push('=');
        self.value(&value.to_string());
    }

    fn separate(&mut self) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
    }

    fn value(&mut self, value: &str) {
        for character in value.chars() {
            if character == ',' {
                self.text.push(',');
            }
            let _ = self.text.write_char(character);
        }
    }
}

impl fmt::Display for OptionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    /// How QEMU splits: at single commas, a doubled one stands for itself.
    fn split(option: &str) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut characters = option.chars().peekable();
        while let Some(character) = characters.next() {
            let last = parts.last_mut().unwrap();
            match character {
                ',' if characters.next_if_eq(&',').is_some() => last.push(','),
                ',' => parts.push(String::new()),
                other => last.push(other),
            }
        }
        parts
    }

    proptest! {
        #[test]
        fn qemu_reads_back_what_was_written(path in any::<String>(), id in "[a-z,=]{1,12}") {
            let option = OptionText::new("socket").with("id", &id).with("path", &path).with("server", "on");
            let read = split(&option.to_string());
            // A value that begins with a comma is the one thing the syntax keeps apart by the '=' before it.
            assert_eq!(read, vec!["socket".to_owned(), format!("id={id}"), format!("path={path}"), "server=on".to_owned()]);
        }
    }
}
