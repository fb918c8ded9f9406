//! What the configuration may ask about this machine and its user.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use virt_core::{Error, ErrorKind, Result};

/// This machine and the user whose configuration is read. [`current`](Self::current) asks the system; tests say what
/// they like.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Environment {
    /// The user's name: who is logged in as where nothing else is said, `%u`, and what `Match localuser` sees.
    pub user: String,
    /// The user's number: `%i`, and whose files are trusted beside root's.
    pub uid: u32,
    /// The user's home: `~` and `%d`. `.ssh/config` is looked for there.
    pub home: String,
    /// This machine's name: `%l`, and up to its first dot `%L`.
    pub host_name: String,
    /// Where the machine's own `ssh_config` is.
    pub system_directory: PathBuf,
    variables: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// The user and the home that the password database has for this process; `$USER` and `$HOME` where it has none.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where neither says who this is.
    pub fn current() -> Result<Self> {
        let uid = rustix::process::getuid().as_raw();
        let entry = passwd_entry(|fields| fields.uid == uid);
        let or_variable = |known: Option<String>, name: &str| {
            known.or_else(|| std::env::var(name).ok()).ok_or_else(|| {
                let message =
                    format!("there is no user with number {uid} in /etc/passwd, and ${name} is not set");
                Error::new(ErrorKind::InvalidArgument, message)
            })
        };
        let (user, home) = entry.unzip();
        Ok(Self {
            user: or_variable(user, "USER")?,
            uid,
            home: or_variable(home, "HOME")?,
            host_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            system_directory: PathBuf::from("/etc/ssh"),
            variables: None,
        })
    }

    /// A user with that name and home on a machine without a name; the number is that of this process.
    pub fn new(user: impl Into<String>, home: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            uid: rustix::process::getuid().as_raw(),
            home: home.into(),
            host_name: "localhost".to_owned(),
            system_directory: PathBuf::from("/etc/ssh"),
            variables: Some(BTreeMap::new()),
        }
    }

    /// Sets a variable; from then on those of the process are not looked at.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables
            .get_or_insert_default()
            .insert(name.into(), value.into());
        self
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match &self.variables {
            Some(given) => given.get(name).cloned(),
            None => std::env::var(name).ok(),
        }
    }

    /// The user's directory of configuration and keys.
    pub(super) fn user_directory(&self) -> PathBuf {
        Path::new(&self.home).join(".ssh")
    }

    /// A path with a `~` or `~user` in front; others are returned as they are. `None` where there is no such user.
    pub(super) fn expand_tilde(&self, path: &str) -> Option<String> {
        let Some(rest) = path.strip_prefix('~') else {
            return Some(path.to_owned());
        };
        let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
        let home = if user.is_empty() {
            self.home.clone()
        } else {
            passwd_entry(|fields| fields.name == user)?.1
        };
        let slash = if home.ends_with('/') { "" } else { "/" };
        Some(format!("{home}{slash}{}", below.trim_start_matches('/')))
    }
}

struct PasswdFields<'a> {
    name: &'a str,
    uid: u32,
}

/// Name and home of the first user of the password file that fits.
fn passwd_entry(fits: impl Fn(PasswdFields<'_>) -> bool) -> Option<(String, String)> {
    let database = fs::read_to_string("/etc/passwd").ok()?;
    database.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let home = fields.nth(2)?;
        fits(PasswdFields { name, uid }).then(|| (name.to_owned(), home.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_user_has_a_name_and_a_home() {
        let environment = Environment::current().unwrap();
        assert!(!environment.user.is_empty());
        assert!(environment.home.starts_with('/'));
        assert!(!environment.host_name.is_empty());
    }

    #[test]
    fn tildes_are_homes() {
        let environment = Environment::new("me", "/home/me");
        assert_eq!(
            environment.expand_tilde("~/.ssh/id").as_deref(),
            Some("/home/me/.ssh/id")
        );
        assert_eq!(environment.expand_tilde("~//x").as_deref(), Some("/home/me/x"));
        assert_eq!(environment.expand_tilde("a~").as_deref(), Some("a~"));
        assert_eq!(environment.expand_tilde("~no-such-user/x"), None);
        assert_eq!(environment.expand_tilde("~root/x").as_deref(), Some("/root/x"));
    }
}
