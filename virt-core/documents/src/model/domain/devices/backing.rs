//! What an image is based on, and copies of it.

use super::disk::ImageFormat;
use super::source::{DiskSource, MetadataCache};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which job a mirror belongs to.
    pub enum MirrorJob {
        Copy = "copy",
        ActiveCommit = "active-commit",
    }
}

/// `<backingStore>`: what an image is based on; empty when it is based on nothing.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackingStore {
    /// What the source is.
    #[xml(attr = "type")]
    pub kind: Option<super::disk::DiskType>,
    /// Its number in the chain, of a running domain.
    #[xml(attr)]
    pub index: Option<u32>,
    /// Its format.
    #[xml(child)]
    pub format: Option<BackingFormat>,
    /// The source.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// What this one is based on; none, one, never more.
    #[xml(child = "backingStore")]
    pub backing_store: Vec<BackingStore>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<format>` of a source.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackingFormat {
    /// The format.
    #[xml(attr = "type")]
    pub kind: Option<ImageFormat>,
    /// The cache of qcow2 metadata.
    #[xml(child)]
    pub metadata_cache: Option<MetadataCache>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mirror>`: where a copy job writes to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Mirror {
    /// What the source is.
    #[xml(attr = "type")]
    pub kind: Option<super::disk::DiskType>,
    /// The job.
    #[xml(attr)]
    pub job: Option<MirrorJob>,
    /// Whether both are in step: `yes`, `abort`, `pivot`.
    #[xml(attr)]
    pub ready: Option<String>,
    /// The file (older form).
    #[xml(attr)]
    pub file: Option<String>,
    /// The format (older form).
    #[xml(attr = "format")]
    pub file_format: Option<ImageFormat>,
    /// The format.
    #[xml(child)]
    pub format: Option<BackingFormat>,
    /// The source.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// What the copy is based on.
    #[xml(child = "backingStore")]
    pub backing_store: Option<BackingStore>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
