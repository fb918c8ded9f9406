//! A file system of a test's own, to be filled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use virt_testkit::conformance::{Doing as _, Failure};

use crate::fixture::check;

/// A small file system, mounted until this is dropped.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    pub(crate) fn new(at: &Path, options: &str) -> Result<Self, Failure> {
        fs::create_dir_all(at).doing("making a directory")?;
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(at)
            .output();
        let done = done.doing("running mount")?;
        if done.status.success() {
            return Ok(Self(at.to_path_buf()));
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(Failure::not_here(format!(
            "no file system can be mounted here: {said}"
        )))
    }

    pub(crate) fn remount(&self, options: &str) -> Result<(), Failure> {
        let options = format!("remount,{options}");
        let done = Command::new("mount")
            .args(["-o", options.as_str()])
            .arg(&self.0)
            .status();
        check(
            done.doing("running mount")?.success(),
            "the file system cannot be remounted",
        )
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Fills it, as far as it goes.
    pub(crate) fn fill(&self) {
        fs::write(self.0.join("filler"), vec![0_u8; 1 << 20]).err();
    }

    /// Takes back what filled it.
    pub(crate) fn make_room(&self) -> Result<(), Failure> {
        fs::remove_file(self.0.join("filler")).doing("making room")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
