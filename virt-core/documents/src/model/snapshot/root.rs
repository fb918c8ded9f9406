//! The root: what a snapshot is, element by element in libvirt's order.

use super::builder::SnapshotBuilder;
use super::cookie::SaveCookie;
use super::disk::SnapshotDisks;
use crate::model::domain::DomainConfig;
use crate::model::moment::{MomentDomain, MomentParent};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What the guest was doing.
    pub enum SnapshotState {
        Running = "running",
        /// Waiting for a resource.
        Blocked = "blocked",
        Paused = "paused",
        /// Shutting down.
        Shutdown = "shutdown",
        /// Off: there is no memory to keep.
        Shutoff = "shutoff",
        Crashed = "crashed",
        /// Suspended by itself.
        PmSuspended = "pmsuspended",
        /// It ran, and only its disks were kept.
        DiskSnapshot = "disk-snapshot",
    }

    /// Where the state of a disk or of memory goes.
    pub enum SnapshotLocation {
        /// Nowhere: it is left out.
        No = "no",
        /// Into the image itself.
        Internal = "internal",
        /// Into a file of its own.
        External = "external",
        /// Somebody else takes care (libvirt 8.2.0).
        Manual = "manual",
    }
}

/// `<domainsnapshot>`: the state of a guest at a moment, as `virDomainSnapshotCreateXML` takes it and
/// `virDomainSnapshotGetXMLDesc` gives it.
///
/// Of a new snapshot people write name, description, memory and disks; the rest is filled in when it is made, and
/// read back when one is redefined.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domainsnapshot")]
#[non_exhaustive]
pub struct SnapshotConfig {
    /// The name, unique in the domain; the time of creation unless said.
    #[xml(leaf)]
    pub name: Option<String>,
    /// A text for people.
    #[xml(leaf)]
    pub description: Option<String>,
    /// What the guest was doing.
    #[xml(leaf)]
    pub state: Option<SnapshotState>,
    /// The snapshot this one comes after.
    #[xml(child)]
    pub parent: Option<MomentParent>,
    /// When it was made, in seconds since 1970.
    #[xml(leaf = "creationTime")]
    pub creation_time: Option<i64>,
    /// Where memory goes (libvirt 1.0.1).
    #[xml(child)]
    pub memory: Option<SnapshotMemory>,
    /// What happens to each disk (libvirt 0.9.5).
    #[xml(child)]
    pub disks: Option<SnapshotDisks>,
    /// The overlays made when the guest was reverted to this snapshot (libvirt 9.9.0; the daemon's own).
    #[xml(child = "revertDisks")]
    pub revert_disks: Option<SnapshotDisks>,
    /// The configuration at that moment.
    #[xml(child)]
    pub domain: Option<MomentDomain>,
    /// The configuration for the next start, where it was another (libvirt 7.1.0).
    #[xml(child = "inactiveDomain")]
    pub inactive_domain: Option<DomainConfig>,
    /// What the driver needs to bring the guest back (libvirt 3.5.0).
    #[xml(child)]
    pub cookie: Option<SaveCookie>,
    /// Whether it is the current one, 0 or 1 (the daemon's own).
    #[xml(leaf)]
    pub active: Option<u8>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memory>` of a snapshot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SnapshotMemory {
    /// Where it goes; `external` when there is a file.
    #[xml(attr)]
    pub snapshot: Option<SnapshotLocation>,
    /// External: the path of the file, absolute.
    #[xml(attr)]
    pub file: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl SnapshotMemory {
    /// Memory is not kept.
    pub fn none() -> Self {
        Self::at(SnapshotLocation::No)
    }

    /// Memory goes into an image of the guest, with internal snapshots of its disks.
    pub fn internal() -> Self {
        Self::at(SnapshotLocation::Internal)
    }

    /// Memory goes into a file; the path is absolute.
    pub fn external(file: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            ..Self::at(SnapshotLocation::External)
        }
    }

    fn at(location: SnapshotLocation) -> Self {
        Self {
            snapshot: Some(location),
            ..Self::default()
        }
    }
}

impl SnapshotConfig {
    /// Starts a new snapshot; without a name it is called by the time it is made at.
    pub fn builder() -> SnapshotBuilder {
        SnapshotBuilder::default()
    }

    /// Whether the guest was off, or only its disks were kept: there is no memory then.
    pub fn is_offline(&self) -> bool {
        matches!(
            self.state,
            Some(SnapshotState::Shutoff | SnapshotState::DiskSnapshot)
        )
    }
}
