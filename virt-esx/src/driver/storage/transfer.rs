//! The content of volumes, read.
//!
//! That of a disk is what its guest sees: the bare bytes, which lie in a file of their own beside its descriptor.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Mutex;
use virt_core::driver::VolumeReader;
use virt_core::storage::{DownloadOptions, StorageVolumeRef, VolumePiece};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Retry, Subject};

use super::super::EsxDriver;
use super::browse::{DiskKind, ImageKind};
use super::create::file_in;
use super::names;
use super::volumes::VolumeAt;
use crate::session::Session;
use crate::soap::{DatastoreFile, FileReader, Part};

/// How long a server may neither give nor take anything in the middle of a file.
pub(super) const STALLED: Duration = Duration::from_secs(100);

/// How disks are called whose bytes lie in a file as they are.
const FLAT: &[&str] = &[
    "",
    "VirtualDiskFlatVer1BackingInfo",
    "VirtualDiskFlatVer2BackingInfo",
];

/// Types of datastores whose disks are no files.
const OF_OBJECTS: &[&str] = &["vsan", "vsanD", "VVOL", "PMEM"];

impl EsxDriver {
    /// The file with a volume's content.
    pub(super) async fn content_of(&self, call: &CallContext, at: &VolumeAt) -> Result<DatastoreFile> {
        let path = match &at.image.kind {
            ImageKind::Disk(kind) => {
                must_lie_in_files(at)?;
                must_be_flat(kind, at)?;
                names::flat(&at.image.path)
            }
            _ => at.image.path.clone(),
        };
        let datacenter = self.datacenter_of(call, &at.store.reference).await?;
        Ok(file_in(&datacenter, &at.store, &path))
    }

    pub(super) async fn open_download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>> {
        // As in libvirt, a connection that only reads is not given the content of disks.
        self.server.check_may_change()?;
        let at = self.volume_at(call, volume).await?;
        let size = at.image.capacity;
        let Some(room) = size.checked_sub(options.offset) else {
            let message = format!(
                "the volume has {size} bytes: there is nothing at {}",
                options.offset
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::from(volume)));
        };
        let length = options.length.unwrap_or(room).min(room);
        let file = self.content_of(call, &at).await?;
        let session = Arc::clone(&self.server.session);
        let opened = if length == 0 {
            None
        } else {
            let part = Part {
                offset: options.offset,
                length: (length < room || options.offset > 0).then_some(length),
            };
            Some(session.open_file(call, &file, part).await?)
        };
        Ok(Box::new(Download {
            session,
            file,
            dense: options.dense,
            state: Mutex::new(State {
                reader: opened,
                left: length,
            }),
        }))
    }
}

fn must_lie_in_files(at: &VolumeAt) -> Result<()> {
    let kind = &at.store.summary.type_;
    if !OF_OBJECTS
        .iter()
        .any(|of_objects| kind.eq_ignore_ascii_case(of_objects))
    {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "a datastore of type {kind} has disks as objects, and no files with their bytes: clone it to another datastore"
    ))
    .with_subject(Subject::StorageVolume(at.name())))
}

fn must_be_flat(kind: &DiskKind, at: &VolumeAt) -> Result<()> {
    if FLAT.contains(&kind.backing.as_str()) {
        return Ok(());
    }
    let backing = kind
        .backing
        .trim_start_matches("VirtualDisk")
        .trim_end_matches("BackingInfo");
    Err(Error::unsupported(format!(
        "the bytes of a disk of type {backing} do not lie in a file as they are: clone it, and use the copy"
    ))
    .with_subject(Subject::StorageVolume(at.name())))
}

/// A volume's content being read.
struct Download {
    session: Arc<Session>,
    file: DatastoreFile,
    dense: bool,
    state: Mutex<State>,
}

struct State {
    /// Nothing is read any more without.
    reader: Option<FileReader>,
    /// How many bytes are still to come.
    left: u64,
}

#[async_trait]
impl VolumeReader for Download {
    async fn next(&self) -> Result<Option<VolumePiece>> {
        let mut state = self.state.lock().await;
        let State { reader, left } = &mut *state;
        let Some(open) = reader else {
            return match left {
                0 => Ok(None),
                _ => Err(gone(&self.file)),
            };
        };
        let read = match tokio::time::timeout(STALLED, open.next()).await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                *reader = None;
                let before = self.session.logins().await;
                return Err(self.session.failed_at(error, &self.file, before).await);
            }
            Err(_) => {
                *reader = None;
                return Err(silent(&self.file));
            }
        };
        let Some(mut data) = read else {
            *reader = None;
            // A file that is shorter than the server said it were is not all there was to read.
            return match *left {
                0 => Ok(None),
                missing => Err(too_short(&self.file, missing)),
            };
        };
        // A file may have grown since it was looked at: no more comes of it than was asked for.
        data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
        *left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if *left == 0 {
            *reader = None;
        }
        Ok(Some(piece_of(data, self.dense)))
    }

    async fn abort(&self, _call: &CallContext) -> Result<()> {
        let mut state = self.state.lock().await;
        state.reader = None;
        Ok(())
    }
}

/// Zeros are passed on as holes: a server sends all of a thin disk as bytes.
fn piece_of(data: Bytes, dense: bool) -> VolumePiece {
    if !dense && data.iter().all(|byte| *byte == 0) {
        return VolumePiece::Hole(u64::try_from(data.len()).unwrap_or(u64::MAX));
    }
    VolumePiece::Data(data)
}

fn of(file: &DatastoreFile) -> Subject {
    Subject::Path(names::whole(&file.datastore, &file.path))
}

fn gone(file: &DatastoreFile) -> Error {
    Error::new(ErrorKind::InvalidState, "the download has ended").with_subject(of(file))
}

fn too_short(file: &DatastoreFile, missing: u64) -> Error {
    let message = format!("the file has {missing} bytes less than the server says of it");
    Error::new(ErrorKind::Corrupt, message).with_subject(of(file))
}

/// What went wrong while a file was written instead of what was there: that is gone, whatever has come of the new, unless the
/// server would not have it at all.
pub(super) fn of_overwriting(error: Error) -> Error {
    let outcome = match error.kind() {
        ErrorKind::Busy | ErrorKind::NotFound | ErrorKind::Denied => error.outcome(),
        _ => Outcome::Unknown,
    };
    error.with_outcome(outcome)
}

/// The error of a server that has fallen silent.
pub(super) fn silent(file: &DatastoreFile) -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the server has fallen silent in the middle of a file",
    )
    .with_outcome(Outcome::Unknown)
    .with_retry(Retry::Later)
    .with_subject(of(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_holes_unless_every_byte_is_wanted() {
        let zeros = Bytes::from_static(&[0; 8]);
        assert_eq!(piece_of(zeros.clone(), false), VolumePiece::Hole(8));
        assert_eq!(piece_of(zeros.clone(), true), VolumePiece::Data(zeros));
        let data = Bytes::from_static(b"\0\0x");
        assert_eq!(piece_of(data.clone(), false), VolumePiece::Data(data));
    }
}
