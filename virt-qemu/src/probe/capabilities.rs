//! What a QEMU binary can do, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Schema;
use crate::qmp::QemuVersion;

/// What a QEMU binary can do. Made by [`probe`](super::probe) or, from recorded replies, by
/// [`ProbeReplies`](super::ProbeReplies).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QemuCapabilities {
    /// The version.
    pub version: QemuVersion,
    /// The distribution's package name and revision; may be empty.
    pub package: String,
    /// The architecture emulated, as in the binary's name: `x86_64`, `aarch64`.
    pub arch: String,
    /// What can run a guest here.
    pub accelerators: Accelerators,
    /// The machine types, `none` included.
    pub machines: Vec<MachineType>,
    /// The CPU models.
    pub cpu_models: Vec<CpuModelSupport>,
    /// The types of devices that can be created.
    pub device_types: BTreeSet<String>,
    /// The types of everything that can be created, devices included.
    pub types: BTreeSet<String>,
    /// The properties of the device types that were asked for; empty for a type that this QEMU lacks.
    pub properties: BTreeMap<String, BTreeSet<String>>,
    /// The command line options that have parameters, with their parameters as far as QEMU tells them.
    pub options: BTreeMap<String, BTreeSet<String>>,
    /// The QMP interface.
    pub schema: Schema,
}

/// What can run a guest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accelerators {
    /// Emulation.
    pub tcg: bool,
    /// Whether KVM is built in.
    pub kvm_present: bool,
    /// Whether a machine was seen to start under KVM on this host.
    pub kvm_usable: bool,
}

/// A machine type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MachineType {
    /// Its name: `pc-q35-10.0`.
    pub name: String,
    /// A shorter name: `q35`.
    pub alias: Option<String>,
    /// Whether it is the default.
    pub is_default: bool,
    /// The most vCPUs it takes.
    pub cpu_max: u32,
    /// Whether vCPUs can be plugged in.
    pub hotpluggable_cpus: bool,
    /// Whether it takes NUMA nodes by memory size alone.
    pub numa_mem_supported: bool,
    /// Whether it is to be removed from QEMU.
    pub deprecated: bool,
    /// The type of its CPU where none is asked for.
    pub default_cpu_type: Option<String>,
    /// The id of its memory object where none is asked for.
    pub default_ram_id: Option<String>,
    /// Whether ACPI can be turned off; `None` where QEMU does not tell (before 8.0).
    pub acpi: Option<bool>,
}

/// A CPU model, and what keeps it from running.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CpuModelSupport {
    /// Its name: `Skylake-Client-v4`, `host`.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// The versioned model it stands for.
    pub alias_of: Option<String>,
    /// Whether it is to be removed from QEMU.
    pub deprecated: bool,
    /// Whether a guest using it can be migrated; `None` where QEMU does not tell.
    pub migration_safe: Option<bool>,
    /// The features it lacks under emulation; `None` where QEMU does not tell, empty where it runs.
    pub lacks_under_tcg: Option<Vec<String>>,
    /// The features it lacks under KVM; `None` where QEMU does not tell or KVM is not usable, empty where it runs.
    pub lacks_under_kvm: Option<Vec<String>>,
}

impl QemuCapabilities {
    /// The machine type of this name or alias.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<&MachineType> {
        let by_name = self.machines.iter().find(|machine| machine.name == name);
        by_name.or_else(|| {
            self.machines
                .iter()
                .find(|machine| machine.alias.as_deref() == Some(name))
        })
    }

    /// The default machine type; some architectures have none.
    #[must_use]
    pub fn default_machine(&self) -> Option<&MachineType> {
        self.machines.iter().find(|machine| machine.is_default)
    }

    /// The CPU model of this name.
    #[must_use]
    pub fn cpu_model(&self, name: &str) -> Option<&CpuModelSupport> {
        self.cpu_models.iter().find(|model| model.name == name)
    }

    /// The name of the CPU model that a machine type takes where none is asked for.
    #[must_use]
    pub fn default_cpu_model(&self, machine: &MachineType) -> Option<&str> {
        let type_name = machine.default_cpu_type.as_deref()?;
        self.cpu_models
            .iter()
            .find(|model| model.type_name == type_name)
            .map(|model| model.name.as_str())
    }

    /// Whether there is a device type of this name.
    #[must_use]
    pub fn has_device(&self, type_name: &str) -> bool {
        self.device_types.contains(type_name)
    }

    /// Whether there is an object type of this name, as `-object` takes it.
    #[must_use]
    pub fn has_object(&self, type_name: &str) -> bool {
        self.schema
            .has(&format!("object-add/arg-type/qom-type/^{type_name}"))
    }

    /// Whether a device type has a property; `None` for a type that was not asked for.
    #[must_use]
    pub fn has_property(&self, type_name: &str, property: &str) -> Option<bool> {
        self.properties
            .get(type_name)
            .map(|properties| properties.contains(property))
    }

    /// Whether there is a QMP command of this name.
    #[must_use]
    pub fn has_command(&self, name: &str) -> bool {
        self.schema.has_command(name)
    }

    /// Whether there is a command line option with this parameter.
    #[must_use]
    pub fn has_option(&self, option: &str, parameter: &str) -> bool {
        self.options
            .get(option)
            .is_some_and(|parameters| parameters.contains(parameter))
    }
}
