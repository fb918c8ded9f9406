//! How files of datastores are named: `[datastore] dir/file`, or by their place on the host.

use virt_core::{Error, ErrorKind, Result, Subject};

use crate::soap::in_datastore;

/// The label of a datastore, and where in it something is; empty for the datastore itself.
pub(super) fn parts(name: &str) -> Option<(&str, &str)> {
    let (label, path) = in_datastore(name)?;
    Some((label, path.trim_matches('/')))
}

/// A name as servers write it.
pub(super) fn whole(label: &str, path: &str) -> String {
    if path.is_empty() {
        format!("[{label}]")
    } else {
        format!("[{label}] {path}")
    }
}

/// The directory and the name within it.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Refuses what would lie outside of its datastore, or is no name. Spaces around the whole are no part of it in `[datastore]
/// dir/file`: it would be another file's.
pub(super) fn check(path: &str) -> Result<()> {
    let is_wrong = |part: &str| matches!(part, "" | "." | "..");
    let is_whole = path.trim() == path;
    if is_whole && !path.split('/').any(is_wrong) && !path.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("{path:?} is no name of a file in a datastore: dir/file, without '.' and '..'");
    Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Path(path.to_owned())))
}

/// A pattern that fits a name of a file, and perhaps others.
pub(super) fn pattern(file: &str) -> String {
    file.replace(['*', '?', '[', ']', '\\'], "?")
}

/// Whether a file's name ends so, whatever the case.
pub(super) fn ends_with(name: &str, suffix: &str) -> bool {
    let start = name.len().saturating_sub(suffix.len());
    name.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix) && start > 0)
}

/// The file with the bare content of a disk.
pub(super) fn flat(disk: &str) -> String {
    let stem = disk.get(..disk.len().saturating_sub(DISK.len())).unwrap_or(disk);
    format!("{stem}-flat{DISK}")
}

/// How the descriptors of disks end.
pub(super) const DISK: &str = ".vmdk";
/// How images of optical media end.
pub(super) const OPTICAL: &str = ".iso";
/// How images of floppies end.
pub(super) const FLOPPIES: &[&str] = &[".flp", ".img"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_and_put_together() {
        assert_eq!(parts("[ds 1] a/b.vmdk"), Some(("ds 1", "a/b.vmdk")));
        assert_eq!(parts("[ds] a/"), Some(("ds", "a")));
        assert_eq!(parts("[ds]"), Some(("ds", "")));
        for wrong in ["", "a/b", "[] a", "[a"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        assert_eq!(whole("ds", ""), "[ds]");
        assert_eq!(whole("ds", "a [1]/b"), "[ds] a [1]/b");
        assert_eq!(split("a/b/c"), ("a/b", "c"));
        assert_eq!(split("c"), ("", "c"));
    }

    #[test]
    fn what_lies_outside_is_refused() {
        for wrong in [
            "", "/a", "a//b", "../a", "a/..", "a/./b", "a\nb", "a/", " a", "a ",
        ] {
            let error = check(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong}");
        }
        for fine in ["a", "a/b.iso", "a b/ü%+#.iso", "..a/b"] {
            check(fine).unwrap();
        }
    }

    #[test]
    fn ends_and_contents() {
        assert!(ends_with("a.VMDK", DISK) && !ends_with("a.iso", DISK) && !ends_with(".vmdk", DISK));
        assert!(!ends_with("ü", DISK));
        assert_eq!(flat("web.vmdk"), "web-flat.vmdk");
        assert_eq!(pattern("a*[1].iso"), "a??1?.iso");
    }
}
