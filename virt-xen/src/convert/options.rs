//! What a conversion is told.

use std::collections::BTreeMap;

use crate::config_file::Syntax;

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

/// Where Xen's firmware is, unless said.
pub const FIRMWARE_DIRECTORY: &str = "/usr/lib/xen/boot";

/// How [`from_config`](super::from_config()) reads. Whose file it is, [`XenConfig::syntax`](crate::config_file::XenConfig::syntax)
/// says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FromConfig {
    /// By whose rules.
    pub reading: Reading,
    /// The architecture of guests, `x86_64` unless said: libvirt asks the host.
    pub arch: String,
    /// The directory of `hvmloader` and `ovmf.bin`, [`FIRMWARE_DIRECTORY`] unless said.
    pub firmware_directory: String,
    /// What the CPUs of the host call virtualization, `vmx` unless said: that is what `nestedhvm = 0` disables.
    pub virtualization: String,
}

impl FromConfig {
    /// As libvirt 11.3 reads its formats `xen-xl` and `xen-xm`.
    #[must_use]
    pub fn libvirt() -> Self {
        Self {
            reading: Reading::Libvirt,
            arch: "x86_64".to_owned(),
            firmware_directory: FIRMWARE_DIRECTORY.to_owned(),
            virtualization: "vmx".to_owned(),
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

    /// The architecture of guests.
    #[must_use]
    pub fn with_arch(mut self, arch: impl Into<String>) -> Self {
        self.arch = arch.into();
        self
    }

    /// The directory of `hvmloader` and `ovmf.bin`.
    #[must_use]
    pub fn with_firmware_directory(mut self, directory: impl Into<String>) -> Self {
        self.firmware_directory = directory.into();
        self
    }

    /// What the CPUs of the host call virtualization: `vmx`, `svm`.
    #[must_use]
    pub fn with_virtualization(mut self, feature: impl Into<String>) -> Self {
        self.virtualization = feature.into();
        self
    }
}

impl Default for FromConfig {
    fn default() -> Self {
        Self::libvirt()
    }
}

/// What [`to_config`](super::to_config()) has to know.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ToConfig {
    /// Whose file is written.
    pub syntax: Syntax,
    /// The bridges of networks, which interfaces of type `network` are on.
    pub bridges: BTreeMap<String, String>,
}

impl ToConfig {
    /// A file of xl: libvirt's `xen-xl`.
    #[must_use]
    pub fn xl() -> Self {
        Self::default()
    }

    /// A file of xm: libvirt's `xen-xm`.
    #[must_use]
    pub fn xm() -> Self {
        Self {
            syntax: Syntax::Xm,
            ..Self::default()
        }
    }

    /// The bridge of a network.
    #[must_use]
    pub fn with_bridge(mut self, network: impl Into<String>, bridge: impl Into<String>) -> Self {
        self.bridges.insert(network.into(), bridge.into());
        self
    }
}

/// What [`to_libxl`](super::to_libxl()) has to know of the host.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToLibxl {
    /// The bridges of networks.
    pub bridges: BTreeMap<String, String>,
    /// The port of displays that choose one themselves, 5900 unless said.
    pub display_port: u16,
    /// Memory for shadow page tables, in KiB; as libxl computes it unless said.
    pub shadow_memory: Option<u64>,
    /// How many NUMA nodes the host has: with fewer than the guest has, all of it is on node 0. As many as the guest's unless said.
    pub host_nodes: Option<usize>,
    /// How many CPUs the host has; needed where some virtual CPUs are pinned and others are not.
    pub host_cpus: Option<u32>,
    /// What the CPUs of the host call virtualization (`vmx`, `svm`) where guests are to have it; [`None`] where they are not.
    pub nested_virtualization: Option<String>,
    /// The directory of `ovmf.bin`, [`FIRMWARE_DIRECTORY`] unless said.
    pub firmware_directory: String,
}

impl ToLibxl {
    /// With nothing known of the host.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bridges: BTreeMap::new(),
            display_port: 5900,
            shadow_memory: None,
            host_nodes: None,
            host_cpus: None,
            nested_virtualization: None,
            firmware_directory: FIRMWARE_DIRECTORY.to_owned(),
        }
    }

    /// The bridge of a network.
    #[must_use]
    pub fn with_bridge(mut self, network: impl Into<String>, bridge: impl Into<String>) -> Self {
        self.bridges.insert(network.into(), bridge.into());
        self
    }

    /// The port of displays that choose one themselves.
    #[must_use]
    pub fn with_display_port(mut self, port: u16) -> Self {
        self.display_port = port;
        self
    }

    /// Memory for shadow page tables, in KiB.
    #[must_use]
    pub fn with_shadow_memory(mut self, kib: u64) -> Self {
        self.shadow_memory = Some(kib);
        self
    }

    /// How many NUMA nodes and CPUs the host has.
    #[must_use]
    pub fn with_host(mut self, nodes: usize, cpus: u32) -> Self {
        self.host_nodes = Some(nodes);
        self.host_cpus = Some(cpus);
        self
    }

    /// Guests that have the host's CPU have its virtualization, called so: `vmx`, `svm`.
    #[must_use]
    pub fn with_nested_virtualization(mut self, feature: impl Into<String>) -> Self {
        self.nested_virtualization = Some(feature.into());
        self
    }
}

impl Default for ToLibxl {
    fn default() -> Self {
        Self::new()
    }
}
