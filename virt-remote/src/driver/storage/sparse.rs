//! Whether a volume's holes go over the wire as holes.
//!
//! A daemon is told of a hole, seeks over it, and cuts a file off where the hole ends: what was there before the hole's
//! end stays, and what was after it is lost. That is right only in a file that holds nothing, which is made as long as
//! it was afterwards. A block device is written zeros to, wherever the hole is.

use virt_core::model::ByteSize;
use virt_core::model::volume::VolumeType;
use virt_core::storage::{StorageVolumeInfo, UploadOptions};

/// From this version on, a daemon knows holes (libvirt 3.4.0).
pub(super) const HOLES: u64 = 3_004_000;

/// From this version on, it knows them on block devices as well.
const HOLES_OF_DEVICES: u64 = 7_000_000;

/// How an upload sends holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    /// As bytes.
    Zeros,
    /// As holes.
    Sent {
        /// How long the volume has to be at the end: a file ends where its last hole does.
        length: Option<u64>,
    },
}

/// How holes go to this volume of a daemon of that version.
pub(super) fn holes(version: u64, info: &StorageVolumeInfo, options: &UploadOptions) -> Holes {
    let is_whole = options.offset == 0 && options.length.is_none();
    match info.kind {
        _ if options.dense || version < HOLES => Holes::Zeros,
        VolumeType::Block if version >= HOLES_OF_DEVICES => Holes::Sent { length: None },
        VolumeType::File if is_whole && info.allocation.is_zero() => match info.physical {
            Some(length) => Holes::Sent {
                length: Some(length.as_bytes()),
            },
            None => Holes::Zeros,
        },
        _ => Holes::Zeros,
    }
}

/// How long the volume is, where it is a file that holds something that is to be discarded, and that a hole can cut off.
/// All else is overwritten to its end.
pub(super) fn can_be_cut_off(version: u64, info: &StorageVolumeInfo, options: &UploadOptions) -> Option<u64> {
    let wanted = options.discard && !options.dense && version >= HOLES;
    let is_full_file = info.kind == VolumeType::File && !info.allocation.is_zero();
    let length = info.physical.filter(|length| !length.is_zero());
    length.filter(|_| wanted && is_full_file).map(ByteSize::as_bytes)
}

#[cfg(test)]
mod tests {
    use virt_core::storage::StorageVolumeRef;

    use super::*;

    fn volume(kind: VolumeType, allocation: u64) -> StorageVolumeInfo {
        let mut info = StorageVolumeInfo::empty(StorageVolumeRef::new("pool", "volume", "key"));
        info.kind = kind;
        info.allocation = ByteSize::bytes(allocation);
        info.physical = Some(ByteSize::bytes(4096));
        info
    }

    #[test]
    fn holes_are_sent_only_where_they_destroy_nothing_and_hide_nothing() {
        let whole = UploadOptions::default();
        let sent = Holes::Sent { length: Some(4096) };
        let file = |allocation| volume(VolumeType::File, allocation);
        assert_eq!(holes(11_003_000, &file(0), &whole), sent);
        assert_eq!(holes(11_003_000, &file(512), &whole), Holes::Zeros);
        assert_eq!(holes(3_003_000, &file(0), &whole), Holes::Zeros);
        for part in [
            whole.clone().offset(1),
            whole.clone().length(1),
            whole.clone().dense(),
        ] {
            assert_eq!(holes(11_003_000, &file(0), &part), Holes::Zeros);
        }
        assert_eq!(can_be_cut_off(11_003_000, &file(512), &whole), None);
        let discard = whole.clone().discard();
        assert_eq!(can_be_cut_off(11_003_000, &file(512), &discard), Some(4096));
        assert_eq!(can_be_cut_off(11_003_000, &file(0), &discard), None);
        assert_eq!(can_be_cut_off(3_003_000, &file(512), &discard), None);
        let device = volume(VolumeType::Block, 4096);
        assert_eq!(can_be_cut_off(11_003_000, &device, &discard), None);
        let part = whole.offset(512);
        assert_eq!(holes(11_003_000, &device, &part), Holes::Sent { length: None });
        assert_eq!(holes(6_000_000, &device, &part), Holes::Zeros);
    }
}
