//! Changing files of this machine so that a crash at any moment leaves the old or the new.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;

use super::{absolute, files, io_error};
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::host::TEMPORARY_PREFIX;

pub(super) fn write_atomic(path: &str, content: &[u8], mode: u32) -> Result<()> {
    let directory = directory_of(path)?;
    let failed = |error| io_error(error, "cannot write", path);
    let (file, temporary) = create_temporary(directory).map_err(failed)?;
    let written = fill(file, content, mode).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // Where even this fails, the prefix tells whoever comes later what it is.
        let _ = fs::remove_file(&temporary);
        return Err(failed(error));
    }
    make_durable(directory, path)
}

pub(super) fn create_dir(path: &str, mode: u32) -> Result<()> {
    absolute(path)?;
    if make_missing(Path::new(path), mode)? {
        return Ok(());
    }
    restrict(path, mode)
}

pub(super) fn remove_file(path: &str) -> Result<()> {
    absolute(path)?;
    match fs::remove_file(path) {
        Err(error) if !files::is_missing(&error) => Err(io_error(error, "cannot remove", path)),
        _ => Ok(()),
    }
}

pub(super) fn remove_dir_all(path: &str) -> Result<()> {
    // Refuses the root itself, too.
    directory_of(path)?;
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let error = io_error(error, "cannot remove all of it", path);
            Err(error.with_outcome(Outcome::Unknown))
        }
        _ => Ok(()),
    }
}

pub(super) fn rename(from: &str, to: &str) -> Result<()> {
    let source = directory_of(from)?;
    let target = directory_of(to)?;
    fs::rename(from, to).map_err(|error| {
        // The system does not tell which of the two names is the trouble.
        let culprit = if files::stat(from).is_ok_and(|found| found.is_none()) {
            from
        } else {
            to
        };
        io_error(error, "cannot rename", culprit)
    })?;
    if source != target {
        make_durable(source, from)?;
    }
    make_durable(target, to)
}

/// The directory a path is an entry of.
fn directory_of(path: &str) -> Result<&Path> {
    absolute(path)?;
    let path = Path::new(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(_)) => Ok(parent),
        _ => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the path names no entry of a directory",
        )
        .with_subject(Subject::Path(path.display().to_string()))),
    }
}

/// A new file beside the one to be written, which nobody but us may open yet.
fn create_temporary(directory: &Path) -> io::Result<(File, PathBuf)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id());
        let path = directory.join(name);
        let created = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match created {
            // Left over from a dead process that had our number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|file| (file, path)),
        }
    }
}

fn fill(mut file: File, content: &[u8], mode: u32) -> io::Result<()> {
    file.write_all(content)?;
    // Explicitly, since the mode given at creation is cut by the umask.
    file.set_permissions(Permissions::from_mode(mode & 0o7777))?;
    file.sync_all()
}

/// Makes names of a directory last; what was done is done even where that fails.
fn make_durable(directory: &Path, path: &str) -> Result<()> {
    match sync_directory(directory) {
        Ok(()) => Ok(()),
        Err(error) => {
            let error = io_error(error, "written, but it may not outlast a loss of power", path);
            Err(error.with_outcome(Outcome::Applied))
        }
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems have nothing to sync for a directory, and say so this way.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Makes a directory and those it is in; whether it was missing.
fn make_missing(path: &Path, mode: u32) -> Result<bool> {
    let name = || path.display().to_string();
    let failed = |error| io_error(error, "cannot make the directory", &name());
    match DirBuilder::new().mode(mode & 0o7777).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = path.parent() else {
                return Err(failed(error));
            };
            make_missing(parent, mode)?;
            return match DirBuilder::new().mode(mode & 0o7777).create(path) {
                Ok(()) => finish_directory(path, mode).map_err(failed).map(|()| true),
                // Somebody was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(failed(error)),
            };
        }
        Err(error) => return Err(failed(error)),
    }
    finish_directory(path, mode).map_err(failed).map(|()| true)
}

/// Gives a new directory the mode that the umask may have cut, and makes its name last.
fn finish_directory(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode & 0o7777))?;
    path.parent().map_or(Ok(()), sync_directory)
}

/// Takes away what a directory of ours allows beyond `mode`.
fn restrict(path: &str, mode: u32) -> Result<()> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = File::options().read(true).custom_flags(flags).open(path);
    let checked = opened.and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (directory, meta) = match checked {
        Ok(checked) => checked,
        // What we may not even read is not ours to restrict.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(io_error(error, "cannot look at it", path)),
    };
    if !meta.is_dir() {
        let error = Error::new(ErrorKind::AlreadyExists, "exists and is not a directory");
        return Err(error.with_subject(Subject::Path(path.to_owned())));
    }
    let allows_more = meta.mode() & 0o7777 & !mode != 0;
    if allows_more && meta.uid() == rustix::process::geteuid().as_raw() {
        let restricted = directory.set_permissions(Permissions::from_mode(mode & 0o7777));
        restricted.map_err(|error| io_error(error, "cannot restrict the directory", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn at(directory: &tempfile::TempDir, name: &str) -> String {
        format!("{}/{name}", directory.path().display())
    }

    fn mode_of(path: &str) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_is_replaced_whole_with_the_mode_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "a");
        write_atomic(&path, b"old", 0o666).unwrap();
        assert_eq!(mode_of(&path), 0o666);
        write_atomic(&path, b"new", 0o600).unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), mode_of(&path)),
            (b"new".to_vec(), 0o600)
        );
        assert_eq!(
            files::list_dir(directory.path().to_str().unwrap()).unwrap().len(),
            1
        );
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "a");
        fs::create_dir(&path).unwrap();
        let error = write_atomic(&path, b"x", 0o600).unwrap_err();
        assert_eq!(error.subject(), Some(&Subject::Path(path)));
        assert_eq!(
            files::list_dir(directory.path().to_str().unwrap()).unwrap().len(),
            1
        );
    }

    #[test]
    fn a_full_disk_is_out_of_resources_and_names_the_file() {
        if !Path::new("/dev/full").exists() {
            panic!("this test needs /dev/full");
        }
        let file = File::options().write(true).open("/dev/full").unwrap();
        let error = io_error(fill(file, b"x", 0o666).unwrap_err(), "cannot write", "/srv/a");
        assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
        assert_eq!(error.to_string(), "\"/srv/a\": cannot write");
    }

    #[test]
    fn left_over_temporaries_are_stepped_over() {
        let directory = tempfile::tempdir().unwrap();
        let (_, first) = create_temporary(directory.path()).unwrap();
        let (_, second) = create_temporary(directory.path()).unwrap();
        assert_ne!(first, second);
        let name = first.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(TEMPORARY_PREFIX));
    }

    #[test]
    fn directories_are_made_with_their_parents_and_restricted_when_they_are_ours() {
        let directory = tempfile::tempdir().unwrap();
        let deep = at(&directory, "a/b/c");
        create_dir(&deep, 0o770).unwrap();
        assert_eq!([mode_of(&at(&directory, "a")), mode_of(&deep)], [0o770, 0o770]);
        create_dir(&deep, 0o700).unwrap();
        assert_eq!([mode_of(&at(&directory, "a")), mode_of(&deep)], [0o770, 0o700]);
        create_dir(&deep, 0o755).unwrap();
        assert_eq!(mode_of(&deep), 0o700);
        fs::write(at(&directory, "file"), b"").unwrap();
        let error = create_dir(&at(&directory, "file"), 0o700).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn removing_does_not_follow_links() {
        let directory = tempfile::tempdir().unwrap();
        create_dir(&at(&directory, "kept"), 0o700).unwrap();
        fs::write(at(&directory, "kept/file"), b"").unwrap();
        create_dir(&at(&directory, "gone/deeper"), 0o700).unwrap();
        symlink(at(&directory, "kept"), at(&directory, "gone/deeper/link")).unwrap();
        remove_dir_all(&at(&directory, "gone")).unwrap();
        remove_dir_all(&at(&directory, "gone")).unwrap();
        symlink(at(&directory, "kept"), at(&directory, "link")).unwrap();
        remove_dir_all(&at(&directory, "link")).unwrap();
        assert!(Path::new(&at(&directory, "kept/file")).exists());
        assert!(!Path::new(&at(&directory, "link")).exists());
        remove_file(&at(&directory, "none")).unwrap();
        assert_eq!(
            remove_dir_all("/").unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }

    #[test]
    fn a_rename_names_what_is_missing() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (at(&directory, "from"), at(&directory, "to"));
        let error = rename(&from, &to).unwrap_err();
        assert_eq!(error.subject(), Some(&Subject::Path(from.clone())));
        fs::write(&from, b"x").unwrap();
        fs::write(&to, b"y").unwrap();
        rename(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"x");
    }
}
