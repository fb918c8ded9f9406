//! How the operations on a volume are carried out.

use crate::model::ByteSize;
use crate::option_steps::option_steps;

/// How a volume is made (`virStorageVolCreateFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VolumeCreateOptions {
    /// qcow2: its metadata is allocated at once, which makes writing faster.
    pub prealloc_metadata: bool,
    /// A copy shares its blocks with its origin until one of both is written (btrfs, xfs); refused where the file
    /// system can't.
    pub reflink: bool,
}

impl VolumeCreateOptions {
    option_steps! {
        /// Allocates the metadata at once.
        prealloc_metadata;

        /// Shares blocks with the origin.
        reflink;
    }
}

/// To which size a volume is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VolumeResize {
    /// To this capacity.
    To(ByteSize),
    /// By so much more (`VIR_STORAGE_VOL_RESIZE_DELTA`).
    GrowBy(ByteSize),
    /// By so much less; what is beyond is lost, and needs no further leave.
    ShrinkBy(ByteSize),
}

impl From<ByteSize> for VolumeResize {
    fn from(capacity: ByteSize) -> Self {
        Self::To(capacity)
    }
}

/// How a volume's capacity is changed (`virStorageVolResizeFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VolumeResizeOptions {
    /// The new room is allocated at once.
    pub allocate: bool,
    /// It may become smaller; what is beyond is lost.
    pub shrink: bool,
}

impl VolumeResizeOptions {
    option_steps! {
        /// Allocates the new room at once.
        allocate;

        /// Lets it become smaller.
        shrink;
    }
}

/// How a volume is deleted (`virStorageVolDeleteFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VolumeDeleteOptions {
    /// It is overwritten with zeros before; `Unsupported` where the type of the pool can't.
    pub zeroed: bool,
    /// Its snapshots go with it (rbd).
    pub with_snapshots: bool,
}

impl VolumeDeleteOptions {
    option_steps! {
        /// Overwrites it with zeros before.
        zeroed;

        /// Deletes its snapshots, too.
        with_snapshots;
    }
}

/// How what is in a volume is overwritten (`virStorageVolWipeAlgorithm`). All but zeros and trim need the program
/// `scrub` on the daemon's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WipeAlgorithm {
    /// Once, with zeros.
    #[default]
    Zero,
    /// 4 passes, NNSA Policy Letter NAP-14.1-C.
    Nnsa,
    /// 4 passes, DoD 5220.22-M section 8-306.
    Dod,
    /// 9 passes, the German Centre of Security in Information Technologies.
    Bsi,
    /// 35 passes, Gutmann's sequence.
    Gutmann,
    /// 7 passes, Schneier's.
    Schneier,
    /// 7 passes, Roy Pfitzner's.
    Pfitzner7,
    /// 33 passes, Roy Pfitzner's.
    Pfitzner33,
    /// Once, with random bytes.
    Random,
    /// Discarded, as an SSD takes it (libvirt 1.3.2).
    Trim,
}
