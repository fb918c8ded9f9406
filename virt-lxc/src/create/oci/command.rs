//! The command of an image, as liblxc can be told it.

/// What is run in a container made of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
    /// Where programs without a path are looked for.
    pub(crate) directories: Vec<String>,
}

impl Command {
    /// Where the script is that runs what liblxc cannot be told.
    pub(crate) const SCRIPT: &'static str = "/.virt-sdk-init";

    /// Where its program may be in the root.
    pub(crate) fn candidates(&self) -> Vec<String> {
        match self.words.first() {
            Some(program) if program.starts_with('/') => vec![program.clone()],
            Some(program) if !program.contains('/') => {
                let directories = self
                    .directories
                    .iter()
                    .map(|directory| directory.trim_end_matches('/'));
                directories
                    .map(|directory| format!("{directory}/{program}"))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether liblxc can be told it: it splits at spaces, and quotes nothing.
    pub(crate) fn is_plain(&self) -> bool {
        let is_word =
            |word: &String| !word.is_empty() && !word.chars().any(|one| one == ' ' || one.is_ascii_control());
        self.words.iter().all(is_word) && self.words.first().is_some_and(|program| program.starts_with('/'))
    }

    /// A script that runs it.
    pub(crate) fn script(&self) -> String {
        let quoted = self
            .words
            .iter()
            .map(|word| format!("'{}'", word.replace('\'', "'\\''")));
        let quoted: Vec<String> = quoted.collect();
        format!("#!/bin/sh\nexec {} \"$@\"\n", quoted.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_liblxc_cannot_be_told_is_put_into_a_script() {
        let command = |words: &[&str]| Command {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            directories: vec!["/usr/bin/".to_owned(), "/bin".to_owned()],
        };
        assert!(command(&["/bin/sh", "-c"]).is_plain());
        let shell = command(&["sh", "-c", "echo it's"]);
        assert!(!shell.is_plain());
        assert_eq!(shell.candidates(), ["/usr/bin/sh", "/bin/sh"]);
        assert_eq!(
            shell.script(),
            "#!/bin/sh\nexec 'sh' '-c' 'echo it'\\''s' \"$@\"\n"
        );
        assert!(command(&["./here"]).candidates().is_empty());
    }
}
