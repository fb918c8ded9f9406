//! Files of a machine.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;

use crate::error::Result;

/// What the names of temporary files of [`Files::write_atomic`] start with: one found on opening a directory was left
/// by a manager that died while writing, and may be removed.
pub const TEMPORARY_PREFIX: &str = ".tmp-";

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharacterDevice,
    /// A unix socket.
    Socket,
    /// A named pipe.
    Fifo,
    /// A symbolic link whose target does not exist.
    Symlink,
}

/// What is known of a file; symbolic links are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStat {
    /// What it is.
    pub kind: FileKind,
    /// Its size in bytes; 0 for block devices.
    pub size: u64,
    /// Permission bits, as in `chmod`.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// When its content was last changed.
    pub modified: SystemTime,
    /// Its inode, or 0 where the transport can't tell.
    pub inode: u64,
}

/// A directory's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name, without the directory. Names that are not UTF-8 are left out of listings.
    pub name: String,
    /// What it is; a symbolic link counts as what it points to.
    pub kind: FileKind,
}

/// A file or directory being watched.
#[async_trait]
pub trait FileWatch: Send + fmt::Debug {
    /// Waits until the path, or an entry of it where it is a directory, was made, changed, moved or removed. Changes
    /// may be merged; none is lost. Cancel-safe.
    ///
    /// # Errors
    /// `NotFound` when the path and the directory it was in are gone: nothing can change there any more.
    async fn changed(&mut self) -> Result<()>;
}

/// Files of a machine. Every method is cancel-safe: a dropped write has happened wholly or not at all.
#[async_trait]
pub trait Files: Send + Sync {
    /// A file's whole content. Fails with [`ErrorKind::ResourceExhausted`](crate::ErrorKind::ResourceExhausted) past 64 MiB.
    async fn read(&self, path: &str) -> Result<Vec<u8>>;

    /// The last `limit` bytes of a file, or all of it where it is shorter.
    async fn read_tail(&self, path: &str, limit: u64) -> Result<Vec<u8>>;

    /// Writes a file so that readers, and whoever comes after a crash, see the old content or the new, whole: a
    /// temporary file beside it, fsync, rename, fsync of the directory.
    async fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<()>;

    /// Makes a directory and its missing parents, each with `mode`. An existing directory is kept, and its mode set
    /// when it allows more than `mode` and belongs to us. What was made outlasts a loss of power.
    async fn create_dir(&self, path: &str, mode: u32) -> Result<()>;

    /// Removes a file. One that is not there is no error. A machine that loses power soon after may bring it back: where
    /// that matters, [`Files::rename`] it away first.
    async fn remove_file(&self, path: &str) -> Result<()>;

    /// Removes a directory and all in it; symbolic links are removed, not followed. One that is not there is no error.
    async fn remove_dir_all(&self, path: &str) -> Result<()>;

    /// Renames, replacing what is at `to`, durably.
    async fn rename(&self, from: &str, to: &str) -> Result<()>;

    /// What is at `path`; `None` when nothing is.
    async fn stat(&self, path: &str) -> Result<Option<FileStat>>;

    /// A directory's entries, sorted by name.
    async fn list_dir(&self, path: &str) -> Result<Vec<DirEntry>>;

    /// Watches a file or a directory; returns once the watch is set. A path where nothing is yet may be watched, as long
    /// as the directory it will be in is there; a file that is replaced is followed.
    async fn watch(&self, path: &str) -> Result<Box<dyn FileWatch>>;
}
