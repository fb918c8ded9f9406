//! Users of the test's own.

use super::processes::{kill, of_user};
use super::{LiveError, PREFIX, Result, is_left_over, new_name, output_of, read, write};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a user may do as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sudo {
    /// Nothing.
    #[default]
    No,
    /// Everything, without a password.
    NoPassword,
    /// Everything, with the user's password.
    WithPassword,
}

/// A user of this machine, with a password and a home; dropping it ends the user's processes and removes both.
#[derive(Debug)]
pub struct TestUser {
    name: String,
    password: String,
}

impl TestUser {
    /// Makes one. Those that killed tests have left are removed first.
    ///
    /// # Errors
    /// [`LiveError`] when this is not root, or with what `useradd` said.
    pub fn create(sudo: Sudo) -> std::result::Result<Self, LiveError> {
        remove_leftovers()?;
        let user = Self {
            name: new_name(),
            password: uuid::Uuid::new_v4().simple().to_string(),
        };
        output_of(
            Command::new("useradd")
                .args(["--create-home", "--shell", "/bin/bash", "--home-dir"])
                .arg(user.home())
                .arg(&user.name),
        )?;
        set_password(&user.name, &user.password)?;
        let tag = match sudo {
            Sudo::No => return Ok(user),
            Sudo::NoPassword => "NOPASSWD: ",
            Sudo::WithPassword => "",
        };
        let rule = format!("{} ALL=(ALL:ALL) {tag}ALL\n", user.name);
        write(&sudo_rule(&user.name), &rule, 0o440)?;
        Ok(user)
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The user's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The user's home.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        Path::new("/home").join(&self.name)
    }

    /// Gives a directory and all in it to the user.
    ///
    /// # Errors
    /// [`LiveError`] with what `chown` said.
    pub fn give(&self, directory: &Path) -> std::result::Result<(), LiveError> {
        let mut command = Command::new("chown");
        command.args(["-R", &format!("{}:", self.name)]).arg(directory);
        output_of(&mut command).map(drop)
    }
}

impl Drop for TestUser {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

fn set_password(name: &str, password: &str) -> Result<()> {
    let failed = |error| LiveError::file("run", Path::new("chpasswd"), error);
    let mut child = Command::new("chpasswd")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{name}:{password}").map_err(failed)?;
    }
    match child.wait().map_err(failed)?.success() {
        true => Ok(()),
        false => Err(LiveError::Unexpected(format!(
            "chpasswd set no password for {name}"
        ))),
    }
}

fn sudo_rule(name: &str) -> PathBuf {
    Path::new("/etc/sudoers.d").join(name)
}

/// Best effort: what stays is removed by the next test.
fn remove(name: &str) {
    drop(std::fs::remove_file(sudo_rule(name)));
    if let Ok(id) = output_of(Command::new("id").args(["-u", name]))
        && let Ok(id) = id.trim().parse()
    {
        kill(&of_user(id));
    }
    // It complains about a mail spool that is not there.
    drop(output_of(
        Command::new("userdel").args(["--force", "--remove", name]),
    ));
}

fn remove_leftovers() -> Result<()> {
    let users = read(Path::new("/etc/passwd"))?;
    let names = users.lines().filter_map(|line| line.split(':').next());
    names
        .filter(|name| name.starts_with(PREFIX) && is_left_over(name))
        .for_each(remove);
    Ok(())
}
