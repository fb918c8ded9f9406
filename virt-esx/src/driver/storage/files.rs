//! Files of datastores, whatever they are.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use virt_core::model::ByteSize;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::super::datacenter::Datacenter;
use super::browse::{flags, number};
use super::create::file_in;
use super::datastore::Datastore;
use super::names;
use super::transfer::{STALLED, of_overwriting, silent};
use crate::soap::{DatastoreFile, FileWriter, Part};
use crate::vim::{AnyFileInfo, HostDatastoreBrowserSearchSpec};

/// How much is passed on at once, in bytes.
const PIECE: usize = 256 * 1024;
/// How much later than its connection is closed the server can come to the beginning of an upload, and how often it is looked
/// for.
const LATE: Duration = Duration::from_secs(1);
const LOOKING: Duration = Duration::from_millis(50);

/// A file or a directory of a datastore.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatastoreEntry {
    /// Its name in its directory.
    pub name: String,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// How large it is, as the server says it: of a disk's descriptor that may be the size of all of the disk's files.
    pub size: ByteSize,
    /// When it was changed last, where the server says it.
    pub modified: Option<SystemTime>,
}

impl DatastoreEntry {
    fn of(file: &AnyFileInfo) -> Self {
        Self {
            name: file.path.clone(),
            is_directory: matches!(file, AnyFileInfo::FolderFileInfo(_)),
            size: ByteSize::bytes(number(file.file_size)),
            modified: file.modification.as_ref().and_then(|time| time.to_system_time()),
        }
    }
}

/// Where a file is.
struct Place {
    store: Datastore,
    datacenter: Datacenter,
    path: String,
}

impl Place {
    fn name(&self) -> String {
        names::whole(self.store.label(), &self.path)
    }

    fn file(&self) -> DatastoreFile {
        file_in(&self.datacenter, &self.store, &self.path)
    }
}

impl EsxDriver {
    async fn place_of(&self, call: &CallContext, name: &str) -> Result<Place> {
        let found = self.datastores(call).await?;
        let (store, path) = found.of_file(name)?;
        store.must_be_accessible()?;
        let datacenter = self.datacenter_of(call, &store.reference).await?;
        Ok(Place {
            store: store.clone(),
            datacenter,
            path,
        })
    }

    pub(crate) async fn list_directory(
        &self,
        call: &CallContext,
        directory: &str,
    ) -> Result<Vec<DatastoreEntry>> {
        let found = self.datastores(call).await?;
        let (store, path) = match names::parts(directory) {
            Some((label, "")) => (found.of_name(label)?, String::new()),
            _ => found.of_file(directory)?,
        };
        store.must_be_accessible()?;
        let spec = HostDatastoreBrowserSearchSpec {
            details: Some(flags()),
            ..HostDatastoreBrowserSearchSpec::default()
        };
        let found = self.search(call, store, &path, spec).await?;
        let found = found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the datastore has no such directory")
                .with_subject(Subject::Path(names::whole(store.label(), &path)))
        })?;
        let mut entries: Vec<DatastoreEntry> = found.file.iter().map(DatastoreEntry::of).collect();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    pub(crate) async fn new_directory(&self, call: &CallContext, directory: &str) -> Result<()> {
        self.server.check_may_change()?;
        let place = self.place_of(call, directory).await?;
        self.make_directory(call, &place.datacenter, place.store.label(), &place.path)
            .await
    }

    pub(crate) async fn delete_any(&self, call: &CallContext, name: &str) -> Result<()> {
        self.server.check_may_change()?;
        let place = self.place_of(call, name).await?;
        let datacenter = &place.datacenter.reference;
        let image = self.image(call, &place.store, &place.path).await?;
        if image.is_some_and(|image| image.is_disk()) {
            return self.remove_disk(call, &place.name(), datacenter).await;
        }
        self.remove_file(call, &place.name(), datacenter).await
    }

    pub(crate) async fn write_file(
        &self,
        call: &CallContext,
        name: &str,
        reader: &mut (impl AsyncRead + Unpin + Send + ?Sized),
    ) -> Result<u64> {
        self.server.check_may_change()?;
        let place = self.place_of(call, name).await?;
        let is_new = !self.must_have_directory(call, &place).await?;
        let file = place.file();
        let logins = self.server.session.logins().await;
        let mut writer = self.server.session.begin_file(call, &file, None).await?;
        let written = self.copy_up(&mut writer, &file, logins, reader).await;
        let Err(error) = written else { return written };
        let is_late = writer.abort().await;
        if !is_new {
            return Err(of_overwriting(error));
        }
        Err(match self.remove_part(&place, is_late).await {
            Ok(()) => error.with_outcome(Outcome::NotApplied),
            Err(other) if other.kind() == ErrorKind::NotFound => error.with_outcome(Outcome::NotApplied),
            Err(_) => error.with_outcome(Outcome::Unknown),
        })
    }

    /// Removes what has come of a file that is new: it is nobody's. One that comes late is looked for until it can have come.
    async fn remove_part(&self, place: &Place, is_late: bool) -> Result<()> {
        // The call's own time may be over by now.
        let removing = self.server.deadlines.of(CallClass::Change);
        let removing = CallContext::new("upload_file", CallClass::Change, removing);
        let mut left = if is_late { LATE } else { Duration::ZERO };
        loop {
            let removed = self
                .remove_file(&removing, &place.name(), &place.datacenter.reference)
                .await;
            let not_yet = removed
                .as_ref()
                .is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Busy));
            if !not_yet || left.is_zero() {
                return removed;
            }
            tokio::time::sleep(LOOKING).await;
            left = left.saturating_sub(LOOKING);
        }
    }

    /// Whether the file is there, whose directory has to be.
    async fn must_have_directory(&self, call: &CallContext, place: &Place) -> Result<bool> {
        let is_there = self.is_there(call, &place.store, &place.path).await?;
        is_there.ok_or_else(|| {
            let (directory, _) = names::split(&place.path);
            Error::new(
                ErrorKind::NotFound,
                "the datastore has no such directory: make it first",
            )
            .with_subject(Subject::Path(names::whole(place.store.label(), directory)))
        })
    }

    async fn copy_up(
        &self,
        writer: &mut FileWriter,
        file: &DatastoreFile,
        logins: u64,
        reader: &mut (impl AsyncRead + Unpin + Send + ?Sized),
    ) -> Result<u64> {
        let mut count = 0_u64;
        loop {
            let mut bytes = BytesMut::with_capacity(PIECE);
            // A reader gives as little as it likes: pieces are made full.
            while bytes.len() < PIECE && reader.read_buf(&mut bytes).await.map_err(not_read)? > 0 {}
            let is_all = bytes.is_empty();
            count = count.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let passed = tokio::time::timeout(STALLED, async {
                if is_all {
                    writer.finish().await
                } else {
                    writer.send(bytes.freeze()).await
                }
            });
            match passed.await {
                Ok(Ok(())) if is_all => return Ok(count),
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = self.server.session.failed_at(error, file, logins).await;
                    return Err(error);
                }
                Err(_) => return Err(silent(file)),
            }
        }
    }

    pub(crate) async fn read_file(
        &self,
        call: &CallContext,
        name: &str,
        writer: &mut (impl AsyncWrite + Unpin + Send + ?Sized),
    ) -> Result<u64> {
        self.server.check_may_change()?;
        let place = self.place_of(call, name).await?;
        let file = place.file();
        let session = Arc::clone(&self.server.session);
        let whole = Part {
            offset: 0,
            length: None,
        };
        let mut reader = session.open_file(call, &file, whole).await?;
        let logins = session.logins().await;
        let mut count = 0_u64;
        loop {
            let data = match tokio::time::timeout(STALLED, reader.next()).await {
                Ok(Ok(Some(data))) => data,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(session.failed_at(error, &file, logins).await),
                Err(_) => return Err(silent(&file)),
            };
            count = count.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            writer.write_all(&data).await?;
        }
        writer.flush().await?;
        Ok(count)
    }
}

/// A reader that fails in the middle of a file.
fn not_read(error: std::io::Error) -> Error {
    Error::from(error).with_outcome(Outcome::Unknown)
}
