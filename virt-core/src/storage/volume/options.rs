//! How the operations on a volume are carried out.

use crate::model::ByteSize;

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
    /// Allocates the metadata at once.
    #[must_use]
    pub fn prealloc_metadata(mut self) -> Self {
        self.prealloc_metadata = true;
        self
    }

    /// Shares blocks with the origin.
    #[must_use]
    pub fn reflink(mut self) -> Self {
        self.reflink = true;
        self
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
    /// Allocates the new room at once.
    #[must_use]
    pub fn allocate(mut self) -> Self {
        self.allocate = true;
        self
    }

    /// Lets it become smaller.
    #[must_use]
    pub fn shrink(mut self) -> Self {
        self.shrink = true;
        self
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
    /// Overwrites it with zeros before.
    #[must_use]
    pub fn zeroed(mut self) -> Self {
        self.zeroed = true;
        self
    }

    /// Deletes its snapshots, too.
    #[must_use]
    pub fn with_snapshots(mut self) -> Self {
        self.with_snapshots = true;
        self
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
