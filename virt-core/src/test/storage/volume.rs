//! What the driver knows of one volume.

use super::content::Content;
use super::pool::in_bytes;
use crate::model::volume::{VolumeFormat, VolumeType};
use crate::model::{ByteSize, VolumeConfig};
use crate::storage::{StorageVolumeInfo, StorageVolumeRef};

/// One volume of a pool.
#[derive(Debug, Clone)]
pub(in crate::test) struct VolumeRecord {
    volume: StorageVolumeRef,
    /// As it was made; sizes are kept beside it.
    config: VolumeConfig,
    capacity: u64,
    /// How much was allocated before anything was written.
    reserved: u64,
    pub(in crate::test) content: Content,
}

impl VolumeRecord {
    pub(super) fn new(volume: StorageVolumeRef, config: VolumeConfig, capacity: u64, reserved: u64) -> Self {
        let content = Content::zeros(if is_raw(&config) { capacity } else { 0 });
        Self {
            volume,
            config,
            capacity,
            reserved,
            content,
        }
    }

    pub(in crate::test) fn name(&self) -> &str {
        &self.volume.name
    }

    pub(in crate::test) fn reference(&self) -> StorageVolumeRef {
        self.volume.clone()
    }

    /// Where it lies: what its key is.
    pub(in crate::test) fn path(&self) -> &str {
        &self.volume.key
    }

    /// An image file is as large as it is long.
    pub(in crate::test) fn capacity(&self) -> u64 {
        if is_raw(&self.config) {
            self.content.length()
        } else {
            self.capacity
        }
    }

    pub(in crate::test) fn allocation(&self) -> u64 {
        self.reserved.max(self.content.held())
    }

    pub(super) fn set_capacity(&mut self, capacity: u64, allocate: bool) {
        self.capacity = capacity;
        if is_raw(&self.config) {
            self.content.set_length(capacity);
        }
        self.reserved = if allocate {
            capacity
        } else {
            self.reserved.min(capacity)
        };
    }

    /// Gives up what is in it.
    pub(super) fn discard(&mut self) {
        self.content = Content::zeros(self.content.length());
        self.reserved = 0;
    }

    pub(in crate::test) fn info(&self) -> StorageVolumeInfo {
        let mut info = StorageVolumeInfo::empty(self.reference());
        info.capacity = ByteSize::bytes(self.capacity());
        info.allocation = ByteSize::bytes(self.allocation());
        info.physical = Some(ByteSize::bytes(self.content.length()));
        info
    }

    pub(in crate::test) fn config(&self) -> VolumeConfig {
        let info = self.info();
        let mut config = self.config.clone();
        config.kind = Some(VolumeType::File);
        config.key = Some(self.volume.key.clone());
        config.capacity = in_bytes(info.capacity);
        config.allocation = in_bytes(info.allocation);
        config.physical = info.physical.and_then(in_bytes);
        config.target_mut().path = Some(self.path().to_owned());
        config
    }
}

fn is_raw(config: &VolumeConfig) -> bool {
    let format = config.target.as_ref().and_then(|target| target.format.as_ref());
    let format = format.and_then(|format| format.kind.as_ref());
    format.is_none_or(|format| *format == VolumeFormat::Raw)
}
