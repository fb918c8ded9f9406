//! From QEMU's replies to [`QemuCapabilities`]. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Accelerators, CpuModelSupport, MachineType, QemuCapabilities, Schema};
use crate::qmp::GreetingVersion;
use crate::qmp::commands::cpu::CpuDefinition;
use crate::qmp::commands::introspection::{CommandLineOption, MachineInfo, TypeInfo};
use crate::qmp::commands::machine::KvmInfo;

/// The replies of a QEMU that was asked what it can do. What it did not answer stays empty.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProbeReplies {
    /// `query-version`.
    pub version: GreetingVersion,
    /// `query-target`.
    pub arch: String,
    /// `query-qmp-schema`.
    pub schema: Schema,
    /// `query-machines`.
    pub machines: Vec<MachineInfo>,
    /// `qom-list-types`, of those that can be created.
    pub types: Vec<TypeInfo>,
    /// `qom-list-types`, of devices that can be created; all types count as devices where it was not asked.
    pub device_types: Option<Vec<TypeInfo>>,
    /// `query-command-line-options`.
    pub options: Vec<CommandLineOption>,
    /// `device-list-properties`, of the types that were asked for.
    pub properties: BTreeMap<String, BTreeSet<String>>,
    /// `query-kvm` and `query-cpu-definitions` of a run that prefers emulation.
    pub under_tcg: AcceleratorReplies,
    /// The same of a run that prefers KVM, where there was one.
    pub under_kvm: Option<AcceleratorReplies>,
}

/// What depends on the accelerator.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AcceleratorReplies {
    /// `query-kvm`.
    pub kvm: Option<KvmInfo>,
    /// `query-cpu-definitions`; empty where this QEMU has none to tell of.
    pub cpu_models: Vec<CpuDefinition>,
}

impl AcceleratorReplies {
    fn runs_under_kvm(&self) -> bool {
        self.kvm.is_some_and(|kvm| kvm.enabled)
    }
}

impl From<ProbeReplies> for QemuCapabilities {
    fn from(replies: ProbeReplies) -> Self {
        let names = |types: &[TypeInfo]| -> BTreeSet<String> {
            types
                .iter()
                .filter(|known| !known.is_abstract)
                .map(|known| known.name.clone())
                .collect()
        };
        let options = replies.options.into_iter().map(|option| {
            let parameters = option
                .parameters
                .into_iter()
                .map(|parameter| parameter.name)
                .collect();
            (option.option, parameters)
        });
        Self {
            version: replies.version.qemu,
            package: replies.version.package,
            arch: replies.arch,
            accelerators: accelerators(&replies.under_tcg, replies.under_kvm.as_ref()),
            machines: replies.machines.into_iter().map(MachineType::from).collect(),
            device_types: names(replies.device_types.as_deref().unwrap_or(&replies.types)),
            types: names(&replies.types),
            cpu_models: cpu_models(replies.under_tcg, replies.under_kvm),
            properties: replies.properties,
            options: options.collect(),
            schema: replies.schema,
        }
    }
}

fn accelerators(under_tcg: &AcceleratorReplies, under_kvm: Option<&AcceleratorReplies>) -> Accelerators {
    let runs = [Some(under_tcg), under_kvm];
    let runs = || runs.iter().copied().flatten();
    Accelerators {
        // A run that prefers emulation and has not got KVM has got emulation.
        tcg: !under_tcg.runs_under_kvm(),
        kvm_present: runs().any(|run| run.kvm.is_some_and(|kvm| kvm.present)),
        kvm_usable: runs().any(AcceleratorReplies::runs_under_kvm),
    }
}

impl From<MachineInfo> for MachineType {
    fn from(info: MachineInfo) -> Self {
        Self {
            name: info.name,
            alias: info.alias,
            is_default: info.is_default,
            cpu_max: info.cpu_max,
            hotpluggable_cpus: info.hotpluggable_cpus,
            numa_mem_supported: info.numa_mem_supported,
            deprecated: info.deprecated,
            default_cpu_type: info.default_cpu_type,
            default_ram_id: info.default_ram_id,
            acpi: info.acpi,
        }
    }
}

/// Merges the two runs by name, in the order of the first.
fn cpu_models(under_tcg: AcceleratorReplies, under_kvm: Option<AcceleratorReplies>) -> Vec<CpuModelSupport> {
    let mut models: Vec<CpuModelSupport> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for run in [Some(under_tcg), under_kvm].into_iter().flatten() {
        let under_kvm = run.runs_under_kvm();
        for definition in run.cpu_models {
            let at = *known.entry(definition.name.clone()).or_insert(models.len());
            if at == models.len() {
                models.push(CpuModelSupport {
                    name: definition.name,
                    type_name: definition.typename,
                    alias_of: definition.alias_of,
                    deprecated: definition.deprecated,
                    migration_safe: definition.migration_safe,
                    ..CpuModelSupport::default()
                });
            }
            if let Some(model) = models.get_mut(at) {
                let lacks = if under_kvm {
                    &mut model.lacks_under_kvm
                } else {
                    &mut model.lacks_under_tcg
                };
                *lacks = definition.unavailable_features;
            }
        }
    }
    models
}
