//! A checkpoint written down in Rust.

use super::root::{CheckpointConfig, CheckpointDisk};
use crate::xml::XmlError;

/// Builds a new [`CheckpointConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct CheckpointBuilder {
    checkpoint: CheckpointConfig,
}

impl CheckpointBuilder {
    /// The name, unique in the domain: letters, digits, `_`, `-` and, but for the first, `.`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.checkpoint.name = Some(name.into());
        self
    }

    /// A text for people.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.checkpoint.description = Some(description.into());
        self
    }

    /// What happens to a disk. With none all that can be written to get a bitmap, else those not named are left out.
    pub fn disk(mut self, disk: CheckpointDisk) -> Self {
        self.checkpoint.disks.get_or_insert_default().disks.push(disk);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut CheckpointConfig)) -> Self {
        change(&mut self.checkpoint);
        self
    }

    /// The checkpoint, checked by [`CheckpointConfig::validate`]; no disk may be named twice.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<CheckpointConfig, XmlError> {
        self.checkpoint.validate()?;
        self.checkpoint.check_names_differ()?;
        Ok(self.checkpoint)
    }
}
