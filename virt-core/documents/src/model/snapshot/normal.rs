//! A snapshot as libvirt gives it back.

use super::disk::{SnapshotDisk, SnapshotDisks};
use super::root::{SnapshotConfig, SnapshotLocation, SnapshotMemory};
use crate::model::domain::devices::DiskType;

impl SnapshotConfig {
    /// The document as libvirt gives it back: its order and spelling, what is not said filled in where a rule says so,
    /// what says nothing left out. Embedded domains are brought into libvirt's order only.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut copy = self.clone();
        copy.name = copy.name.filter(|name| !name.is_empty());
        copy.description = copy.description.filter(|text| !text.is_empty());
        if let Some(memory) = &mut copy.memory {
            match (&memory.snapshot, &memory.file) {
                (None, Some(_)) => memory.snapshot = Some(SnapshotLocation::External),
                (None, None) => copy.memory = None,
                _ => {}
            }
        }
        copy.parent = copy.parent.filter(|parent| parent.name.is_some());
        copy.disks = copy.disks.and_then(normalized_disks);
        copy.revert_disks = copy.revert_disks.and_then(normalized_disks);
        copy.canonical()
    }

    /// The document as libvirt keeps it after it was made or redefined with a known state: memory that is not said is
    /// internal, or not kept of a guest that was off.
    #[must_use]
    pub fn with_default_memory(mut self) -> Self {
        if self.memory.is_none() {
            let memory = match self.is_offline() {
                true => SnapshotMemory::none(),
                false => SnapshotMemory::internal(),
            };
            self.memory = Some(memory);
        }
        self
    }

    /// The document without what the daemon keeps for itself, as clients see it.
    #[must_use]
    pub fn without_private(&self) -> Self {
        Self {
            revert_disks: None,
            active: None,
            ..self.clone()
        }
    }

    /// What of the document counts for a new snapshot: name, description, memory and disks. State, parent, time and
    /// configuration are those of the moment it is made at, whatever the document says.
    #[must_use]
    pub fn as_new(&self) -> Self {
        Self {
            state: None,
            parent: None,
            creation_time: None,
            revert_disks: None,
            domain: None,
            inactive_domain: None,
            active: None,
            ..self.clone()
        }
    }

    /// The same made at `seconds` since 1970; without a name it gets that number for one.
    #[must_use]
    pub fn created_at(mut self, seconds: i64) -> Self {
        self.creation_time = Some(seconds);
        let said = self.name.take().filter(|name| !name.is_empty());
        self.name = said.or_else(|| Some(seconds.to_string()));
        self
    }
}

fn normalized_disks(mut list: SnapshotDisks) -> Option<SnapshotDisks> {
    list.disks = list.disks.iter().map(SnapshotDisk::normalized).collect();
    Some(list).filter(|list| !list.disks.is_empty())
}

impl SnapshotDisk {
    /// The row as libvirt gives it back.
    pub(super) fn normalized(&self) -> Self {
        let mut disk = self.clone();
        let has_path = disk.path().is_some();
        let has_format = disk.image_format().is_some();
        if !has_path {
            disk.source = None;
        }
        if !has_path && !has_format {
            disk.kind = None;
            disk.driver = None;
            return disk;
        }
        disk.snapshot.get_or_insert(SnapshotLocation::External);
        disk.kind.get_or_insert(DiskType::File);
        disk.driver = disk
            .driver
            .filter(|driver| driver.kind.is_some() || driver.metadata_cache.is_some());
        for host in disk.source.iter_mut().flat_map(|source| &mut source.hosts) {
            // What TCP is said without.
            host.transport = host.transport.take().filter(|transport| transport != "tcp");
        }
        disk
    }
}
