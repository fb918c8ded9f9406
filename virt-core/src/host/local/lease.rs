//! The lease on this machine: a lock that the kernel gives back when we die.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};

use async_trait::async_trait;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{absolute, facts, io_error};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::{Lease, LeaseHolder, LeaseRequest};

/// More than any holder's words take; what is beyond is not ours.
const CONTENT_LIMIT: u64 = 64 * 1024;

/// Takes the lease.
pub(super) fn take(path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
    absolute(path)?;
    let file = lock(path)?;
    // A lease whose content was damaged is a lease all the same: the lock is what counts.
    let before = holder_in(&file).map_or(0, |holder| holder.epoch);
    let holder = LeaseHolder {
        owner: request.owner,
        pid: std::process::id(),
        boot_id: facts::boot_id()?,
        epoch: before.saturating_add(1),
    };
    write_holder(&file, &holder).map_err(|error| io_error(error, "cannot write who holds it", path))?;
    Ok(Box::new(LocalLease { file, holder }))
}

#[derive(Debug)]
struct LocalLease {
    file: File,
    holder: LeaseHolder,
}

#[async_trait]
impl Lease for LocalLease {
    fn holder(&self) -> &LeaseHolder {
        &self.holder
    }

    async fn lost(&self) -> String {
        // The kernel takes no lock back from the living.
        std::future::pending().await
    }

    async fn release(self: Box<Self>) -> Result<()> {
        self.file.unlock().map_err(Error::from)
    }
}

impl Drop for LocalLease {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec shares the lock for that moment.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "cannot give a lease back");
        }
    }
}

/// Opens and locks the file that is at the path now.
fn lock(path: &str) -> Result<File> {
    loop {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(path, holder_in(&file))),
            Err(TryLockError::Error(error)) => return Err(io_error(error, "cannot lock", path)),
        }
        // It may have been removed or replaced between opening and locking: then the lock means nothing.
        let ours = file
            .metadata()
            .map_err(|error| io_error(error, "cannot look at it", path))?;
        match fs::symlink_metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_error(error, "cannot look at it", path)),
        }
    }
}

fn open(path: &str) -> Result<File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let opened = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path);
    opened.map_err(|error| {
        if Errno::from_io_error(&error) == Some(Errno::LOOP) {
            Error::new(ErrorKind::Denied, "is a symbolic link, which a lease must not be")
                .with_subject(Subject::Path(path.to_owned()))
                .with_source(error)
        } else {
            io_error(error, "cannot open the lease", path)
        }
    })
}

/// Who is written into a lease, where that can be understood. What follows it is what a longer one left.
fn holder_in(file: &File) -> Option<LeaseHolder> {
    let mut content = Vec::new();
    Read::take(Cursor { file, at: 0 }, CONTENT_LIMIT)
        .read_to_end(&mut content)
        .ok()?;
    serde_json::Deserializer::from_slice(&content)
        .into_iter()
        .next()?
        .ok()
}

/// Written over the old, then cut to length: killed in between, the first of the two is still the whole new one.
fn write_holder(file: &File, holder: &LeaseHolder) -> io::Result<()> {
    let mut content = serde_json::to_vec(holder)?;
    content.push(b'\n');
    file.write_all_at(&content, 0)?;
    file.set_len(u64::try_from(content.len()).unwrap_or(CONTENT_LIMIT))?;
    file.sync_data()
}

fn held(path: &str, holder: Option<LeaseHolder>) -> Error {
    let message = match holder {
        Some(holder) => format!("held by {holder}: one manager at a time; close that one first"),
        None => "held by another manager that has not said who it is".to_owned(),
    };
    Error::new(ErrorKind::Busy, message).with_subject(Subject::Path(path.to_owned()))
}

/// Reads a file from its start, wherever its own position is.
struct Cursor<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buf, self.at)?;
        self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(owner: &str) -> LeaseRequest {
        LeaseRequest { owner: owner.into() }
    }

    #[tokio::test]
    async fn the_second_is_told_who_the_first_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = format!("{}/lease", directory.path().display());
        let first = take(&path, request("one")).unwrap();
        let error = take(&path, request("two")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("one (pid"), "{error}");
        first.release().await.unwrap();
        let second = take(&path, request("two")).unwrap();
        assert_eq!(second.holder().epoch, 2);
        drop(second);
        assert_eq!(take(&path, request("3")).unwrap().holder().epoch, 3);
    }

    #[test]
    fn a_damaged_lease_can_be_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = format!("{}/lease", directory.path().display());
        for content in [&b"\xff\xfe{"[..], b"", b"{\"epoch\":7}"] {
            fs::write(&path, content).unwrap();
            assert_eq!(take(&path, request("x")).unwrap().holder().epoch, 1);
        }
    }

    #[test]
    fn what_a_longer_holder_left_behind_does_not_hide_the_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = format!("{}/lease", directory.path().display());
        let epoch_9 = br#"{"owner":"a","pid":1,"boot_id":"b","epoch":9}"#;
        fs::write(&path, [&epoch_9[..], b"\nng name\"}"].concat()).unwrap();
        assert_eq!(take(&path, request("x")).unwrap().holder().epoch, 10);
    }

    #[test]
    fn a_link_is_no_lease() {
        let directory = tempfile::tempdir().unwrap();
        let path = format!("{}/lease", directory.path().display());
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert_eq!(take(&path, request("x")).unwrap_err().kind(), ErrorKind::Denied);
    }
}
