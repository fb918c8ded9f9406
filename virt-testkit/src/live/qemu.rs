//! The QEMUs of this machine: the installed one, and a 7.2 beside it.

use super::error::{LiveError, Result};
use super::{cache_directory, debian};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One `qemu-system-x86_64`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QemuBinary {
    /// Where it is.
    pub path: PathBuf,
    /// Its version: major, minor.
    pub version: (u32, u32),
}

impl QemuBinary {
    /// The one that tests use when they do not ask for a version: `$VIRT_QEMU`, else the one in `$PATH`.
    ///
    /// # Errors
    /// [`LiveError`] when there is none or it does not tell its version.
    pub fn installed() -> std::result::Result<Self, LiveError> {
        let path = std::env::var_os("VIRT_QEMU")
            .map(PathBuf::from)
            .or_else(|| in_path("qemu-system-x86_64"));
        let path = path.ok_or_else(|| {
            LiveError::Unexpected(
                "no qemu-system-x86_64 in $PATH: `cargo xtask install qemu` installs it".to_owned(),
            )
        })?;
        Self::at(&path)
    }

    /// QEMU 7.2: `$VIRT_QEMU_7_2`, else the one that `cargo xtask install` unpacked into the cache.
    ///
    /// # Errors
    /// [`LiveError`] when there is none or it does not tell its version.
    pub fn version_7_2() -> std::result::Result<Self, LiveError> {
        let unpacked = || cache_directory().join("qemu-7.2/usr/bin/qemu-system-x86_64");
        let path = std::env::var_os("VIRT_QEMU_7_2").map_or_else(unpacked, PathBuf::from);
        if !path.exists() {
            let what = format!(
                "no QEMU 7.2 at {}: `cargo xtask install qemu-7.2` puts it there",
                path.display()
            );
            return Err(LiveError::Unexpected(what));
        }
        Self::at(&path)
    }

    /// The one at `path`.
    ///
    /// # Errors
    /// [`LiveError`] when it does not run or does not tell its version.
    pub fn at(path: &Path) -> std::result::Result<Self, LiveError> {
        let said = debian::output_of(Command::new(path).arg("--version"))?;
        Ok(Self {
            path: path.to_path_buf(),
            version: version_in(&String::from_utf8_lossy(&said), path)?,
        })
    }
}

fn in_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

fn version_in(said: &str, path: &Path) -> Result<(u32, u32)> {
    said.split_whitespace()
        .find_map(|word| {
            let mut numbers = word.split('.');
            Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
        })
        .ok_or_else(|| LiveError::Unexpected(format!("{} does not tell its version", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_qemu_prints() {
        let said = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright";
        assert_eq!(version_in(said, Path::new("qemu")).unwrap(), (7, 2));
        assert!(version_in("hello", Path::new("qemu")).is_err());
    }
}
