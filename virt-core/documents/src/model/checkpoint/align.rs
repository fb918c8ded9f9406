//! A checkpoint laid beside the disks of its domain.

use super::root::{CheckpointConfig, CheckpointDisk, CheckpointDisks, CheckpointKind};
use crate::model::complaint::{missing, wrong};
use crate::model::domain::DomainConfig;
use crate::model::moment::{DomainDisk, no_such_disk};
use crate::sorted::SortedMap;
use crate::xml::XmlError;

impl CheckpointConfig {
    /// The checkpoint with a row for every disk of the domain, in the domain's order, under its target name. When no
    /// disk is said, all that have a medium and can be written to get a bitmap; else those not said are left out.
    /// Bitmaps without a name get that of the checkpoint.
    ///
    /// Corresponds to libvirt's alignment of a checkpoint with its domain.
    ///
    /// # Errors
    /// When the domain has no disks; when a disk is named that it has not, or twice, or that has no medium or cannot be
    /// written to.
    pub fn align(&self, domain: &DomainConfig) -> Result<Self, XmlError> {
        let all = DomainDisk::all(domain);
        if all.is_empty() {
            let what = "a disk of the domain to make a checkpoint of";
            return Err(missing("/domaincheckpoint/disks", &self.rest, what));
        }
        let mut said = self.rows_by_target(&all)?;
        let row = |disk: &DomainDisk<'_>| {
            let mut row = said.remove(disk.target).unwrap_or_else(|| {
                let is_fit = self.rows().is_empty() && !disk.is_empty() && !disk.is_readonly();
                match is_fit {
                    true => CheckpointDisk::bitmap(disk.target),
                    false => CheckpointDisk::excluded(disk.target),
                }
            });
            if row.kind() == CheckpointKind::Bitmap && row.bitmap.is_none() {
                row.bitmap.clone_from(&self.name);
            }
            row
        };
        let disks = all.iter().map(row).collect();
        let mut aligned = self.clone();
        aligned.disks = Some(CheckpointDisks {
            disks,
            ..self.disks.clone().unwrap_or_default()
        });
        Ok(aligned)
    }

    fn rows_by_target<'a>(
        &self,
        all: &[DomainDisk<'a>],
    ) -> Result<SortedMap<&'a str, CheckpointDisk>, XmlError> {
        let mut rows = SortedMap::new();
        for (index, row) in self.rows().iter().enumerate() {
            let path = format!("/domaincheckpoint/disks/disk[{}]", index + 1);
            let wrong = |sentence: String| wrong(&path, &row.rest, sentence);
            let name = row.name.as_deref().unwrap_or_default();
            let disk = DomainDisk::by_name(all, name).ok_or_else(|| wrong(no_such_disk(name, all)))?;
            if row.kind() != CheckpointKind::No && (disk.is_empty() || disk.is_readonly()) {
                let sentence =
                    format!("the disk '{name}' is empty or read-only: leave it out by checkpoint='no'");
                return Err(wrong(sentence));
            }
            let mut row = row.clone();
            row.name = Some(disk.target.to_owned());
            row.checkpoint = Some(row.kind());
            if rows.insert(disk.target, row).is_some() {
                return Err(wrong(format!("the disk '{name}' is named twice")));
            }
        }
        Ok(rows)
    }
}
