//! Lines of `known_hosts` about an sshd of the test's own.

use super::{LiveError, Sshd, new_directory, output_of, read, write};
use std::process::Command;

/// How a machine stands in `known_hosts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HostLine {
    /// By its name.
    #[default]
    Plain,
    /// With its name hashed, by `ssh-keygen -H`.
    Hashed,
    /// With its keys revoked.
    Revoked,
}

impl Sshd {
    /// Text of `known_hosts` with every key of this sshd.
    ///
    /// # Errors
    /// [`LiveError`] when a key's file is gone, or with what `ssh-keygen` said.
    pub fn known_hosts(&self, form: HostLine) -> Result<String, LiveError> {
        let name = match self.address().port() {
            22 => self.address().ip().to_string(),
            port => format!("[{}]:{port}", self.address().ip()),
        };
        self.known_hosts_as(&name, form)
    }

    /// The same under another name, for `HostKeyAlias` and names with patterns.
    ///
    /// # Errors
    /// As [`known_hosts`](Self::known_hosts).
    pub fn known_hosts_as(&self, name: &str, form: HostLine) -> Result<String, LiveError> {
        let marker = match form {
            HostLine::Revoked => "@revoked ",
            HostLine::Plain | HostLine::Hashed => "",
        };
        let mut text = String::new();
        for key in self.host_keys() {
            text.push_str(&format!("{marker}{name} {}\n", key.public_key()?));
        }
        if form != HostLine::Hashed {
            return Ok(text);
        }
        let directory = new_directory()?;
        let file = directory.path().join("known_hosts");
        write(&file, &text, 0o600)?;
        output_of(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&file))?;
        read(&file)
    }
}
