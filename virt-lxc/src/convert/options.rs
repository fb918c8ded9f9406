//! What a conversion is told.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use virt_core::model::value::ByteSize;

use crate::cgroup::CgroupLayout;

/// By whose rules a configuration is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading {
    /// libvirt's: what it has no element for is ignored, what it fails on fails.
    #[default]
    Libvirt,
    /// liblxc's: everything counts as in the container, and what there is no element for is kept as a setting.
    Complete,
}

/// How [`from_native`](super::from_native()) reads.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FromNative {
    /// By whose rules.
    pub reading: Reading,
    /// The name of the domain; that of `lxc.uts.name` unless said.
    pub name: Option<String>,
    /// The UUID of the domain; none unless said.
    pub uuid: Option<Uuid>,
    /// The emulator the domain names; none unless said. libvirt's driver fills in its own.
    pub emulator: Option<String>,
    /// The memory of a container without a limit; 64 MiB, as libvirt has it, unless said.
    pub memory: Option<ByteSize>,
    /// Which generation of control groups counts where there are settings for both; v2 unless said.
    pub layout: Option<CgroupLayout>,
}

impl FromNative {
    /// As libvirt 11.3 reads its format `lxc-tools`.
    ///
    /// One thing is read better: blanks behind a value, which libvirt keeps, do not count. libvirt has the two numbers of
    /// `lxc.idmap` the wrong way round; so has this.
    #[must_use]
    pub fn libvirt() -> Self {
        Self::default()
    }

    /// As liblxc reads it, with everything kept.
    #[must_use]
    pub fn complete() -> Self {
        Self {
            reading: Reading::Complete,
            ..Self::default()
        }
    }

    /// The name of the domain.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The UUID of the domain.
    #[must_use]
    pub fn with_uuid(mut self, uuid: Uuid) -> Self {
        self.uuid = Some(uuid);
        self
    }

    /// The emulator the domain names.
    #[must_use]
    pub fn with_emulator(mut self, path: impl Into<String>) -> Self {
        self.emulator = Some(path.into());
        self
    }

    /// The memory of a container without a limit, such as that of the host.
    #[must_use]
    pub fn with_memory(mut self, memory: ByteSize) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Where the controllers of the machine are.
    #[must_use]
    pub fn with_layout(mut self, layout: CgroupLayout) -> Self {
        self.layout = Some(layout);
        self
    }
}

/// The number of a device node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceNumber {
    /// Which driver it is of.
    pub major: u32,
    /// Which of that driver's devices it is.
    pub minor: u32,
    /// Whether it is a block device; else a character device.
    pub block: bool,
}

/// What [`to_native`](super::to_native()) has to know of the machine.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ToNative {
    /// Where the controllers are.
    pub layout: CgroupLayout,
    /// The numbers of device nodes, by path: [`devices_needed`](super::devices_needed) says of which.
    pub device_numbers: BTreeMap<String, DeviceNumber>,
    /// Which sources of file systems are no directories, by path: of [`mount_sources`](super::mount_sources).
    pub files: BTreeSet<String>,
    /// The types of the file systems on block devices, by path: [`block_sources`](super::block_sources) says of which.
    pub filesystem_types: BTreeMap<String, String>,
}

impl ToNative {
    /// For a machine with that layout of control groups.
    #[must_use]
    pub fn new(layout: CgroupLayout) -> Self {
        Self {
            layout,
            ..Self::default()
        }
    }

    /// The number of a device node.
    #[must_use]
    pub fn with_device(mut self, path: impl Into<String>, number: DeviceNumber) -> Self {
        self.device_numbers.insert(path.into(), number);
        self
    }

    /// A source of a file system that is no directory.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>) -> Self {
        self.files.insert(path.into());
        self
    }

    /// The type of the file system on a block device.
    #[must_use]
    pub fn with_filesystem_type(mut self, path: impl Into<String>, fstype: impl Into<String>) -> Self {
        self.filesystem_types.insert(path.into(), fstype.into());
        self
    }
}
