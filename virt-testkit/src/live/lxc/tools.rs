//! Whether real containers can be started on this machine now.

use super::super::debian::output_of;
use super::super::error::LiveError;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// liblxc's tools on a machine where they start containers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LxcTools {
    /// Their version, such as `5.0.2`.
    pub version: String,
    /// The hierarchies of control groups in which containers get theirs.
    pub control_groups: Vec<PathBuf>,
}

impl LxcTools {
    /// Those of this machine.
    ///
    /// # Errors
    /// [`LiveError`] with what is missing: the tools (`cargo xtask install lxc`), root's rights, or control groups that
    /// can be written.
    pub fn check() -> Result<Self, LiveError> {
        let missing = |what: &str| Err(LiveError::Unexpected(what.to_owned()));
        let Ok(version) = output_of(Command::new("lxc-start").arg("--version")) else {
            return missing("liblxc's tools are not installed: `cargo xtask install lxc`");
        };
        if !fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            return missing("containers are started by root here");
        }
        let control_groups: Vec<PathBuf> = hierarchies()
            .into_iter()
            .filter(|path| is_writable(path))
            .collect();
        if control_groups.is_empty() {
            return missing("no hierarchy of control groups can be written here");
        }
        Ok(Self {
            version: String::from_utf8_lossy(&version).trim().to_owned(),
            control_groups,
        })
    }
}

/// The same as a plain yes or no.
#[must_use]
pub fn is_lxc_usable() -> bool {
    LxcTools::check().is_ok()
}

/// Where control groups are mounted, of both generations.
pub(super) fn hierarchies() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    mounts.lines().filter_map(hierarchy).map(PathBuf::from).collect()
}

fn hierarchy(line: &str) -> Option<&str> {
    let mut words = line.split(' ');
    let (_, place, kind) = (words.next()?, words.next()?, words.next()?);
    matches!(kind, "cgroup" | "cgroup2").then_some(place)
}

fn is_writable(hierarchy: &Path) -> bool {
    let group = hierarchy.join(format!("virt-test.{}", uuid::Uuid::new_v4().simple()));
    fs::create_dir(&group).is_ok() && fs::remove_dir(&group).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_both_generations_are_seen_among_mounts() {
        assert_eq!(
            hierarchy("cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0"),
            Some("/sys/fs/cgroup/memory")
        );
        assert_eq!(
            hierarchy("none /sys/fs/cgroup cgroup2 rw 0 0"),
            Some("/sys/fs/cgroup")
        );
        assert_eq!(hierarchy("tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0"), None);
    }
}
