//! A snapshot laid beside the disks of its domain.

use super::disk::{SnapshotDisk, SnapshotDisks};
use super::root::{SnapshotConfig, SnapshotLocation};
use crate::model::complaint::wrong;
use crate::model::domain::DomainConfig;
use crate::model::domain::devices::DiskType;
use crate::model::moment::{DomainDisk, no_such_disk};
use crate::sorted::SortedMap;
use crate::xml::XmlError;

/// How rows that are not said are filled in by [`SnapshotConfig::align`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SnapshotAlignment {
    /// Where a disk goes that neither the snapshot nor the domain says anything about.
    pub default_location: SnapshotLocation,
    /// Whether external snapshots are refused, as beside internal memory.
    pub only_internal: bool,
    /// Whether the default goes before what the domain says, other than `no`.
    pub force_default: bool,
}

impl SnapshotAlignment {
    /// Rows that are not said go to `location`.
    pub fn new(location: SnapshotLocation) -> Self {
        Self {
            default_location: location,
            only_internal: false,
            force_default: false,
        }
    }

    /// The same with external snapshots refused.
    #[must_use]
    pub fn with_only_internal(mut self) -> Self {
        self.only_internal = true;
        self
    }

    /// The same with the default before what the domain says, other than `no`.
    #[must_use]
    pub fn with_forced_default(mut self) -> Self {
        self.force_default = true;
        self
    }

    /// What becomes of a disk that the snapshot says nothing about.
    fn location_of(&self, disk: DomainDisk<'_>) -> SnapshotLocation {
        match disk.disk.snapshot.as_deref() {
            None | Some("default") => self.default_location.clone(),
            Some(said) if self.force_default && said != "no" => self.default_location.clone(),
            Some(said) => SnapshotLocation::from(said),
        }
    }
}

impl SnapshotConfig {
    /// The snapshot with a row for every disk of the domain, in the domain's order, under its target name; disks that
    /// are not said are filled in, drives without a medium left out, names of external files made up: that of the
    /// disk with the snapshot's name for its ending. Whether a disk's source is a plain file is for the driver to see.
    ///
    /// Corresponds to libvirt's alignment of a snapshot with its domain.
    ///
    /// # Errors
    /// When a disk is named that the domain has not, or twice; when a place contradicts a source; when a name can't be
    /// made up.
    pub fn align(&self, domain: &DomainConfig, options: &SnapshotAlignment) -> Result<Self, XmlError> {
        let all = DomainDisk::all(domain);
        let mut aligned = self.clone();
        if all.is_empty() {
            return Ok(aligned);
        }
        let mut said = self.rows(&all, options)?;
        let mut rows = Vec::with_capacity(all.len());
        for disk in &all {
            rows.push(
                said.remove(disk.target)
                    .unwrap_or_else(|| filled_in(*disk, options)),
            );
        }
        let name = self.name.as_deref().unwrap_or_default();
        for index in 0..rows.len() {
            name_file(&mut rows, index, &all, name)?;
        }
        aligned.disks = Some(SnapshotDisks {
            disks: rows,
            ..self.disks.clone().unwrap_or_default()
        });
        Ok(aligned)
    }

    /// The rows there are, by target.
    fn rows<'a>(
        &self,
        all: &[DomainDisk<'a>],
        options: &SnapshotAlignment,
    ) -> Result<SortedMap<&'a str, SnapshotDisk>, XmlError> {
        let mut rows = SortedMap::new();
        for (index, row) in self.disks.iter().flat_map(|list| &list.disks).enumerate() {
            let path = format!("/domainsnapshot/disks/disk[{}]", index + 1);
            let wrong = |sentence: String| wrong(&path, &row.rest, sentence);
            let name = row.name.as_deref().unwrap_or_default();
            let disk = DomainDisk::by_name(all, name).ok_or_else(|| wrong(no_such_disk(name, all)))?;
            let mut row = row.normalized();
            row.name = Some(disk.target.to_owned());
            let location = row
                .snapshot
                .get_or_insert_with(|| options.location_of(disk))
                .clone();
            if options.only_internal && location == SnapshotLocation::External {
                let sentence = format!("the disk '{name}' cannot be external beside internal ones");
                return Err(wrong(sentence));
            }
            if let Some(file) = row.path()
                && location != SnapshotLocation::External
            {
                let sentence = format!("the image '{file}' of the disk '{name}' is for snapshot='external'");
                return Err(wrong(sentence));
            }
            if rows.insert(disk.target, row).is_some() {
                return Err(wrong(format!("the disk '{name}' is named twice")));
            }
        }
        Ok(rows)
    }
}

fn filled_in(disk: DomainDisk<'_>, options: &SnapshotAlignment) -> SnapshotDisk {
    let location = match disk.is_empty() {
        true => SnapshotLocation::No,
        false => options.location_of(disk),
    };
    SnapshotDisk {
        name: Some(disk.target.to_owned()),
        snapshot: Some(location),
        ..SnapshotDisk::default()
    }
}

/// Makes up the file of an external row that has none.
fn name_file(
    rows: &mut [SnapshotDisk],
    index: usize,
    all: &[DomainDisk<'_>],
    name: &str,
) -> Result<(), XmlError> {
    let (Some(row), Some(disk)) = (rows.get(index), all.get(index)) else {
        return Ok(());
    };
    if row.snapshot != Some(SnapshotLocation::External) || row.path().is_some() {
        return Ok(());
    }
    let target = disk.target;
    let refused = |why: &str| {
        let sentence = format!("the disk '{target}' {why}: say the source of its snapshot");
        wrong("/domainsnapshot/disks", &row.rest, sentence)
    };
    if !matches!(row.kind, None | Some(DiskType::File)) || *disk.kind() != DiskType::File {
        return Err(refused("is no file, so no name can be made up"));
    }
    let origin = disk
        .path()
        .ok_or_else(|| refused("has no source to name a file after"))?;
    let stem = match origin.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => stem,
        _ => origin,
    };
    let file = format!("{stem}.{name}");
    let taken = rows
        .iter()
        .take(index)
        .find(|other| other.path() == Some(file.as_str()));
    if let Some(other) = taken {
        let other = other.name.clone().unwrap_or_default();
        return Err(refused(&format!("would get the file of '{other}', {file}")));
    }
    if let Some(row) = rows.get_mut(index) {
        *row = row.clone().file(file);
    }
    Ok(())
}
