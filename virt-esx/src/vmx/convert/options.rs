//! What a conversion is told.

use std::sync::Arc;

use super::file_names::{FileNames, PlainNames};

/// By whose rules a file is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading {
    /// libvirt's: what it has no element for is ignored, what it fails on fails.
    #[default]
    Libvirt,
    /// Everything is kept: what there is no element for as a setting in the metadata.
    Complete,
}

/// How [`from_vmx`](super::from_vmx()) reads.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FromVmx {
    /// By whose rules.
    pub reading: Reading,
    /// What names of files stand for; themselves unless said.
    pub files: Arc<dyn FileNames>,
    /// The name of a machine whose file says none.
    pub name: Option<String>,
    /// Where the machine is in the inventory: `<vmware:datacenterpath>`.
    pub datacenter_path: Option<String>,
    /// How the API calls the machine: `<vmware:moref>`.
    pub moref: Option<String>,
}

impl FromVmx {
    /// As libvirt 11.3 reads its format `vmware-vmx`.
    #[must_use]
    pub fn libvirt() -> Self {
        Self {
            reading: Reading::Libvirt,
            files: Arc::new(PlainNames),
            name: None,
            datacenter_path: None,
            moref: None,
        }
    }

    /// With everything kept.
    #[must_use]
    pub fn complete() -> Self {
        Self {
            reading: Reading::Complete,
            ..Self::libvirt()
        }
    }

    /// What names of files stand for.
    #[must_use]
    pub fn with_files(mut self, files: Arc<dyn FileNames>) -> Self {
        self.files = files;
        self
    }

    /// The name of a machine whose file says none.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Where the machine is in the inventory, as `folder/datacenter`.
    #[must_use]
    pub fn with_datacenter_path(mut self, path: impl Into<String>) -> Self {
        self.datacenter_path = Some(path.into());
        self
    }

    /// How the API calls the machine, as `vm-42`.
    #[must_use]
    pub fn with_moref(mut self, moref: impl Into<String>) -> Self {
        self.moref = Some(moref.into());
        self
    }
}

impl Default for FromVmx {
    fn default() -> Self {
        Self::libvirt()
    }
}

/// The version of virtual hardware where nothing says one: that of ESXi 6.5, from which on a SCSI controller has 64 units.
pub const DEFAULT_HARDWARE: u32 = 13;

/// What [`to_vmx`](super::to_vmx()) has to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToVmx {
    /// The version of virtual hardware, 4 or more. Unless said, the one a complete reading kept, or [`DEFAULT_HARDWARE`].
    pub hardware_version: Option<u32>,
    /// How files are named; as the domain names them unless said.
    pub files: Arc<dyn FileNames>,
}

impl ToVmx {
    /// With the version of virtual hardware there was, or the default.
    #[must_use]
    pub fn new() -> Self {
        Self {
            hardware_version: None,
            files: Arc::new(PlainNames),
        }
    }

    /// The version of virtual hardware.
    #[must_use]
    pub fn with_hardware_version(mut self, version: u32) -> Self {
        self.hardware_version = Some(version);
        self
    }

    /// How files are named.
    #[must_use]
    pub fn with_files(mut self, files: Arc<dyn FileNames>) -> Self {
        self.files = files;
        self
    }
}

impl Default for ToVmx {
    fn default() -> Self {
        Self::new()
    }
}
