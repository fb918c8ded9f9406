//! The one place where data becomes part of a shell's text.

use virt_core::{Error, ErrorKind, Result};

/// A word of a POSIX shell that means exactly these bytes: nothing in it is expanded, split or taken for an operator.
///
/// The text is meant for `/bin/sh` alone: what goes through the far user's login shell, which may be any, holds no
/// data at all (see [`far`](super::far)).
///
/// # Errors
/// `InvalidArgument` for a NUL character, which no argument of a program and no path can hold.
pub(super) fn word(text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{text:?} holds a NUL character, which neither an argument nor a path can"),
        ));
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A call of a function of the far scripts: its name, then each argument as one word.
#[derive(Debug, Clone)]
pub(super) struct Call(String);

impl Call {
    /// A call without arguments yet.
    pub(super) fn new(function: &'static str) -> Self {
        Self(function.to_owned())
    }

    /// Adds one argument.
    ///
    /// # Errors
    /// As [`word`].
    pub(super) fn arg(mut self, text: &str) -> Result<Self> {
        self.0.push(' ');
        self.0.push_str(&word(text)?);
        Ok(self)
    }

    /// Adds the word that the session says first.
    pub(super) fn marker(mut self) -> Self {
        self.0.push_str(" MARKER");
        self
    }

    /// Adds a number.
    pub(super) fn number(mut self, number: u64) -> Self {
        self.0.push(' ');
        self.0.push_str(&number.to_string());
        self
    }

    /// Adds arguments.
    ///
    /// # Errors
    /// As [`word`].
    pub(super) fn args<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        texts.into_iter().try_fold(self, Self::arg)
    }

    /// The text of the call.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::host::loopback::{SHELLS, exists};
    use proptest::prelude::*;
    use std::process::{Command, Stdio};

    /// What arrives at a program when a shell is given these words, evaluated as a worker does it.
    fn arrived(shell: &[&str], texts: &[String]) -> Vec<u8> {
        let call = Call::new("printf '%s\\0'")
            .args(texts.iter().map(String::as_str))
            .unwrap();
        let mut child = Command::new(shell[0])
            .args(&shell[1..])
            .args(["-c", "export LC_ALL=C; eval \"$(cat)\""])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // An external program, so that it is its argv that is seen.
        let text = format!("/usr/bin/env {}", call.as_str());
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    fn expected(texts: &[String]) -> Vec<u8> {
        texts
            .iter()
            .flat_map(|text| [text.as_bytes(), b"\0"].concat())
            .collect()
    }

    #[test]
    fn hostile_words_arrive_as_they_are() {
        let texts: Vec<String> = [
            "",
            " ",
            "a b",
            "$(id)",
            "`id`",
            "${HOME}",
            "'",
            "''",
            "'\\''",
            "\"",
            "\\",
            "\n",
            "\n\n",
            "a\nb\n",
            "-n",
            "--",
            "*",
            "?",
            "[a]",
            "~",
            "!x",
            "#",
            ";",
            "&",
            "|",
            "<>",
            "\u{1}\u{7f}\u{88}",
            "ā\u{81}\u{20ac}𝄞",
            "\r\t",
            "é'\n$(x)",
            "{a,b}",
            "=",
            "\\0",
            "%s",
        ]
        .map(str::to_owned)
        .to_vec();
        for shell in crate::ssh::host::loopback::shells() {
            let shell: Vec<&str> = shell.split(' ').collect();
            assert_eq!(arrived(&shell, &texts), expected(&texts), "{shell:?}");
        }
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(word("a\0b").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_words_arrive_as_they_are(texts in proptest::collection::vec("[^\0]{0,20}", 1..20)) {
            let here = SHELLS.into_iter().filter(|shell| exists(shell));
            for shell in here {
                let shell: Vec<&str> = shell.split(' ').collect();
                prop_assert_eq!(arrived(&shell, &texts), expected(&texts), "{:?}", shell);
            }
        }
    }
}
