//! A backup written down in Rust.

use super::disk::BackupDisk;
use super::root::{BackupConfig, BackupMode, BackupServer};
use crate::xml::XmlError;

/// Builds a [`BackupConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone)]
#[must_use]
pub struct BackupBuilder {
    backup: BackupConfig,
}

impl BackupBuilder {
    pub(super) fn new(mode: BackupMode, server: Option<BackupServer>) -> Self {
        Self {
            backup: BackupConfig {
                mode: Some(mode),
                server,
                ..BackupConfig::default()
            },
        }
    }

    /// Only what changed since that checkpoint is copied.
    pub fn since(mut self, checkpoint: impl Into<String>) -> Self {
        self.backup.incremental = Some(checkpoint.into());
        self
    }

    /// What happens to a disk. With none all that can be written to are copied, else those not named are left out.
    pub fn disk(mut self, disk: BackupDisk) -> Self {
        self.backup.disks.get_or_insert_default().disks.push(disk);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut BackupConfig)) -> Self {
        change(&mut self.backup);
        self
    }

    /// The backup, checked by [`BackupConfig::validate`]; no disk may be named twice.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<BackupConfig, XmlError> {
        self.backup.validate()?;
        self.backup.check_names_differ()?;
        Ok(self.backup)
    }
}
