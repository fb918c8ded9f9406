//! What libvirt's parser checks of a volume.

use super::config::{VolumeConfig, VolumeType};
use super::format::{VolumeFormat, VolumeTargetFormat};
use super::target::VolumeTarget;
use crate::model::access_rules::check_encryption;
use crate::model::complaint::{missing, one_of, said, unknown, wrong};
use crate::model::domain::ScaledText;
use crate::model::pool::PoolType;
use crate::model::pool::check_permissions;
use crate::xml::XmlError;
use crate::xml::derived::check_said_values;

/// Files end below this: their sizes are signed.
const LARGEST: u64 = u64::MAX >> 1;

impl VolumeConfig {
    /// Checks what holds in every pool: a name; a capacity, unless it is based on another volume and takes that of it;
    /// sizes below 8 EiB; permissions, encryption, `compat` and features.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        if self.has_capacity() || self.backing_path().is_some() {
            return self.validate_copy();
        }
        let rest = self.capacity.as_ref().map_or(&self.rest, |size| &size.rest);
        Err(missing("/volume/capacity", rest, "the capacity of the volume"))
    }

    /// As [`validate`](Self::validate) for a copy of another volume, as `virStorageVolCreateXMLFrom` makes it: the
    /// capacity may be missing.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn validate_copy(&self) -> Result<(), XmlError> {
        self.check().map_err(|error| error.within("/volume"))?;
        check_said_values(self)
    }

    /// As [`validate`](Self::validate), with what holds in a pool of that type: its formats.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn validate_in(&self, pool: &PoolType) -> Result<(), XmlError> {
        let backing = self
            .backing_store
            .as_ref()
            .filter(|_| self.backing_path().is_some());
        let target = self.target.as_ref().and_then(|target| target.format.as_ref());
        if let Some(format) = backing.and_then(|backing| backing.format.as_ref()) {
            check_format(pool, format).map_err(|error| error.within("/volume/backingStore/format"))?;
        }
        if let Some(format) = target {
            check_format(pool, format).map_err(|error| error.within("/volume/target/format"))?;
        }
        self.validate()
    }

    fn check(&self) -> Result<(), XmlError> {
        if self.name.is_empty() {
            return Err(missing("name", &self.rest, "the name of the volume"));
        }
        if let Some(VolumeType::Unknown(kind)) = &self.kind
            && !kind.is_empty()
        {
            let names = &mut VolumeType::KNOWN.iter().map(VolumeType::as_str);
            return Err(unknown(
                "@type",
                &self.rest,
                kind,
                one_of("a type of volume", names),
            ));
        }
        if let Some(permissions) = self
            .backing_store
            .as_ref()
            .filter(|_| self.backing_path().is_some())
            .and_then(|backing| backing.permissions.as_ref())
        {
            check_permissions(permissions).map_err(|error| error.within("backingStore/permissions"))?;
        }
        check_size("capacity", self.capacity.as_ref())?;
        check_size("allocation", self.allocation.as_ref())?;
        match &self.target {
            Some(target) => check_target(target).map_err(|error| error.within("target")),
            None => Ok(()),
        }
    }

    fn has_capacity(&self) -> bool {
        self.capacity.as_ref().is_some_and(|size| size.size.is_some())
    }

    /// The path of what it is based on.
    pub(super) fn backing_path(&self) -> Option<&str> {
        said(self.backing_store.as_ref()?.path.as_ref())
    }
}

fn check_size(name: &str, size: Option<&ScaledText>) -> Result<(), XmlError> {
    match size {
        Some(ScaledText {
            size: Some(bytes),
            rest,
            ..
        }) if bytes.as_bytes() > LARGEST => Err(wrong(
            name,
            rest,
            format!("the {name} {bytes} is not below 8 EiB"),
        )),
        _ => Ok(()),
    }
}

fn check_format(pool: &PoolType, format: &VolumeTargetFormat) -> Result<(), XmlError> {
    let Some(kind) = format.kind.as_ref().filter(|kind| !kind.as_str().is_empty()) else {
        return Ok(());
    };
    let formats = pool.volume_formats();
    let images = formats.contains(&VolumeFormat::Raw);
    let fits = |format: &VolumeFormat| !images || *format != VolumeFormat::None;
    if formats.is_empty() || (formats.contains(kind) && fits(kind)) {
        return Ok(());
    }
    let names = &mut formats
        .iter()
        .filter(|format| fits(format))
        .map(VolumeFormat::as_str);
    let expected = one_of(&format!("a format of volumes in {pool} pools"), names);
    Err(unknown("@type", &format.rest, kind.as_str(), expected))
}

fn check_target(target: &VolumeTarget) -> Result<(), XmlError> {
    if let Some(permissions) = &target.permissions {
        check_permissions(permissions).map_err(|error| error.within("permissions"))?;
    }
    if let Some(encryption) = &target.encryption {
        check_encryption(encryption).map_err(|error| error.within("encryption"))?;
    }
    if let Some(compat) = said(target.compat.as_ref())
        && !is_version(compat)
    {
        let expected = "a version such as 0.10 or 1.1";
        return Err(unknown("compat", &target.rest, compat, expected));
    }
    let Some(features) = &target.features else {
        return Ok(());
    };
    match features
        .rest
        .elements()
        .find(|element| !is_feature(element.name.local()))
    {
        Some(other) => {
            let name = other.name.as_written();
            let expected = "a feature ('lazy_refcounts' or 'extended_l2')";
            Err(unknown("features", &features.rest, name, expected))
        }
        None => Ok(()),
    }
}

fn is_feature(name: &str) -> bool {
    matches!(name, "lazy_refcounts" | "extended_l2")
}

fn is_version(text: &str) -> bool {
    let is_number =
        |part: &str| part.bytes().all(|digit| digit.is_ascii_digit()) && part.parse::<u32>().is_ok();
    text.split_once('.')
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}
