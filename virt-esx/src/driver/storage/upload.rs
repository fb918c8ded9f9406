//! The content of volumes, written: a server takes a file as a whole, from its beginning.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Mutex;
use virt_core::driver::VolumeWriter;
use virt_core::storage::{StorageVolumeRef, UploadOptions, VolumePiece};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::transfer::{STALLED, of_overwriting, silent};
use crate::session::Session;
use crate::soap::{DatastoreFile, FileWriter, SoapError};

/// What holes are sent as, piece by piece: a file that is sent has none.
static ZEROS: &[u8] = &[0; 64 * 1024];

/// What the content has to be in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rules {
    /// So many bytes and no more: the capacity of a disk.
    exactly: Option<u64>,
    /// So many at least: what was there and is not given up.
    at_least: u64,
}

impl Rules {
    /// Of a volume that has so many bytes now.
    fn of(is_disk: bool, size: u64, discard: bool) -> Self {
        Self {
            exactly: is_disk.then_some(size),
            at_least: if discard { 0 } else { size },
        }
    }

    /// Refuses what cannot be done, before anything is.
    fn check(self, options: &UploadOptions) -> Result<()> {
        if options.offset > 0 {
            return Err(Error::unsupported(
                "a server takes a file from its beginning: a volume of ESX is not written from an offset on",
            ));
        }
        let Some(length) = options.length else {
            return Ok(());
        };
        if self.exactly.is_some_and(|most| length > most) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the disk has {} bytes, and does not take {length}", self.at_least),
            ));
        }
        if length < self.at_least {
            return Err(Error::unsupported(format!(
                "a server takes a file as a whole, and nothing of the old one stays: write all {} bytes, or discard what was there",
                self.at_least
            )));
        }
        Ok(())
    }
}

impl EsxDriver {
    pub(super) async fn open_upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>> {
        self.server.check_may_change()?;
        let at = self.volume_at(call, volume).await?;
        let rules = Rules::of(at.image.is_disk(), at.image.capacity, options.discard);
        rules
            .check(options)
            .map_err(|error| error.with_subject(Subject::from(volume)))?;
        let file = self.content_of(call, &at).await?;
        let session = Arc::clone(&self.server.session);
        let logins = session.logins().await;
        let writer = session.begin_file(call, &file, rules.exactly).await?;
        Ok(Box::new(Upload {
            file,
            session,
            logins,
            rules,
            state: Mutex::new(State { writer, written: 0 }),
        }))
    }
}

/// A volume's content being written.
struct Upload {
    file: DatastoreFile,
    session: Arc<Session>,
    /// How often it was logged in when it began.
    logins: u64,
    rules: Rules,
    state: Mutex<State>,
}

struct State {
    writer: FileWriter,
    /// In bytes.
    written: u64,
}

impl Upload {
    async fn failed(&self, error: SoapError) -> Error {
        of_overwriting(self.session.failed_at(error, &self.file, self.logins).await)
    }

    async fn pass(&self, writer: &mut FileWriter, data: Bytes) -> Result<()> {
        match tokio::time::timeout(STALLED, writer.send(data)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.failed(error).await),
            Err(_) => Err(silent(&self.file)),
        }
    }

    async fn pass_zeros(&self, writer: &mut FileWriter, mut length: u64) -> Result<()> {
        while length > 0 {
            let count = usize::try_from(length).unwrap_or(usize::MAX).min(ZEROS.len());
            let zeros = Bytes::from_static(ZEROS.get(..count).unwrap_or_default());
            self.pass(writer, zeros).await?;
            length = length.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        Ok(())
    }
}

#[async_trait]
impl VolumeWriter for Upload {
    async fn send(&self, piece: VolumePiece) -> Result<()> {
        let mut state = self.state.lock().await;
        let State { writer, written } = &mut *state;
        let after = written.saturating_add(piece.length());
        if let Some(most) = self.rules.exactly
            && after > most
        {
            let message = format!("the disk has {most} bytes, and takes no more");
            return Err(Error::new(ErrorKind::InvalidArgument, message).with_outcome(Outcome::Unknown));
        }
        match piece {
            VolumePiece::Data(data) => self.pass(writer, data).await?,
            VolumePiece::Hole(length) => self.pass_zeros(writer, length).await?,
            _ => {
                return Err(Error::unsupported(
                    "a server takes bytes and holes, and nothing else",
                ));
            }
        }
        *written = after;
        Ok(())
    }

    async fn finish(&self, call: &CallContext) -> Result<()> {
        let finished = call.bound(Outcome::Unknown, async {
            let mut state = self.state.lock().await;
            let State { writer, written } = &mut *state;
            if *written < self.rules.at_least {
                writer.abort().await;
                let message = format!(
                    "{written} bytes were written, and a server keeps nothing of the {} that were there: write all of them, \
                     or discard what was there",
                    self.rules.at_least
                );
                return Err(Error::new(ErrorKind::InvalidArgument, message).with_outcome(Outcome::Unknown));
            }
            // What was discarded and is not written reads as zeros.
            if let Some(all) = self.rules.exactly {
                self.pass_zeros(writer, all.saturating_sub(*written)).await?;
                *written = all;
            }
            match writer.finish().await {
                Ok(()) => Ok(()),
                Err(error) => Err(self.failed(error).await),
            }
        });
        finished.await
    }

    async fn abort(&self, call: &CallContext) -> Result<()> {
        let aborted = call.bound(Outcome::Unknown, async {
            let mut state = self.state.lock().await;
            state.writer.abort().await;
            Ok(())
        });
        aborted.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_cannot_do_is_refused_at_once() {
        let kind = |rules: Rules, options: UploadOptions| rules.check(&options).map_err(|error| error.kind());
        let disk = Rules::of(true, 100, false);
        let options = UploadOptions::default;
        assert_eq!(kind(disk, options()), Ok(()));
        assert_eq!(kind(disk, options().length(100)), Ok(()));
        assert_eq!(kind(disk, options().length(99)), Err(ErrorKind::Unsupported));
        assert_eq!(kind(disk, options().length(101)), Err(ErrorKind::InvalidArgument));
        assert_eq!(kind(disk, options().offset(1)), Err(ErrorKind::Unsupported));
        let image = Rules::of(false, 100, false);
        assert_eq!(kind(image, options().length(101)), Ok(()));
        assert_eq!(kind(image, options().length(99)), Err(ErrorKind::Unsupported));
        assert_eq!(kind(Rules::of(false, 100, true), options()), Ok(()));
        assert_eq!(kind(Rules::of(false, 0, false), options().length(5)), Ok(()));
    }
}
