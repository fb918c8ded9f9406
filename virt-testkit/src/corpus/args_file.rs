//! Files with an expected command line: environment, program and options in shell quoting, one option a line.

use std::fmt;

/// A command line taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ArgsFile {
    /// Environment variables, in order.
    pub env: Vec<(String, String)>,
    /// The program.
    pub program: String,
    /// The options, in order.
    pub arguments: Vec<Argument>,
}

/// An option with its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Argument {
    /// The option, such as `-device`.
    pub option: String,
    /// Its value; empty if it has none.
    pub value: String,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.option, self.value)
    }
}

impl ArgsFile {
    /// Takes an expected file apart.
    ///
    /// # Errors
    /// When a quote is not closed or there is no program.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = words(text)?.into_iter().peekable();
        let mut env = Vec::new();
        while let Some(word) = words.next_if(|word| is_assignment(word)) {
            if let Some((name, value)) = word.split_once('=') {
                env.push((name.to_owned(), value.to_owned()));
            }
        }
        let program = words.next().ok_or("there is no program")?;
        Ok(Self {
            env,
            program,
            arguments: arguments(words),
        })
    }

    /// A command line as a program would be started with.
    #[must_use]
    pub fn of(env: &[(String, String)], program: &str, args: &[String]) -> Self {
        Self {
            env: env.to_vec(),
            program: program.to_owned(),
            arguments: arguments(args.iter().cloned()),
        }
    }
}

fn arguments(words: impl IntoIterator<Item = String>) -> Vec<Argument> {
    let mut arguments: Vec<Argument> = Vec::new();
    for word in words {
        match arguments.last_mut() {
            Some(last) if !is_option(&word) && last.value.is_empty() => last.value = word,
            _ => arguments.push(Argument {
                option: word,
                value: String::new(),
            }),
        }
    }
    arguments
}

fn is_option(word: &str) -> bool {
    word.starts_with('-') && word.len() > 1
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else {
        return false;
    };
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// Splits as a shell does: blanks, single and double quotes, backslashes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some(end) if end == letter => break,
                        Some('\\') if letter == '"' => word.extend(letters.next()),
                        Some(quoted) => word.push(quoted),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                }
            }
            blank if blank.is_whitespace() => words.extend(word.take()),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::ArgsFile;

    #[test]
    fn a_file_is_environment_program_and_options() {
        let text = "LC_ALL=C \\\nHOME=/a \\\n/usr/bin/qemu \\\n-S \\\n-name 'a b'\\''c' \\\n-uuid 1\n";
        let file = ArgsFile::parse(text).unwrap();
        assert_eq!(file.env.len(), 2);
        assert_eq!(file.program, "/usr/bin/qemu");
        let shown: Vec<String> = file.arguments.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["-S ", "-name a b'c", "-uuid 1"]);
    }
}
