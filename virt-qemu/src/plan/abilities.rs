//! What a QEMU binary can do, as far as planning depends on it.

use std::collections::BTreeSet;

use virt_core::{Error, Result};

use crate::probe::{self, CpuModelSupport, QemuCapabilities};

/// The part of a probe's findings that plans depend on: plain data, made from a probe or by hand in tests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Abilities {
    /// The path of the binary.
    pub emulator: String,
    /// The architecture it emulates, such as `x86_64`.
    pub arch: String,
    /// Its version: major, minor, micro.
    pub version: (u32, u32, u32),
    /// Whether KVM can be used with it on this host.
    pub kvm: bool,
    /// Its machine types.
    pub machines: Vec<MachineType>,
    /// The devices and objects it knows, by type name, such as `virtio-blk-pci`.
    pub types: BTreeSet<String>,
    /// What version and types do not tell.
    pub gates: Gates,
    /// The CPU models KVM can run here without taking features away. Empty when nobody asked.
    pub usable_cpu_models: BTreeSet<String>,
}

/// What the schema of QMP or the properties of a type tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Gates {
    /// `-smp` takes `dies`.
    pub smp_dies: bool,
    /// `-smp` takes `clusters`.
    pub smp_clusters: bool,
    /// Chardevs and netdevs take `reconnect-ms` in place of `reconnect`.
    pub reconnect_ms: bool,
    /// `-machine` takes `hpet`; before, `-no-hpet` did.
    pub machine_hpet: bool,
    /// CPUs have the property `migratable`.
    pub cpu_migratable: bool,
    /// `set-action` exists, so a reboot can be turned into a stop at run time.
    pub set_action: bool,
    /// `-device` takes JSON, and such devices can be unplugged.
    pub json_devices: bool,
    /// `-netdev` takes JSON.
    pub json_netdevs: bool,
    /// It was built with the system call filter.
    pub sandbox: bool,
}

/// One machine type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MachineType {
    /// Its name, such as `pc-q35-10.0`.
    pub name: String,
    /// Its short name, such as `q35`.
    pub alias: Option<String>,
    /// Whether it is what QEMU takes when none is named.
    pub is_default: bool,
    /// The most virtual CPUs it takes; 0 when unknown.
    pub max_cpus: u32,
    /// The CPU model it takes when none is named, without the architecture's suffix.
    pub default_cpu: Option<String>,
    /// The id its memory has unless a backend is named.
    pub default_ram_id: Option<String>,
    /// Whether ACPI can be switched.
    pub acpi: bool,
}

impl Abilities {
    /// The machine type of that name or alias.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<&MachineType> {
        let named = self.machines.iter().find(|machine| machine.name == name);
        named.or_else(|| {
            self.machines
                .iter()
                .find(|machine| machine.alias.as_deref() == Some(name))
        })
    }

    /// The machine type QEMU takes when none is named.
    #[must_use]
    pub fn default_machine(&self) -> Option<&MachineType> {
        self.machines.iter().find(|machine| machine.is_default)
    }

    /// Whether it knows a device or object of that type.
    #[must_use]
    pub fn has(&self, type_name: &str) -> bool {
        self.types.contains(type_name)
    }

    /// Refuses when it does not know a device or object of that type.
    pub(crate) fn require(&self, type_name: &str) -> Result<()> {
        if self.has(type_name) {
            return Ok(());
        }
        let (major, minor, micro) = self.version;
        Err(Error::unsupported(format!(
            "{} (QEMU {major}.{minor}.{micro}) has no {type_name}; install the package that brings it or choose another model",
            self.emulator
        )))
    }
}

impl Abilities {
    /// What a probe of the binary at this path found.
    #[must_use]
    pub fn of_probe(emulator: &str, found: &QemuCapabilities) -> Self {
        let version = (found.version.major, found.version.minor, found.version.micro);
        let runs_under_kvm =
            |model: &&CpuModelSupport| model.lacks_under_kvm.as_ref().is_some_and(Vec::is_empty);
        Self {
            emulator: emulator.to_owned(),
            arch: found.arch.clone(),
            version,
            kvm: found.accelerators.kvm_usable,
            machines: found
                .machines
                .iter()
                .map(|machine| MachineType::of_probe(machine, found))
                .collect(),
            types: found.types.clone(),
            gates: Gates::of_probe(version, found),
            usable_cpu_models: found
                .cpu_models
                .iter()
                .filter(runs_under_kvm)
                .map(|model| model.name.clone())
                .collect(),
        }
    }
}

impl MachineType {
    fn of_probe(machine: &probe::MachineType, found: &QemuCapabilities) -> Self {
        Self {
            name: machine.name.clone(),
            alias: machine.alias.clone(),
            is_default: machine.is_default,
            max_cpus: machine.cpu_max,
            default_cpu: found.default_cpu_model(machine).map(str::to_owned),
            default_ram_id: machine.default_ram_id.clone(),
            // QEMU tells from 8.0 on; before, every machine for guests of PCs has it.
            acpi: machine.acpi.unwrap_or(true),
        }
    }
}

impl Gates {
    fn of_probe(version: (u32, u32, u32), found: &QemuCapabilities) -> Self {
        Self {
            smp_dies: found.has_option("smp-opts", "dies") || version >= (4, 1, 0),
            smp_clusters: found.has_option("smp-opts", "clusters") || version >= (7, 0, 0),
            reconnect_ms: found
                .schema
                .has("chardev-add/arg-type/backend/+socket/data/reconnect-ms"),
            machine_hpet: found.has_option("machine", "hpet") || version >= (8, 0, 0),
            // From 1.6 on.
            cpu_migratable: true,
            set_action: found.has_command("set-action"),
            json_devices: found.schema.has("device_add/$json-cli-hotplug"),
            json_netdevs: version >= (7, 2, 0),
            sandbox: found.options.contains_key("sandbox"),
        }
    }
}
