//! The disks of a domain, as the rows of a snapshot, checkpoint or backup are laid beside them.

use crate::model::domain::DomainConfig;
use crate::model::domain::devices::{Disk, DiskDevice, DiskSource, DiskType};
use crate::xml::{Found, FoundKind, XmlError, XmlProblem};

/// A disk of the domain with its name.
#[derive(Clone, Copy)]
pub(crate) struct DomainDisk<'a> {
    /// The name in the guest, as `vda`.
    pub(crate) target: &'a str,
    /// The disk.
    pub(crate) disk: &'a Disk,
}

impl<'a> DomainDisk<'a> {
    /// Those of the domain, in order; a disk without a target is none anybody can name.
    pub(crate) fn all(domain: &'a DomainConfig) -> Vec<Self> {
        let disks = domain.devices.as_ref().map(|devices| devices.disks.as_slice());
        let named = |disk: &'a Disk| {
            let target = disk.target.as_ref()?.dev.as_deref()?;
            Some(Self { target, disk })
        };
        disks.unwrap_or_default().iter().filter_map(named).collect()
    }

    /// The one with that target, or for a name that begins with `/` the only one with that path.
    pub(crate) fn by_name(all: &[Self], name: &str) -> Option<Self> {
        if !name.starts_with('/') {
            return all.iter().find(|one| one.target == name).copied();
        }
        let mut found = all.iter().filter(|one| one.path() == Some(name));
        found.next().filter(|_| found.next().is_none()).copied()
    }

    /// The path of its source.
    pub(crate) fn path(self) -> Option<&'a str> {
        path_of(self.kind(), self.disk.source.as_ref()?)
    }

    /// What its source is.
    pub(crate) fn kind(self) -> &'a DiskType {
        self.disk.kind.as_ref().unwrap_or(&DiskType::File)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(self) -> bool {
        let Some(source) = &self.disk.source else {
            return true;
        };
        match self.kind() {
            DiskType::File | DiskType::Block | DiskType::Dir => self.path().is_none_or(str::is_empty),
            DiskType::Network => source.protocol.is_none(),
            DiskType::Volume => source.volume.is_none(),
            _ => false,
        }
    }

    /// Whether the guest cannot write to it.
    pub(crate) fn is_readonly(self) -> bool {
        self.disk.readonly || self.disk.device == Some(DiskDevice::Cdrom)
    }
}

/// The path of a source: of a file, device or directory, or the name on the network.
fn path_of<'a>(kind: &DiskType, source: &'a DiskSource) -> Option<&'a str> {
    match kind {
        DiskType::File => source.file.as_deref(),
        DiskType::Block => source.dev.as_deref(),
        DiskType::Dir => source.dir.as_deref(),
        DiskType::Network => source.name.as_deref(),
        _ => source.path.as_deref(),
    }
}

/// Says which disks there are instead.
pub(crate) fn no_such_disk(name: &str, all: &[DomainDisk<'_>]) -> String {
    let targets: Vec<&str> = all.iter().map(|one| one.target).collect();
    format!(
        "the domain has no disk '{name}' (there are: {})",
        targets.join(", ")
    )
}

/// Whether libvirt's schemas take it as the name of a disk in the guest.
pub(crate) fn is_target_name(name: &str) -> bool {
    let name = name.strip_prefix("ioemu:").unwrap_or(name);
    let number = ["xvd", "ubd", "fd", "hd", "sd", "vd"]
        .iter()
        .find_map(|bus| name.strip_prefix(bus));
    number.is_some_and(|number| {
        let is_fit = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        !number.is_empty() && number.chars().all(is_fit)
    })
}

/// Refuses what is not understood: libvirt checks the document against its schema whether asked or not. What lies
/// under `except` has a schema of its own.
pub(crate) fn refuse_unknown(unknown: Vec<Found>, except: &str) -> Result<(), XmlError> {
    let is_own = |found: &Found| {
        let declares = found.kind == FoundKind::Attribute && found.path.contains("/@xmlns");
        !declares && !found.schema_path.starts_with(except)
    };
    let Some(found) = unknown.into_iter().find(is_own) else {
        return Ok(());
    };
    let what = match found.kind {
        FoundKind::Element => "element",
        FoundKind::Attribute => "attribute",
        FoundKind::Text => "text",
    };
    let problem = XmlProblem::Invalid(format!("this {what} does not belong here"));
    Err(XmlError::new(problem)
        .at(found.position.unwrap_or_default())
        .within(&found.path))
}
