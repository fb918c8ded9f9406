//! A container as liblxc's tools know it, made and run without the SDK.

use super::super::debian::output_of;
use super::super::error::LiveError;
use super::Rootfs;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The usual configuration of containers, without what lxcfs adds to it where that is installed: a pause of half a second
/// at each end.
pub const PLAIN: &str = "lxc.include = /usr/share/lxc/config/common.conf\n\
    lxc.hook.mount =\n\
    lxc.hook.post-stop =\n\
    lxc.arch = x86_64\n";

/// A container below an lxcpath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Native {
    lxcpath: PathBuf,
    name: String,
}

impl Native {
    /// Writes its configuration: [`PLAIN`], its name and root file system, and these lines.
    ///
    /// # Errors
    /// [`LiveError`] when that can't be written.
    pub fn define(lxcpath: &Path, name: &str, rootfs: &Rootfs, more: &str) -> Result<Self, LiveError> {
        let text = format!(
            "{PLAIN}lxc.uts.name = {name}\nlxc.rootfs.path = dir:{}\n{more}\n",
            rootfs.path().display()
        );
        Self::define_as(lxcpath, name, &text)
    }

    /// Writes this as its configuration.
    ///
    /// # Errors
    /// As [`define`](Self::define).
    pub fn define_as(lxcpath: &Path, name: &str, text: &str) -> Result<Self, LiveError> {
        let native = Self::at(lxcpath, name);
        let directory = lxcpath.join(name);
        fs::create_dir_all(&directory).map_err(|error| LiveError::file("create", &directory, error))?;
        let path = native.config();
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))?;
        Ok(native)
    }

    /// One that is there already.
    #[must_use]
    pub fn at(lxcpath: &Path, name: &str) -> Self {
        Self {
            lxcpath: lxcpath.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The file of its configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.lxcpath.join(&self.name).join("config")
    }

    /// Starts it, and returns when its first process runs.
    ///
    /// # Errors
    /// [`LiveError`] with what `lxc-start` wrote to its log.
    pub fn start(&self) -> Result<(), LiveError> {
        let log = self.lxcpath.join(&self.name).join("start.log");
        let mut start = self.tool("lxc-start");
        start.arg("-o").arg(&log).args(["-l", "ERROR"]);
        output_of(&mut start).map(drop).map_err(|error| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            LiveError::Unexpected(format!("{error}: {}", said.trim()))
        })
    }

    /// Kills it (`lxc-stop -k`), and returns when nothing of it is left.
    ///
    /// # Errors
    /// [`LiveError`] with what `lxc-stop` said; it says no to one that does not run.
    pub fn kill(&self) -> Result<(), LiveError> {
        output_of(self.tool("lxc-stop").arg("-k")).map(drop)
    }

    /// What a program wrote that ran in it (`lxc-attach`).
    ///
    /// # Errors
    /// [`LiveError`] when it failed, with the end of what it wrote to standard error.
    pub fn run(&self, words: &[&str]) -> Result<String, LiveError> {
        let mut attach = self.tool("lxc-attach");
        attach.args(["--clear-env", "--"]).args(words).current_dir("/");
        output_of(&mut attach).map(|said| String::from_utf8_lossy(&said).into_owned())
    }

    /// Its state, in liblxc's words: `RUNNING`, `STOPPED`, `FROZEN`.
    ///
    /// # Errors
    /// [`LiveError`] with what `lxc-info` said.
    pub fn state(&self) -> Result<String, LiveError> {
        self.info("-s")
    }

    /// The number of its first process, as it is outside; none when it does not run.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub fn pid(&self) -> Result<Option<u32>, LiveError> {
        Ok(self.info("-p")?.parse().ok())
    }

    fn info(&self, what: &str) -> Result<String, LiveError> {
        // Of a container that stands still in the middle of its start it waits for ever.
        let mut bounded = Command::new("timeout");
        bounded
            .args(["20", "lxc-info"])
            .args(self.tool("lxc-info").get_args());
        let said = output_of(bounded.args([what, "-H"]))?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }

    /// One of liblxc's tools, told which container it is about.
    #[must_use]
    pub fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-P").arg(&self.lxcpath).args(["-n", &self.name]);
        command
    }
}
