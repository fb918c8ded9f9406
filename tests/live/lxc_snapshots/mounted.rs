//! File systems in files.

use std::path::{Path, PathBuf};

use virt_testkit::conformance::{Doing as _, Failure};

use crate::checks::check;

pub(super) fn run(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let output = std::process::Command::new(program).args(arguments).output();
    let output = output.doing(program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(
        output.status.success(),
        format!("{program} {arguments:?} failed: {said}"),
    )
}

/// A file system in a file, mounted for a test.
pub(super) struct Mounted(pub(super) PathBuf);

impl Mounted {
    pub(super) fn new(image: &Path, at: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(at).doing("making a directory")?;
        run(
            "mount",
            &["-o", "loop", &image.to_string_lossy(), &at.to_string_lossy()],
        )?;
        Ok(Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // liblxc's own daemon is in it for half a minute more.
        drop(run("umount", &["-l", &self.0.to_string_lossy()]));
    }
}

pub(super) fn image(path: &Path, program: &str, size: u64) -> Result<(), Failure> {
    let found = std::process::Command::new(program).arg("-V").output();
    if found.is_err() {
        return Err(Failure::not_here(format!("{program} is not installed")));
    }
    let file = std::fs::File::create(path).doing("making an image")?;
    file.set_len(size << 20).doing("making an image")?;
    run(program, &["-q", &path.to_string_lossy()])
}
