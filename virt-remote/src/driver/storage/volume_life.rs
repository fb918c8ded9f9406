//! Volumes: made, changed, wiped.

use virt_core::model::VolumeConfig;
use virt_core::storage::{
    StoragePoolRef, StorageVolumeRef, VolumeCreateOptions, VolumeResize, VolumeResizeOptions, WipeAlgorithm,
};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::refusal::of_ground;
use super::{volume_ref, wire_pool, wire_volume};
use crate::driver::{RemoteConnection, flags};
use crate::protocol::remote::storage_volume::{
    StorageVolCreateXml, StorageVolCreateXmlArgs, StorageVolCreateXmlFrom, StorageVolCreateXmlFromArgs,
    StorageVolResize, StorageVolResizeArgs, StorageVolWipePattern, StorageVolWipePatternArgs,
};

/// The largest size of a file.
const LARGEST: u64 = u64::MAX >> 1;

/// `virStorageVolCreateFlags`.
fn create_flags(options: &VolumeCreateOptions) -> u32 {
    const PREALLOC_METADATA: u32 = 1 << 0;
    const REFLINK: u32 = 1 << 1;
    flags::set(&[
        (options.prealloc_metadata, PREALLOC_METADATA),
        (options.reflink, REFLINK),
    ])
}

impl RemoteConnection {
    pub(super) async fn create_volume(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        config.validate()?;
        let args = StorageVolCreateXmlArgs {
            pool: wire_pool(pool),
            xml: config.to_xml().into(),
            flags: create_flags(options),
        };
        let made = self.link.call::<StorageVolCreateXml>(call, &args).await;
        Ok(volume_ref(&made.map_err(of_ground)?.vol))
    }

    pub(super) async fn create_volume_from(
        &self,
        call: &CallContext,
        (pool, config): (&StoragePoolRef, &VolumeConfig),
        origin: &StorageVolumeRef,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        config.validate_copy()?;
        let args = StorageVolCreateXmlFromArgs {
            pool: wire_pool(pool),
            xml: config.to_xml().into(),
            clonevol: wire_volume(origin),
            flags: create_flags(options),
        };
        let made = self.link.call::<StorageVolCreateXmlFrom>(call, &args).await;
        Ok(volume_ref(&made.map_err(of_ground)?.vol))
    }

    pub(super) async fn resize_volume(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        let may_shrink = options.shrink || matches!(size, VolumeResize::ShrinkBy(_));
        let (capacity, is_delta) = match size {
            VolumeResize::To(capacity) => (capacity, false),
            VolumeResize::GrowBy(change) | VolumeResize::ShrinkBy(change) => {
                self.check_change(call, volume, size).await?;
                (change, true)
            }
            other => return Err(Error::unsupported(format!("a volume is not resized {other:?}"))),
        };
        let flags = resize_flags(options.allocate, is_delta, may_shrink);
        self.resize_to(call, volume, capacity.as_bytes(), flags).await
    }

    /// The daemon adds and subtracts without looking: beyond its largest number, and down to nothing.
    async fn check_change(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
    ) -> Result<()> {
        let now = self.volume_info(call, volume).await?.capacity;
        let fits = match size {
            VolumeResize::ShrinkBy(less) => less <= now,
            VolumeResize::GrowBy(more) => {
                let sum = now.as_bytes().checked_add(more.as_bytes());
                sum.is_some_and(|sum| sum <= LARGEST)
            }
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let message = format!("{size:?} leads nowhere from a capacity of {now}");
        Err(Error::new(ErrorKind::InvalidArgument, message))
    }

    async fn resize_to(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        capacity: u64,
        flags: u32,
    ) -> Result<()> {
        let args = StorageVolResizeArgs {
            vol: wire_volume(volume),
            capacity,
            flags,
        };
        Ok(self.link.call::<StorageVolResize>(call, &args).await?)
    }

    pub(super) async fn wipe_volume(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        algorithm: WipeAlgorithm,
    ) -> Result<()> {
        let number = match algorithm {
            WipeAlgorithm::Zero => 0,
            WipeAlgorithm::Nnsa => 1,
            WipeAlgorithm::Dod => 2,
            WipeAlgorithm::Bsi => 3,
            WipeAlgorithm::Gutmann => 4,
            WipeAlgorithm::Schneier => 5,
            WipeAlgorithm::Pfitzner7 => 6,
            WipeAlgorithm::Pfitzner33 => 7,
            WipeAlgorithm::Random => 8,
            WipeAlgorithm::Trim => 9,
            other => return Err(Error::unsupported(format!("a volume is not wiped by {other:?}"))),
        };
        // The daemon overwrites as much as it last knew the file to take, and looks again when it is asked for that.
        self.volume_info(call, volume).await?;
        let args = StorageVolWipePatternArgs {
            vol: wire_volume(volume),
            algorithm: number,
            flags: 0,
        };
        Ok(self.link.call::<StorageVolWipePattern>(call, &args).await?)
    }
}

/// `virStorageVolResizeFlags`.
fn resize_flags(allocate: bool, delta: bool, shrink: bool) -> u32 {
    flags::set(&[(allocate, 1 << 0), (delta, 1 << 1), (shrink, 1 << 2)])
}
