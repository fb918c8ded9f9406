//! Reading, listing and removing files of this machine.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::time::SystemTime;

use async_trait::async_trait;
use rustix::fs::OFlags;

use super::{LocalHost, absolute, blocking, io_error, watch, write};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::{DirEntry, FileKind, FileStat, FileWatch, Files};
use crate::sorted::sort_by_name;

/// The largest file that is read whole.
const READ_LIMIT: u64 = 64 * 1024 * 1024;

#[async_trait]
impl Files for LocalHost {
    async fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = path.to_owned();
        blocking(move || read(&path)).await
    }

    async fn read_tail(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        let path = path.to_owned();
        blocking(move || read_tail(&path, limit)).await
    }

    async fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let (path, content) = (path.to_owned(), content.to_owned());
        blocking(move || write::write_atomic(&path, &content, mode)).await
    }

    async fn create_dir(&self, path: &str, mode: u32) -> Result<()> {
        let path = path.to_owned();
        blocking(move || write::create_dir(&path, mode)).await
    }

    async fn remove_file(&self, path: &str) -> Result<()> {
        let path = path.to_owned();
        blocking(move || write::remove_file(&path)).await
    }

    async fn remove_dir_all(&self, path: &str) -> Result<()> {
        let path = path.to_owned();
        blocking(move || write::remove_dir_all(&path)).await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (from, to) = (from.to_owned(), to.to_owned());
        blocking(move || write::rename(&from, &to)).await
    }

    async fn stat(&self, path: &str) -> Result<Option<FileStat>> {
        let path = path.to_owned();
        blocking(move || stat(&path)).await
    }

    async fn list_dir(&self, path: &str) -> Result<Vec<DirEntry>> {
        let path = path.to_owned();
        blocking(move || list_dir(&path)).await
    }

    async fn watch(&self, path: &str) -> Result<Box<dyn FileWatch>> {
        let path = path.to_owned();
        let prepared = blocking(move || watch::prepare(&path)).await?;
        watch::begin(prepared)
    }
}

pub(super) fn read(path: &str) -> Result<Vec<u8>> {
    let failed = |error| io_error(error, "cannot read", path);
    let (file, size) = open(path)?;
    let mut content = Vec::new();
    // Files of /proc and devices say 0 and give more; a file that grows meanwhile is read as far as it goes.
    let expected = usize::try_from(size.min(READ_LIMIT)).unwrap_or(0);
    content
        .try_reserve(expected)
        .map_err(|error| failed(error.into()))?;
    let read = file.take(READ_LIMIT + 1).read_to_end(&mut content);
    if u64::try_from(read.map_err(failed)?).is_ok_and(|read| read > READ_LIMIT) {
        return Err(too_large(path));
    }
    Ok(content)
}

pub(super) fn read_tail(path: &str, limit: u64) -> Result<Vec<u8>> {
    let failed = |error| io_error(error, "cannot read the end", path);
    let (mut file, size) = open(path)?;
    if size == 0 {
        let mut content = read(path)?;
        let surplus = u64::try_from(content.len()).unwrap_or(0).saturating_sub(limit);
        content.drain(..usize::try_from(surplus).unwrap_or(0));
        return Ok(content);
    }
    let wanted = limit.min(size);
    if wanted > READ_LIMIT {
        return Err(too_large(path));
    }
    file.seek(SeekFrom::Start(size - wanted)).map_err(failed)?;
    let mut content = Vec::new();
    file.take(wanted).read_to_end(&mut content).map_err(failed)?;
    Ok(content)
}

pub(super) fn stat(path: &str) -> Result<Option<FileStat>> {
    absolute(path)?;
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(stat_of(&meta))),
        Err(error) if is_missing(&error) || is_loop(&error) => match fs::symlink_metadata(path) {
            Ok(meta) => Ok(Some(stat_of(&meta))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(io_error(error, "cannot look at it", path)),
        },
        Err(error) => Err(io_error(error, "cannot look at it", path)),
    }
}

pub(super) fn list_dir(path: &str) -> Result<Vec<DirEntry>> {
    absolute(path)?;
    let failed = |error| io_error(error, "cannot list", path);
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type().map(kind_of);
        let kind = match kind {
            Ok(FileKind::Symlink) => {
                fs::metadata(entry.path()).map_or(FileKind::Symlink, |target| kind_of(target.file_type()))
            }
            Ok(kind) => kind,
            // Removed since it was listed.
            Err(error) if is_missing(&error) => continue,
            Err(error) => return Err(failed(error)),
        };
        entries.push(DirEntry { name, kind });
    }
    sort_by_name(&mut entries, |entry| &entry.name);
    Ok(entries)
}

/// Regular files of a directory whose names end in `suffix`; one that is gone before it is read is left out.
pub(super) fn read_dir(path: &str, suffix: &str) -> Result<Vec<(String, Result<Vec<u8>>)>> {
    let entries = match list_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let files = entries
        .into_iter()
        .filter(|entry| entry.kind == FileKind::File && entry.name.ends_with(suffix))
        .map(|entry| {
            let content = read(&format!("{}/{}", path.trim_end_matches('/'), entry.name));
            (entry.name, content)
        })
        .filter(|(_, content)| !matches!(content, Err(error) if error.kind() == ErrorKind::NotFound));
    Ok(files.collect())
}

/// Whether an error says that nothing is at a path.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn is_loop(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP)
}

/// Opens a file to read it, without waiting for a writer where it is a pipe.
fn open(path: &str) -> Result<(File, u64)> {
    absolute(path)?;
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| io_error(error, "cannot open", path))?;
    let meta = file.metadata();
    let meta = meta.map_err(|error| io_error(error, "cannot look at it", path))?;
    if meta.is_dir() {
        let error = Error::new(ErrorKind::InvalidArgument, "is a directory, not a file");
        return Err(error.with_subject(Subject::Path(path.to_owned())));
    }
    Ok((file, meta.len()))
}

fn too_large(path: &str) -> Error {
    Error::new(
        ErrorKind::ResourceExhausted,
        "is larger than the 64 MiB that are read at once",
    )
    .with_subject(Subject::Path(path.to_owned()))
}

fn stat_of(meta: &Metadata) -> FileStat {
    FileStat {
        kind: kind_of(meta.file_type()),
        size: meta.len(),
        mode: meta.mode() & 0o7777,
        uid: meta.uid(),
        gid: meta.gid(),
        modified: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        inode: meta.ino(),
    }
}

fn kind_of(kind: fs::FileType) -> FileKind {
    if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_symlink() {
        FileKind::Symlink
    } else if kind.is_block_device() {
        FileKind::BlockDevice
    } else if kind.is_char_device() {
        FileKind::CharacterDevice
    } else if kind.is_socket() {
        FileKind::Socket
    } else if kind.is_fifo() {
        FileKind::Fifo
    } else {
        FileKind::File
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn at(directory: &tempfile::TempDir, name: &str) -> String {
        format!("{}/{name}", directory.path().display())
    }

    #[test]
    fn the_tail_of_a_file_is_its_last_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "log");
        fs::write(&path, b"0123456789").unwrap();
        assert_eq!(read_tail(&path, 3).unwrap(), b"789");
        assert_eq!(read_tail(&path, 30).unwrap(), b"0123456789");
        assert_eq!(read_tail(&path, 0).unwrap(), b"");
        let whole = read("/proc/self/stat").unwrap();
        assert!(read_tail("/proc/self/stat", 2).unwrap().len() == 2 && whole.len() > 2);
    }

    #[test]
    fn a_file_past_64_mib_is_refused_but_its_tail_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "big");
        File::create(&path).unwrap().set_len(READ_LIMIT + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::ResourceExhausted);
        assert_eq!(read_tail(&path, 5).unwrap(), [0; 5]);
        assert_eq!(
            read("/dev/zero").unwrap_err().kind(),
            ErrorKind::ResourceExhausted
        );
    }

    #[test]
    fn a_pipe_without_a_writer_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = at(&directory, "pipe");
        let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        assert_eq!(read(&path).unwrap(), b"");
        assert_eq!(stat(&path).unwrap().unwrap().kind, FileKind::Fifo);
    }

    #[test]
    fn links_count_as_what_they_point_to() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(at(&directory, "b-file"), b"x").unwrap();
        symlink("b-file", at(&directory, "a-link")).unwrap();
        symlink("nowhere", at(&directory, "c-dangling")).unwrap();
        symlink("d-loop", at(&directory, "d-loop")).unwrap();
        let listed = list_dir(directory.path().to_str().unwrap()).unwrap();
        let listed: Vec<_> = listed.iter().map(|e| (e.name.as_str(), e.kind)).collect();
        assert_eq!(
            listed,
            [
                ("a-link", FileKind::File),
                ("b-file", FileKind::File),
                ("c-dangling", FileKind::Symlink),
                ("d-loop", FileKind::Symlink)
            ]
        );
        for name in ["c-dangling", "d-loop"] {
            assert_eq!(
                stat(&at(&directory, name)).unwrap().unwrap().kind,
                FileKind::Symlink
            );
        }
        assert_eq!(stat(&at(&directory, "b-file/below")).unwrap(), None);
    }

    #[test]
    fn a_directory_of_files_is_read_in_one_go() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(at(&directory, "b.xml"), b"2").unwrap();
        fs::write(at(&directory, "a.xml"), b"1").unwrap();
        fs::write(at(&directory, ".tmp-1-1"), b"half").unwrap();
        fs::create_dir(at(&directory, "c.xml")).unwrap();
        let files = read_dir(directory.path().to_str().unwrap(), ".xml").unwrap();
        let files: Vec<_> = files.into_iter().map(|(name, c)| (name, c.unwrap())).collect();
        assert_eq!(
            files,
            [
                ("a.xml".to_owned(), b"1".to_vec()),
                ("b.xml".to_owned(), b"2".to_vec())
            ]
        );
        assert!(read_dir(&at(&directory, "none"), "").unwrap().is_empty());
    }

    #[test]
    fn failures_name_the_path() {
        let error = read("/no/such/file").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "\"/no/such/file\": cannot open");
        assert_eq!(read("relative").unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(read("/tmp").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
