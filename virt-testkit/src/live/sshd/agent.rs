//! An `ssh-agent` of the test's own.

use super::{KeyPair, LiveError, new_directory, output_of, write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const ASKPASS: &str = "#!/bin/sh
[ -e \"$0.asked\" ] && exit 1
: > \"$0.asked\"
printf '%s\\n' \"$VIRT_TEST_PASSPHRASE\"
";

/// A running `ssh-agent`; dropping it ends it.
#[derive(Debug)]
pub struct SshAgent {
    _child: Child,
    directory: tempfile::TempDir,
}

impl SshAgent {
    /// Starts one without keys.
    ///
    /// # Errors
    /// [`LiveError`] when `ssh-agent` is missing or does not listen.
    pub async fn start() -> Result<Self, LiveError> {
        let directory = new_directory()?;
        let mut child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(directory.path().join("agent"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| LiveError::file("run", Path::new("ssh-agent"), error))?;
        // It names its socket once that is there.
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut said).await;
            read.map_err(|error| LiveError::file("hear from", Path::new("ssh-agent"), error))?;
        }
        match said.contains("SSH_AUTH_SOCK") {
            true => Ok(Self {
                _child: child,
                directory,
            }),
            false => Err(LiveError::Unexpected("ssh-agent did not listen".to_owned())),
        }
    }

    /// Its socket, for `SSH_AUTH_SOCK` and `IdentityAgent`.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("agent")
    }

    /// Loads a key, and the certificate beside it where there is one; `passphrase` opens an encrypted one.
    ///
    /// # Errors
    /// [`LiveError`] with what `ssh-add` said.
    pub fn add(&self, key: &KeyPair, passphrase: Option<&str>) -> Result<(), LiveError> {
        // ssh-add asks until it fits or there is no answer: it is answered once.
        let script = self.directory.path().join("askpass");
        write(&script, ASKPASS, 0o700)?;
        let asked = script.with_extension("asked");
        if asked.exists() {
            std::fs::remove_file(&asked).map_err(|error| LiveError::file("remove", &asked, error))?;
        }
        let mut command = std::process::Command::new("ssh-add");
        command
            .arg("-q")
            .arg(key.private())
            .env("SSH_AUTH_SOCK", self.socket())
            .env("SSH_ASKPASS", &script)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("VIRT_TEST_PASSPHRASE", passphrase.unwrap_or_default())
            .stdin(Stdio::null());
        output_of(&mut command).map(drop)
    }
}
