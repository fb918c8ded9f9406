//! The root: what a checkpoint is, element by element in libvirt's order.

use super::builder::CheckpointBuilder;
use crate::model::moment::{MomentDomain, MomentParent};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How changes of a disk are recorded from then on.
    pub enum CheckpointKind {
        /// Not at all.
        No = "no",
        /// In a bitmap of the image.
        Bitmap = "bitmap",
    }
}

/// `<domaincheckpoint>`: a point in time a later incremental backup can start from, as
/// `virDomainCheckpointCreateXML` takes it and `virDomainCheckpointGetXMLDesc` gives it (libvirt 5.6.0).
///
/// Of a new checkpoint people write name, description and disks; the rest is filled in when it is made, and read back
/// when one is redefined.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domaincheckpoint")]
#[non_exhaustive]
pub struct CheckpointConfig {
    /// The name, unique in the domain, fit for a file name; the time of creation unless said.
    #[xml(leaf)]
    pub name: Option<String>,
    /// A text for people.
    #[xml(leaf)]
    pub description: Option<String>,
    /// The checkpoint this one comes after.
    #[xml(child)]
    pub parent: Option<MomentParent>,
    /// When it was made, in seconds since 1970.
    #[xml(leaf = "creationTime")]
    pub creation_time: Option<i64>,
    /// What happens to each disk; all that can be written to get a bitmap unless said.
    #[xml(child)]
    pub disks: Option<CheckpointDisks>,
    /// The configuration at that moment.
    #[xml(child)]
    pub domain: Option<MomentDomain>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disks>` of a checkpoint.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CheckpointDisks {
    /// The disks.
    #[xml(child = "disk")]
    pub disks: Vec<CheckpointDisk>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of a checkpoint.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CheckpointDisk {
    /// The disk: its target, as `vda`, or the path of its source.
    #[xml(attr)]
    pub name: Option<String>,
    /// How changes are recorded; in a bitmap unless said.
    #[xml(attr)]
    pub checkpoint: Option<CheckpointKind>,
    /// The name of the bitmap; that of the checkpoint unless said.
    #[xml(attr)]
    pub bitmap: Option<String>,
    /// An estimate of what changed since, in bytes; only read, when asked for.
    #[xml(attr)]
    pub size: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl CheckpointDisk {
    /// Changes of the disk are recorded in a bitmap called as the checkpoint.
    pub fn bitmap(name: impl Into<String>) -> Self {
        Self::of(name, CheckpointKind::Bitmap)
    }

    /// The disk is left out.
    pub fn excluded(name: impl Into<String>) -> Self {
        Self::of(name, CheckpointKind::No)
    }

    /// The same with that name of the bitmap.
    #[must_use]
    pub fn called(mut self, bitmap: impl Into<String>) -> Self {
        self.bitmap = Some(bitmap.into());
        self
    }

    /// How changes are recorded, as libvirt reads it.
    pub fn kind(&self) -> CheckpointKind {
        self.checkpoint.clone().unwrap_or(CheckpointKind::Bitmap)
    }

    fn of(name: impl Into<String>, kind: CheckpointKind) -> Self {
        Self {
            name: Some(name.into()),
            checkpoint: Some(kind),
            ..Self::default()
        }
    }
}

impl CheckpointConfig {
    /// Starts a new checkpoint; without a name it is called by the time it is made at.
    pub fn builder() -> CheckpointBuilder {
        CheckpointBuilder::default()
    }

    /// The rows of its disks.
    pub fn rows(&self) -> &[CheckpointDisk] {
        self.disks
            .as_ref()
            .map(|list| list.disks.as_slice())
            .unwrap_or_default()
    }

    /// The document as libvirt gives it back: its order and spelling, the kind of every row said. An embedded domain is
    /// brought into libvirt's order only.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut copy = self.clone();
        copy.description = copy.description.filter(|text| !text.is_empty());
        copy.parent = copy.parent.filter(|parent| parent.name.is_some());
        copy.disks = copy.disks.filter(|list| !list.disks.is_empty());
        for row in copy.disks.iter_mut().flat_map(|list| &mut list.disks) {
            row.checkpoint = Some(row.kind());
        }
        copy.canonical()
    }

    /// The document without the sizes of what changed, as clients see it who did not ask for them
    /// (`VIR_DOMAIN_CHECKPOINT_XML_SIZE`).
    #[must_use]
    pub fn without_sizes(&self) -> Self {
        let mut copy = self.clone();
        for row in copy.disks.iter_mut().flat_map(|list| &mut list.disks) {
            row.size = None;
        }
        copy
    }

    /// What of the document counts for a new checkpoint: name, description and disks. Parent, time and configuration
    /// are those of the moment it is made at, whatever the document says.
    #[must_use]
    pub fn as_new(&self) -> Self {
        Self {
            parent: None,
            creation_time: None,
            domain: None,
            ..self.clone()
        }
    }

    /// The same made at `seconds` since 1970; without a name it gets that number for one.
    #[must_use]
    pub fn created_at(mut self, seconds: i64) -> Self {
        self.creation_time = Some(seconds);
        self.name.get_or_insert_with(|| seconds.to_string());
        self
    }
}
