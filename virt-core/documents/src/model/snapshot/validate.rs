//! What libvirt's parser checks of a snapshot, whatever the driver.

use super::disk::SnapshotDisk;
use super::root::{SnapshotConfig, SnapshotLocation, SnapshotState};
use crate::model::complaint::{missing, wrong};
use crate::model::domain::devices::{DiskType, ImageFormat};
use crate::model::moment::MomentDomain;
use crate::sorted::SortedSet;
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl SnapshotConfig {
    /// Checks what holds for every driver: memory and file that go together, absolute paths, disks with names, types
    /// and formats a snapshot can have.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check_memory()?;
        let lists = [("disks", &self.disks), ("revertDisks", &self.revert_disks)];
        for (name, list) in lists {
            for (index, disk) in list.iter().flat_map(|list| &list.disks).enumerate() {
                check_disk(disk, &format!("/domainsnapshot/{name}/disk[{}]", index + 1))?;
            }
        }
        check_values(self)
    }

    /// Checks a snapshot that was made before and is defined again: besides [`validate`](Self::validate), name, time
    /// and state must be there.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn validate_redefined(&self) -> Result<(), XmlError> {
        if self.name.as_ref().is_none_or(String::is_empty) {
            return Err(missing(
                "/domainsnapshot/name",
                &self.rest,
                "the name of the snapshot",
            ));
        }
        if self.creation_time.is_none() {
            let path = "/domainsnapshot/creationTime";
            return Err(missing(path, &self.rest, "the time the snapshot was made at"));
        }
        let parent = self.parent.as_ref().and_then(|parent| parent.name.as_ref());
        if parent.is_some() && parent == self.name.as_ref() {
            let path = "/domainsnapshot/parent/name";
            return Err(wrong(path, &self.rest, "a snapshot does not come after itself"));
        }
        match &self.state {
            None => {
                let path = "/domainsnapshot/state";
                return Err(missing(path, &self.rest, "the state of the guest"));
            }
            Some(SnapshotState::Unknown(state)) => {
                let sentence = format!("'{state}' is no state of a guest in a snapshot");
                return Err(wrong("/domainsnapshot/state", &self.rest, sentence));
            }
            Some(_) => {}
        }
        if let Some(config) = self.domain.as_ref().and_then(MomentDomain::to_config) {
            config
                .validate()
                .map_err(|error| error.within("/domainsnapshot"))?;
        }
        self.validate()
    }

    /// Whether no disk has two rows, which the parser takes and every use of the snapshot refuses.
    pub(super) fn check_names_differ(&self) -> Result<(), XmlError> {
        let mut seen = SortedSet::new();
        for (index, disk) in self.disks.iter().flat_map(|list| &list.disks).enumerate() {
            if let Some(name) = &disk.name
                && !seen.insert(name)
            {
                let path = format!("/domainsnapshot/disks/disk[{}]/@name", index + 1);
                return Err(wrong(
                    &path,
                    &disk.rest,
                    format!("the disk '{name}' is named twice"),
                ));
            }
        }
        Ok(())
    }

    fn check_memory(&self) -> Result<(), XmlError> {
        let Some(memory) = &self.memory else {
            return Ok(());
        };
        let at = |attribute: &str| format!("/domainsnapshot/memory/@{attribute}");
        let is_external = match (&memory.snapshot, &memory.file) {
            (Some(SnapshotLocation::External), None) => {
                let what = "the file of external memory (or say snapshot='internal')";
                return Err(missing(&at("file"), &memory.rest, what));
            }
            (Some(SnapshotLocation::External), Some(_)) | (None, Some(_)) => true,
            (Some(location @ (SnapshotLocation::Manual | SnapshotLocation::Unknown(_))), _) => {
                let sentence = format!("memory cannot go to '{location}': no, internal or external");
                return Err(wrong(&at("snapshot"), &memory.rest, sentence));
            }
            (Some(location), Some(file)) => {
                let sentence =
                    format!("the memory file '{file}' is for snapshot='external', not '{location}'");
                return Err(wrong(&at("file"), &memory.rest, sentence));
            }
            (Some(SnapshotLocation::Internal), None) => true,
            (Some(SnapshotLocation::No) | None, None) => false,
        };
        if is_external && self.is_offline() {
            let sentence =
                "there is no memory to keep of a guest that is off, or of a snapshot of disks only";
            return Err(wrong(&at("snapshot"), &memory.rest, sentence));
        }
        match &memory.file {
            Some(file) if !file.starts_with('/') => {
                let sentence = format!("the path of the memory file '{file}' is not absolute");
                Err(wrong(&at("file"), &memory.rest, sentence))
            }
            _ => Ok(()),
        }
    }
}

fn check_disk(disk: &SnapshotDisk, path: &str) -> Result<(), XmlError> {
    let wrong = |place: &str, sentence: String| wrong(&format!("{path}/{place}"), &disk.rest, sentence);
    if disk.name.is_none() {
        return Err(missing(
            &format!("{path}/@name"),
            &disk.rest,
            "the name of the disk",
        ));
    }
    if let Some(SnapshotLocation::Unknown(location)) = &disk.snapshot {
        let sentence =
            format!("the state of a disk cannot go to '{location}': no, internal, external or manual");
        return Err(wrong("@snapshot", sentence));
    }
    if let Some(kind @ (DiskType::Volume | DiskType::Dir | DiskType::Unknown(_))) = &disk.kind {
        let sentence = format!("the image of a snapshot cannot be of type '{kind}': file, block or network");
        return Err(wrong("@type", sentence));
    }
    if let Some(format) = disk.image_format()
        && !has_base(format)
    {
        return Err(wrong(
            "driver/@type",
            format!("an image of format '{format}' cannot have a base; qcow2 can"),
        ));
    }
    check_source(disk, path)
}

fn check_source(disk: &SnapshotDisk, path: &str) -> Result<(), XmlError> {
    let Some(source) = &disk.source else {
        return Ok(());
    };
    let is_local = matches!(disk.kind, None | Some(DiskType::File | DiskType::Block));
    if let Some(file) = disk.path()
        && is_local
        && !file.starts_with('/')
    {
        let sentence = format!("the path of the image '{file}' is not absolute");
        return Err(wrong(&format!("{path}/source"), &source.rest, sentence));
    }
    if disk.kind == Some(DiskType::Network) && source.protocol.is_none() {
        let place = format!("{path}/source/@protocol");
        return Err(missing(
            &place,
            &source.rest,
            "the protocol of the network source",
        ));
    }
    Ok(())
}

/// Whether images of the format can be based on another.
fn has_base(format: &ImageFormat) -> bool {
    matches!(
        format,
        ImageFormat::Cow | ImageFormat::Qcow | ImageFormat::Qcow2 | ImageFormat::Qed | ImageFormat::Vmdk
    )
}
