//! What libvirt checks of a checkpoint, whatever the driver: its parser's checks and its schema's, which it applies to
//! every checkpoint, asked or not.

use super::root::{CheckpointConfig, CheckpointDisk, CheckpointKind};
use crate::model::complaint::{missing, wrong};
use crate::model::moment::{MomentDomain, is_target_name, refuse_unknown};
use crate::sorted::SortedSet;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlError};

impl CheckpointConfig {
    /// Checks what holds for every driver: names fit for files, disks with names, bitmaps only where there is one,
    /// nothing that does not belong there.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        if let Some(name) = &self.name {
            check_name(name, "/domaincheckpoint/name", &self.rest)?;
        }
        if let Some(parent) = &self.parent {
            let path = "/domaincheckpoint/parent/name";
            match &parent.name {
                None => return Err(missing(path, &parent.rest, "the name of the parent")),
                Some(name) => check_name(name, path, &parent.rest)?,
            }
        }
        if let Some(list) = &self.disks
            && list.disks.is_empty()
        {
            let what = "a <disk> in <disks> (leave <disks> out for all disks)";
            return Err(missing("/domaincheckpoint/disks/disk", &list.rest, what));
        }
        for (index, disk) in self.rows().iter().enumerate() {
            check_disk(disk, &format!("/domaincheckpoint/disks/disk[{}]", index + 1))?;
        }
        refuse_unknown(self.unknown(), "domaincheckpoint/domain/")?;
        check_values(self)
    }

    /// Checks a checkpoint that was made before and is defined again: besides [`validate`](Self::validate), name, time
    /// and configuration must be there.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn validate_redefined(&self) -> Result<(), XmlError> {
        if self.name.is_none() {
            let path = "/domaincheckpoint/name";
            return Err(missing(path, &self.rest, "the name of the checkpoint"));
        }
        if self.creation_time.is_none() {
            let path = "/domaincheckpoint/creationTime";
            return Err(missing(path, &self.rest, "the time the checkpoint was made at"));
        }
        let parent = self.parent.as_ref().and_then(|parent| parent.name.as_ref());
        if parent.is_some() && parent == self.name.as_ref() {
            let path = "/domaincheckpoint/parent/name";
            return Err(wrong(path, &self.rest, "a checkpoint does not come after itself"));
        }
        let Some(config) = self.domain.as_ref().and_then(MomentDomain::to_config) else {
            let path = "/domaincheckpoint/domain";
            return Err(missing(path, &self.rest, "the domain of the checkpoint"));
        };
        config
            .validate()
            .map_err(|error| error.within("/domaincheckpoint"))?;
        self.validate()
    }

    /// Whether no disk has two rows, which the parser takes and every use of the checkpoint refuses.
    pub(super) fn check_names_differ(&self) -> Result<(), XmlError> {
        let mut seen = SortedSet::new();
        for (index, disk) in self.rows().iter().enumerate() {
            if let Some(name) = &disk.name
                && !seen.insert(name)
            {
                let path = format!("/domaincheckpoint/disks/disk[{}]/@name", index + 1);
                return Err(wrong(
                    &path,
                    &disk.rest,
                    format!("the disk '{name}' is named twice"),
                ));
            }
        }
        Ok(())
    }
}

fn check_name(name: &str, path: &str, rest: &Rest) -> Result<(), XmlError> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let mut letters = name.chars();
    let is_fit =
        letters.next().is_some_and(is_plain) && letters.all(|letter| is_plain(letter) || letter == '.');
    match is_fit {
        true => Ok(()),
        false => {
            let sentence = format!(
                "the name '{name}' is not fit for a file: letters, digits, '_', '-' and, but for the first, '.'"
            );
            Err(wrong(path, rest, sentence))
        }
    }
}

fn check_disk(disk: &CheckpointDisk, path: &str) -> Result<(), XmlError> {
    let wrong =
        |attribute: &str, sentence: String| Err(wrong(&format!("{path}/@{attribute}"), &disk.rest, sentence));
    let Some(name) = &disk.name else {
        return Err(missing(
            &format!("{path}/@name"),
            &disk.rest,
            "the name of the disk",
        ));
    };
    if !is_target_name(name) && !name.starts_with('/') {
        return wrong(
            "name",
            format!("'{name}' is neither a target as vda nor an absolute path"),
        );
    }
    match disk.kind() {
        CheckpointKind::Bitmap => Ok(()),
        CheckpointKind::Unknown(kind) => wrong(
            "checkpoint",
            format!("changes of a disk cannot be recorded by '{kind}': no or bitmap"),
        ),
        CheckpointKind::No if disk.bitmap.is_some() => wrong(
            "bitmap",
            format!("the disk '{name}' is left out, so it has no bitmap"),
        ),
        CheckpointKind::No if disk.size.is_some() => wrong(
            "size",
            format!("the disk '{name}' is left out, so nothing of it changed"),
        ),
        CheckpointKind::No => Ok(()),
    }
}
