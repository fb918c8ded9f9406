//! The CPU model and its defaults.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    Cpu, CpuCacheMode, CpuCheck, CpuFeaturePolicy, CpuMatch, CpuMode, DomainType,
};
use virt_core::model::value::OnOff;

use super::super::abilities::{Abilities, MachineType};
use super::super::machine::machine_name;
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities) -> Result<()> {
    let machine = abilities.machine(machine_name(config));
    vcpus(config, machine)?;
    let kvm = config.kind == DomainType::Kvm;
    let count = config.vcpu.as_ref().map_or(1, |vcpu| vcpu.count);
    let cpu = config.cpu.get_or_insert_default();
    topology(cpu, count)?;
    let bare = cpu.mode.is_none() && cpu.model.is_none();
    match cpu.mode.get_or_insert(CpuMode::Custom) {
        CpuMode::Custom => {
            custom(cpu, machine)?;
            cpu.matching.get_or_insert(CpuMatch::Exact);
            let check = if bare || !kvm || is_usable(cpu, abilities) {
                CpuCheck::None
            } else {
                CpuCheck::Partial
            };
            cpu.check.get_or_insert(check);
        }
        CpuMode::HostPassthrough | CpuMode::Maximum => passthrough(cpu, kvm, abilities)?,
        CpuMode::HostModel => {
            return Err(refusal::unsupported(
                "/domain/cpu/@mode",
                "\"host-model\" needs a comparison of CPU models this driver does not make yet; choose \
                 \"host-passthrough\", \"maximum\" or a model",
            ));
        }
        other => {
            let other = other.as_str();
            return Err(refusal::unsupported(
                "/domain/cpu/@mode",
                format!("CPU mode {other:?} is not known"),
            ));
        }
    }
    host_views(cpu)?;
    if cpu.check == Some(CpuCheck::Full) {
        return Err(refusal::unsupported(
            "/domain/cpu/@check",
            "check=\"full\" needs a comparison with the CPU QEMU made, which this driver does not make yet; choose \"partial\" or \"none\"",
        ));
    }
    features(cpu)
}

fn vcpus(config: &DomainConfig, machine: Option<&MachineType>) -> Result<()> {
    let count = config.vcpu.as_ref().map_or(1, |vcpu| vcpu.count);
    match machine {
        Some(machine) if machine.max_cpus > 0 && count > machine.max_cpus => Err(refusal::invalid(
            "/domain/vcpu",
            format!(
                "{count} virtual CPUs are more than the {} a {} takes",
                machine.max_cpus, machine.name
            ),
        )),
        _ => Ok(()),
    }
}

/// Caches and address size: what can be shown of the host, and what can be made up.
fn host_views(cpu: &Cpu) -> Result<()> {
    let passthrough = cpu.mode == Some(CpuMode::HostPassthrough);
    if let Some(cache) = &cpu.cache {
        let fits = match (&cache.mode, cache.level) {
            (Some(CpuCacheMode::Emulate), Some(3)) | (Some(CpuCacheMode::Disable), None) => true,
            (Some(CpuCacheMode::Passthrough), None) => passthrough,
            _ => false,
        };
        if !fits {
            return Err(refusal::unsupported(
                "/domain/cpu/cache",
                "choose mode=\"emulate\" level=\"3\", mode=\"disable\", or mode=\"passthrough\" for a CPU of mode \"host-passthrough\"",
            ));
        }
    }
    if let Some(size) = &cpu.maxphysaddr {
        let fits = match size.mode {
            Some(CpuCacheMode::Passthrough) => passthrough && size.bits.is_none(),
            Some(CpuCacheMode::Emulate) => {
                size.limit.is_none() && size.bits.is_none_or(|bits| (32..=64).contains(&bits))
            }
            _ => false,
        };
        if !fits {
            return Err(refusal::unsupported(
                "/domain/cpu/maxphysaddr",
                "choose mode=\"passthrough\" without bits for a CPU of mode \"host-passthrough\", or mode=\"emulate\" with 32 to 64 bits",
            ));
        }
    }
    Ok(())
}

/// Models from which newer QEMU took features away that libvirt then switches off by name.
fn lost_features(model: &str) -> bool {
    ["Skylake-", "Cascadelake-", "Icelake-", "Snowridge"]
        .iter()
        .any(|name| model.starts_with(name))
}

fn custom(cpu: &mut Cpu, machine: Option<&MachineType>) -> Result<()> {
    let named = cpu
        .model
        .as_ref()
        .and_then(|model| model.name.as_ref())
        .is_some_and(|name| !name.is_empty());
    let model = cpu.model.get_or_insert_default();
    if !named {
        let Some(name) = machine.and_then(|machine| machine.default_cpu.clone()) else {
            return Err(refusal::invalid(
                "/domain/cpu/model",
                "the machine type has no default CPU model; name one",
            ));
        };
        model.name = Some(name);
        model.fallback = Some("forbid".to_owned());
        cpu.check.get_or_insert(CpuCheck::None);
    }
    model.fallback.get_or_insert_with(|| "allow".to_owned());
    if model.name.as_deref().is_some_and(lost_features) {
        return Err(refusal::unsupported(
            "/domain/cpu/model",
            "this model lost features in the history of QEMU, which this driver does not follow yet; choose another model",
        ));
    }
    match cpu.matching {
        None | Some(CpuMatch::Exact) => Ok(()),
        Some(ref other) => Err(refusal::unsupported(
            "/domain/cpu/@match",
            format!(
                "{:?} needs a comparison with the host's CPU this driver does not make yet; choose \"exact\"",
                other.as_str()
            ),
        )),
    }
}

fn is_usable(cpu: &Cpu, abilities: &Abilities) -> bool {
    let name = cpu
        .model
        .as_ref()
        .and_then(|model| model.name.as_deref())
        .unwrap_or_default();
    cpu.features.is_empty() && abilities.usable_cpu_models.contains(name)
}

fn passthrough(cpu: &mut Cpu, kvm: bool, abilities: &Abilities) -> Result<()> {
    if cpu.mode == Some(CpuMode::HostPassthrough) && !kvm {
        return Err(refusal::unsupported(
            "/domain/cpu/@mode",
            "\"host-passthrough\" needs KVM; choose type=\"kvm\" or CPU mode \"maximum\"",
        ));
    }
    if cpu.model.as_ref().is_some_and(|model| model.name.is_some()) {
        return Err(refusal::invalid(
            "/domain/cpu/model",
            "a model is only named for CPU mode \"custom\"",
        ));
    }
    cpu.model = None;
    cpu.matching = None;
    cpu.check.get_or_insert(CpuCheck::None);
    if abilities.gates.cpu_migratable {
        cpu.migratable.get_or_insert(OnOff::On);
    }
    Ok(())
}

fn topology(cpu: &mut Cpu, count: u32) -> Result<()> {
    let Some(topology) = &mut cpu.topology else {
        return Ok(());
    };
    let parts = [
        *topology.sockets.get_or_insert(1),
        *topology.dies.get_or_insert(1),
        *topology.clusters.get_or_insert(1),
        *topology.cores.get_or_insert(1),
        *topology.threads.get_or_insert(1),
    ];
    let product = parts.into_iter().try_fold(1_u32, u32::checked_mul);
    if product == Some(count) {
        return Ok(());
    }
    Err(refusal::invalid(
        "/domain/cpu/topology",
        format!(
            "the topology does not make the {count} virtual CPUs of <vcpu>: sockets × dies × clusters × cores × threads"
        ),
    ))
}

fn features(cpu: &Cpu) -> Result<()> {
    for (index, feature) in cpu.features.iter().enumerate() {
        let path = format!("/domain/cpu/feature[{}]", index + 1);
        let Some(name) = feature.name.as_deref().filter(|name| !name.is_empty()) else {
            return Err(refusal::invalid(path, "a CPU feature needs a name"));
        };
        if name.contains(|character: char| {
            !character.is_ascii_alphanumeric() && !matches!(character, '_' | '-' | '.')
        }) {
            return Err(refusal::invalid(
                path,
                format!("{name:?} is no name of a CPU feature"),
            ));
        }
        match feature.policy {
            None
            | Some(
                CpuFeaturePolicy::Force
                | CpuFeaturePolicy::Require
                | CpuFeaturePolicy::Disable
                | CpuFeaturePolicy::Forbid,
            ) => {}
            Some(ref other) => {
                return Err(refusal::unsupported(
                    format!("{path}/@policy"),
                    format!(
                        "policy {other} needs a comparison with the host's CPU this driver does not make yet; choose \"require\" or \"disable\""
                    ),
                ));
            }
        }
        if cpu
            .features
            .iter()
            .take(index)
            .any(|earlier| earlier.name == feature.name)
        {
            return Err(refusal::invalid(
                path,
                format!("CPU feature {name:?} is given twice"),
            ));
        }
    }
    Ok(())
}
