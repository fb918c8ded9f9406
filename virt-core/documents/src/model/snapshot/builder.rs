//! A snapshot written down in Rust.

use super::disk::SnapshotDisk;
use super::root::{SnapshotConfig, SnapshotMemory};
use crate::xml::XmlError;

/// Builds a new [`SnapshotConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct SnapshotBuilder {
    snapshot: SnapshotConfig,
}

impl SnapshotBuilder {
    /// The name, unique in the domain.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.snapshot.name = Some(name.into());
        self
    }

    /// A text for people.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.snapshot.description = Some(description.into());
        self
    }

    /// Where memory goes; as the driver has it unless said.
    pub fn memory(mut self, memory: SnapshotMemory) -> Self {
        self.snapshot.memory = Some(memory);
        self
    }

    /// What happens to a disk; disks not named are treated as the driver has it.
    pub fn disk(mut self, disk: SnapshotDisk) -> Self {
        self.snapshot.disks.get_or_insert_default().disks.push(disk);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut SnapshotConfig)) -> Self {
        change(&mut self.snapshot);
        self
    }

    /// The snapshot, checked by [`SnapshotConfig::validate`]; no disk may be named twice.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<SnapshotConfig, XmlError> {
        self.snapshot.validate()?;
        self.snapshot.check_names_differ()?;
        Ok(self.snapshot)
    }
}
