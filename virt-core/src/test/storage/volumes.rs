//! Volumes: how they come, change and go.

use uuid::Uuid;

use super::volume::VolumeRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ByteSize, PoolType, VolumeConfig};
use crate::storage::{
    StorageVolumeRef, StorageVolumeSelector, UploadOptions, VolumePiece, VolumeResize, VolumeResizeOptions,
};
use crate::test::world::{World, none_such};

/// How many bytes the volumes of a world hold.
const MOST: u64 = 256 << 20;

/// Checks a document; a copy may leave its capacity out.
fn accept(config: &VolumeConfig, kind: &PoolType, is_copy: bool) -> Result<()> {
    if is_copy {
        config.validate_copy()?;
    } else {
        config.validate_in(kind)?;
    }
    Ok(())
}

/// Where something is written, and what.
#[derive(Debug)]
pub(in crate::test) struct Written {
    pub(in crate::test) at: u64,
    pub(in crate::test) piece: VolumePiece,
    /// Holes take room, too.
    pub(in crate::test) dense: bool,
}

impl World {
    pub(in crate::test) fn lookup_volume(
        &self,
        selector: &StorageVolumeSelector,
    ) -> Result<StorageVolumeRef> {
        let wanted = match selector {
            StorageVolumeSelector::Name { pool, name } => {
                return Ok(self.storage.pool(pool.uuid)?.volume(name)?.reference());
            }
            StorageVolumeSelector::Key(key) | StorageVolumeSelector::Path(key) => key,
        };
        let active = self.storage.pools.values().filter_map(|pool| pool.volumes().ok());
        let found = active.flatten().find(|volume| volume.path() == wanted);
        let found = found.map(VolumeRecord::reference);
        found.ok_or_else(|| none_such("volume", std::iter::empty()))
    }

    pub(in crate::test) fn create_volume(
        &mut self,
        pool: Uuid,
        config: &VolumeConfig,
        origin: Option<&StorageVolumeRef>,
    ) -> Result<StorageVolumeRef> {
        let record = self.storage.pool(pool)?;
        record.check_active()?;
        accept(config, &record.kind(), origin.is_some())?;
        let origin = match origin {
            Some(origin) => Some(self.storage.volume(origin)?.clone()),
            None => None,
        };
        let said = |size: Option<&crate::model::domain::ScaledText>| size.and_then(|size| size.size);
        let least = origin.as_ref().map_or(0, VolumeRecord::capacity);
        let capacity = said(config.capacity.as_ref())
            .map_or(0, ByteSize::as_bytes)
            .max(least);
        let reserved = said(config.allocation.as_ref()).map_or(capacity, ByteSize::as_bytes);
        let record = self.storage.pool(pool)?;
        let path = format!("{}/{}", record.target().unwrap_or_default(), config.name);
        let reference = StorageVolumeRef::new(record.name(), config.name.clone(), path);
        let normal = config.normalized_in(&record.kind());
        let mut volume = VolumeRecord::new(reference.clone(), normal, capacity, reserved);
        if let Some(origin) = origin {
            let length = volume.content.length().max(origin.content.length());
            self.check_memory(origin.content.held())?;
            volume.content = origin.content;
            volume.content.set_length(length);
        }
        self.storage.pool_mut(pool)?.add(volume)?;
        Ok(reference)
    }

    pub(in crate::test) fn resize_volume(
        &mut self,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        let record = self.storage.volume(volume)?;
        let before = record.capacity();
        let (after, may_shrink) = match size {
            VolumeResize::To(size) => (Some(size.as_bytes()), options.shrink),
            VolumeResize::GrowBy(more) => (before.checked_add(more.as_bytes()), false),
            VolumeResize::ShrinkBy(less) => (before.checked_sub(less.as_bytes()), true),
        };
        let refused = |message: String| Error::new(ErrorKind::InvalidArgument, message);
        let shown = ByteSize::bytes(before);
        let after = after
            .filter(|after| i64::try_from(*after).is_ok())
            .ok_or_else(|| refused(format!("{size:?} leads nowhere from a capacity of {shown}")))?;
        if after < before && !may_shrink {
            let message = format!("its capacity is {shown}: to make it smaller, say that it may shrink");
            return Err(refused(message));
        }
        let room = self.storage.pool_of(volume)?;
        room.check_room(if options.allocate {
            after.saturating_sub(record.allocation())
        } else {
            0
        })?;
        room.check_room(after.saturating_sub(before))?;
        self.storage
            .volume_mut(volume)?
            .set_capacity(after, options.allocate);
        Ok(())
    }

    pub(in crate::test) fn delete_volume(&mut self, volume: &StorageVolumeRef) -> Result<()> {
        let pool = self.storage.pool_of(volume)?.uuid();
        self.storage.pool_mut(pool)?.remove(&volume.name)
    }

    pub(in crate::test) fn wipe_volume(&mut self, volume: &StorageVolumeRef) -> Result<()> {
        self.storage.volume_mut(volume)?.content.wipe();
        Ok(())
    }

    /// Prepares a volume to be written.
    pub(in crate::test) fn begin_upload(
        &mut self,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<()> {
        let record = self.storage.volume_mut(volume)?;
        check_offset(record, options.offset)?;
        if options.discard {
            record.discard();
        }
        Ok(())
    }

    /// Where a volume is read from and to.
    pub(in crate::test) fn begin_download(
        &self,
        volume: &StorageVolumeRef,
        offset: u64,
        length: Option<u64>,
    ) -> Result<(u64, u64)> {
        let record = self.storage.volume(volume)?;
        check_offset(record, offset)?;
        let end = length.map_or(u64::MAX, |length| offset.saturating_add(length));
        Ok((offset, end))
    }

    pub(in crate::test) fn write_volume(
        &mut self,
        volume: &StorageVolumeRef,
        written: &Written,
    ) -> Result<()> {
        let Written { at, piece, dense } = written;
        let record = self.storage.volume(volume)?;
        let takes = match piece {
            VolumePiece::Hole(_) if !dense => 0,
            piece => record.content.cost(*at, piece.length()),
        };
        self.check_memory(takes)?;
        let more = record
            .content
            .held()
            .saturating_add(takes)
            .saturating_sub(record.allocation());
        self.storage.pool_of(volume)?.check_room(more)?;
        let content = &mut self.storage.volume_mut(volume)?.content;
        match piece {
            VolumePiece::Data(data) => content.write(*at, data),
            VolumePiece::Hole(length) if *dense => {
                content.punch(*at, *length);
                content.hold(*at, *length);
            }
            VolumePiece::Hole(length) => content.punch(*at, *length),
        }
        Ok(())
    }

    pub(in crate::test) fn read_volume(
        &self,
        volume: &StorageVolumeRef,
        at: u64,
        end: u64,
    ) -> Result<Option<VolumePiece>> {
        Ok(self.storage.volume(volume)?.content.piece(at, end))
    }

    fn check_memory(&self, more: u64) -> Result<()> {
        if self.storage.held().saturating_add(more) <= MOST {
            return Ok(());
        }
        let message = format!(
            "the volumes of a test connection hold {} at most",
            ByteSize::bytes(MOST)
        );
        Err(Error::new(ErrorKind::ResourceExhausted, message))
    }
}

fn check_offset(record: &VolumeRecord, offset: u64) -> Result<()> {
    let length = record.content.length();
    if offset <= length {
        return Ok(());
    }
    let message = format!("byte {offset} is beyond the volume's end: it has {length} bytes");
    Err(Error::new(ErrorKind::InvalidArgument, message))
}
