//! The content of the test driver's volumes as streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::driver::{VolumeReader, VolumeWriter};
use crate::error::{Outcome, Result};
use crate::storage::{DownloadOptions, StorageVolumeRef, UploadOptions, VolumePiece};
use crate::test::storage::Written;
use crate::test::world::{Shared, World};

/// How much of a hole is read as zeros at once where there are to be no holes, in bytes.
const ZEROS: u64 = 64 * 1024;

/// An end of a stream: where it is in which volume.
struct Place {
    shared: Arc<Shared>,
    volume: StorageVolumeRef,
    at: AtomicU64,
    dense: bool,
}

impl Place {
    /// Does something at this place, as far as faults let it.
    async fn pass<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut World, u64) -> Result<T>,
    ) -> Result<T> {
        let passed = self
            .shared
            .piece(operation, |world| work(world, self.at.load(Ordering::Relaxed)));
        self.shared.while_up(Outcome::Unknown, passed).await
    }
}

impl TestDriver {
    pub(super) async fn open_upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>> {
        self.shared
            .query(call, None, |world| world.begin_upload(volume, options))
            .await?;
        Ok(Box::new(Writer(self.place(
            volume,
            options.offset,
            options.dense,
        ))))
    }

    pub(super) async fn open_download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>> {
        let (at, end) = self
            .shared
            .query(call, None, |world| {
                world.begin_download(volume, options.offset, options.length)
            })
            .await?;
        let place = self.place(volume, at, options.dense);
        Ok(Box::new(Reader { place, end }))
    }

    fn place(&self, volume: &StorageVolumeRef, at: u64, dense: bool) -> Place {
        Place {
            shared: Arc::clone(&self.shared),
            volume: volume.clone(),
            at: AtomicU64::new(at),
            dense,
        }
    }
}

struct Writer(Place);

#[async_trait]
impl VolumeWriter for Writer {
    async fn send(&self, piece: VolumePiece) -> Result<()> {
        let Self(place) = self;
        let length = piece.length();
        let written = place.pass("volume_upload_piece", |world, at| {
            let dense = place.dense;
            world.write_volume(&place.volume, &Written { at, piece, dense })
        });
        written.await?;
        place.at.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    async fn finish(&self, call: &CallContext) -> Result<()> {
        let Self(place) = self;
        let finished = place.shared.query(call, None, |_| Ok(())).await;
        // What was written before stays, whatever became of the end.
        finished.map_err(|error| error.with_outcome(Outcome::Unknown))
    }

    async fn abort(&self, call: &CallContext) -> Result<()> {
        let Self(place) = self;
        place.shared.query(call, None, |_| Ok(())).await
    }
}

struct Reader {
    place: Place,
    end: u64,
}

#[async_trait]
impl VolumeReader for Reader {
    async fn next(&self) -> Result<Option<VolumePiece>> {
        let place = &self.place;
        let read = place.pass("volume_download_piece", |world, at| {
            world.read_volume(&place.volume, at, self.end)
        });
        let piece = match read.await? {
            Some(VolumePiece::Hole(length)) if place.dense => {
                let zeros = usize::try_from(length.min(ZEROS)).unwrap_or_default();
                Some(VolumePiece::Data(Bytes::from(vec![0; zeros])))
            }
            piece => piece,
        };
        let length = piece.as_ref().map_or(0, VolumePiece::length);
        place.at.fetch_add(length, Ordering::Relaxed);
        Ok(piece)
    }

    async fn abort(&self, call: &CallContext) -> Result<()> {
        self.place.shared.query(call, None, |_| Ok(())).await
    }
}
