//! A backup laid beside the disks of its domain.

use super::disk::{BackupDisk, BackupDiskMode, BackupDisks};
use super::root::BackupConfig;
use crate::model::complaint::{missing, wrong};
use crate::model::domain::DomainConfig;
use crate::model::domain::devices::{DiskSource, DiskType};
use crate::model::moment::{DomainDisk, no_such_disk};
use crate::sorted::SortedSet;
use crate::xml::{Rest, XmlError};

impl BackupConfig {
    /// The backup with a row for every disk of the domain, those it says first. When it says none, all that have a
    /// medium and can be written to are copied; else those not said are left out. Rows get their mode, the checkpoint
    /// they start from, and an image: that of the disk with `suffix` for a further ending.
    ///
    /// Corresponds to libvirt's alignment of a backup with its domain.
    ///
    /// # Errors
    /// When the domain has no disks; when a disk is named that it has not, or twice, or that has no medium; when an
    /// image can't be made up; when an increment starts from nowhere.
    pub fn align(&self, domain: &DomainConfig, suffix: &str) -> Result<Self, XmlError> {
        let all = DomainDisk::all(domain);
        if all.is_empty() {
            let what = "a disk of the domain to make a backup of";
            return Err(missing("/domainbackup/disks", &self.rest, what));
        }
        let is_pull = self.is_pull();
        let mut rows = Vec::with_capacity(all.len());
        let mut seen = SortedSet::new();
        for (index, row) in self.rows().iter().enumerate() {
            let path = format!("/domainbackup/disks/disk[{}]", index + 1);
            let wrong = |sentence: String| wrong(&path, &row.rest, sentence);
            let name = row.name.as_deref().unwrap_or_default();
            if !seen.insert(name) {
                return Err(wrong(format!("the disk '{name}' is named twice")));
            }
            let disk = all.iter().find(|disk| disk.target == name);
            let disk = disk.ok_or_else(|| wrong(no_such_disk(name, &all)))?;
            let row = row.normalized(is_pull);
            rows.push(match row.is_included() {
                true => with_image(row, *disk, is_pull, suffix).map_err(wrong)?,
                false => row,
            });
        }
        let says_none = rows.is_empty();
        for disk in all.iter().filter(|disk| !seen.contains(disk.target)) {
            rows.push(match says_none && !disk.is_empty() && !disk.is_readonly() {
                true => with_image(BackupDisk::included(disk.target), *disk, is_pull, suffix)
                    .map_err(|sentence| wrong("/domainbackup/disks", &Rest::default(), sentence))?,
                false => BackupDisk::excluded(disk.target),
            });
        }
        for row in rows.iter_mut().filter(|row| row.is_included()) {
            self.set_mode(row)?;
        }
        let mut aligned = self.clone();
        aligned.disks = Some(BackupDisks {
            disks: rows,
            ..self.disks.clone().unwrap_or_default()
        });
        Ok(aligned)
    }

    /// Fills in how much is copied, and since when.
    fn set_mode(&self, row: &mut BackupDisk) -> Result<(), XmlError> {
        let whole = self
            .incremental
            .as_ref()
            .filter(|checkpoint| !checkpoint.is_empty());
        let mode = match (whole, &row.incremental) {
            (None, None) => BackupDiskMode::Full,
            _ => BackupDiskMode::Incremental,
        };
        let mode = row.backupmode.get_or_insert(mode);
        if *mode != BackupDiskMode::Incremental || row.incremental.is_some() {
            return Ok(());
        }
        let Some(checkpoint) = whole else {
            let name = row.name.as_deref().unwrap_or_default();
            let what = format!("the checkpoint the increment of the disk '{name}' starts from");
            return Err(missing("/domainbackup/disks/disk/@incremental", &row.rest, what));
        };
        row.incremental = Some(checkpoint.clone());
        Ok(())
    }
}

/// The row with a made up image where it has none; an error is a sentence.
fn with_image(
    mut row: BackupDisk,
    disk: DomainDisk<'_>,
    is_pull: bool,
    suffix: &str,
) -> Result<BackupDisk, String> {
    let name = disk.target;
    let image = match is_pull {
        true => &mut row.scratch,
        false => &mut row.target,
    };
    let has_path = image
        .as_ref()
        .is_some_and(|image| image.file.is_some() || image.dev.is_some());
    if disk.is_empty() {
        return match has_path {
            true => Err(format!("there is no medium in the disk '{name}'")),
            false => Ok(row),
        };
    }
    if has_path {
        return Ok(row);
    }
    let path = disk.path().filter(|_| *disk.kind() == DiskType::File);
    let Some(path) = path else {
        return Err(format!(
            "the disk '{name}' is no file, so no name can be made up: say where its backup goes"
        ));
    };
    *image = Some(DiskSource {
        file: Some(format!("{path}.{suffix}")),
        ..image.take().unwrap_or_default()
    });
    row.kind = Some(DiskType::File);
    Ok(row)
}
