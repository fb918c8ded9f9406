//! The machine itself: name, memory, virtual CPUs, features, timers, the clock, ends, nodes.

use std::collections::BTreeMap;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    ClockBasis, ClockOffset, FeatureState, LifecycleAction, Numa, NumaCell, TimerName,
};
use virt_core::model::value::{ByteSize, OnOff};

use super::super::complete::is_present;
use super::super::made::Made;
use super::super::problem::{invalid, unsupported};
use super::super::words::{Kind, VIRIDIAN_ALWAYS};
use super::is_machine;
use crate::config_file::Value;

/// A number of a file.
fn number(place: &str, number: u64) -> Result<Value> {
    let number = i64::try_from(number).map_err(|_error| invalid(place, "it is more than there is"))?;
    Ok(Value::from(number))
}

pub(super) fn write_identity(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    out.add("name", domain.name.as_str());
    if let Some(uuid) = domain.uuid {
        out.add("uuid", uuid.to_string());
    }
    let mib = |size: ByteSize| size.as_kib().div_ceil(1024);
    let memory = domain
        .memory
        .as_ref()
        .map_or(ByteSize::ZERO, |memory| memory.size);
    if memory.is_zero() {
        return Err(invalid("/domain/memory", "a guest has memory: say how much"));
    }
    let current = domain
        .current_memory
        .as_ref()
        .map_or(memory, |memory| memory.size);
    out.add("maxmem", number("/domain/memory", mib(memory))?);
    out.add("memory", number("/domain/currentMemory", mib(current))?);
    let vcpu = domain.vcpu.as_ref();
    let count = vcpu.map_or(1, |vcpu| vcpu.count);
    let current = vcpu.and_then(|vcpu| vcpu.current).unwrap_or(count);
    if count == 0 || current == 0 || current > count {
        return Err(invalid(
            "/domain/vcpu",
            "a guest has a virtual CPU, and not more at once than it has",
        ));
    }
    if current < count {
        out.add("maxvcpus", count);
    }
    out.add("vcpus", current);
    let set = vcpu.and_then(|vcpu| vcpu.cpuset.as_ref());
    if let Some(set) = set.filter(|set| !set.is_empty()) {
        out.add("cpus", set.to_string());
    }
    Ok(())
}

fn is_on(state: Option<&FeatureState>) -> Option<bool> {
    state.map(|state| state.state != Some(OnOff::Off))
}

pub(super) fn write_features(domain: &DomainConfig, kind: Kind, is_xl: bool, out: &mut Made) -> Result<()> {
    let features = domain.features.as_ref();
    let has = |has: bool| features.is_some() && has;
    let xen = features.and_then(|features| features.xen.as_ref());
    let e820 = xen.and_then(|xen| xen.e820_host.as_ref());
    if is_machine(kind) {
        out.add("pae", has(features.is_some_and(|features| features.pae)));
        out.add("acpi", has(features.is_some_and(|features| features.acpi)));
        out.add(
            "apic",
            has(features.is_some_and(|features| features.apic.is_some())),
        );
        if is_on(features.and_then(|features| features.hap.as_ref())) == Some(false) {
            out.add("hap", false);
        }
        write_viridian(domain, is_xl, out)?;
        if e820.is_some() {
            let text = "only paravirtual guests have the memory map of the host";
            return Err(unsupported("/domain/features/xen/e820_host", text));
        }
    } else {
        if kind == Kind::Pvh && is_on(features.and_then(|features| features.hap.as_ref())) == Some(false) {
            out.add("hap", false);
        }
        if is_on(e820) == Some(true) {
            out.add("e820_host", true);
        }
    }
    let passthrough = xen.and_then(|xen| xen.passthrough.as_ref());
    if let Some(passthrough) = passthrough.filter(|one| one.state != Some(OnOff::Off)) {
        out.add("passthrough", passthrough.mode.as_deref().unwrap_or("enabled"));
    }
    Ok(())
}

fn write_viridian(domain: &DomainConfig, is_xl: bool, out: &mut Made) -> Result<()> {
    let features = domain.features.as_ref();
    let groups = match features.and_then(|features| features.hyperv.as_ref()) {
        Some(hyperv) => viridian(hyperv)?,
        None => Vec::new(),
    };
    if groups.is_empty() {
        out.add("viridian", features.is_some_and(|features| features.viridian));
        return Ok(());
    }
    if !is_xl {
        let text = "xm has all of them or none: say <viridian/>";
        return Err(unsupported("/domain/features/hyperv", text));
    }
    out.add("viridian", Value::texts(groups));
    Ok(())
}

/// The groups of Hyper-V's extensions a guest has, in xl's names.
pub(in super::super) fn viridian(hyperv: &virt_core::model::domain::Hyperv) -> Result<Vec<&'static str>> {
    match hyperv.mode.as_deref() {
        Some("passthrough") => return Ok(vec!["all"]),
        None | Some("custom") => {}
        Some(mode) => {
            let text = format!("Xen has modes custom and passthrough, not {mode}");
            return Err(unsupported("/domain/features/hyperv/@mode", text));
        }
    }
    let flag = |flag: &Option<virt_core::model::domain::HypervFlag>| {
        flag.as_ref().is_some_and(|flag| flag.state != Some(OnOff::Off))
    };
    let direct = |flag: &Option<virt_core::model::domain::HypervDirect>| {
        flag.as_ref().is_some_and(|flag| flag.state != Some(OnOff::Off))
    };
    let is_set = |state: Option<OnOff>| state != Some(OnOff::Off);
    let unknown = [
        (
            hyperv.spinlocks.as_ref().is_some_and(|one| is_set(one.state)),
            "spinlocks",
        ),
        (flag(&hyperv.runtime), "runtime"),
        (flag(&hyperv.reset), "reset"),
        (
            hyperv.vendor_id.as_ref().is_some_and(|one| is_set(one.state)),
            "vendor_id",
        ),
        (flag(&hyperv.reenlightenment), "reenlightenment"),
        (flag(&hyperv.evmcs), "evmcs"),
        (flag(&hyperv.avic), "avic"),
        (flag(&hyperv.emsr_bitmap), "emsr_bitmap"),
        (flag(&hyperv.xmm_input), "xmm_input"),
    ];
    if let Some((_, name)) = unknown.into_iter().find(|(is_there, _)| *is_there) {
        let text = "Xen has relaxed, vapic, vpindex, synic, stimer, frequencies, tlbflush and ipi";
        return Err(unsupported(format!("/domain/features/hyperv/{name}"), text));
    }
    let chosen = [
        (flag(&hyperv.frequencies), "freq"),
        (direct(&hyperv.tlbflush), "hcall_remote_tlb_flush"),
        (flag(&hyperv.vapic), "apic_assist"),
        (flag(&hyperv.synic), "synic"),
        (direct(&hyperv.stimer), "stimer"),
        (flag(&hyperv.ipi), "hcall_ipi"),
    ];
    let chosen = chosen.into_iter().filter(|(is_there, _)| *is_there);
    let groups: Vec<&str> = VIRIDIAN_ALWAYS
        .iter()
        .copied()
        .chain(chosen.map(|(_, name)| name))
        .collect();
    Ok(groups)
}

pub(super) fn write_timers(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let timers = domain.clock.iter().flat_map(|clock| &clock.timers);
    for timer in timers {
        let place = "/domain/clock/timer";
        match &timer.name {
            Some(TimerName::Tsc) => {
                if !is_present(timer.present.as_ref()) {
                    let text = "every guest has the timer tsc: leave it out, or say its mode";
                    return Err(unsupported(format!("{place}/@present"), text));
                }
                let mode = match timer.mode.as_deref() {
                    Some("native") => "native",
                    Some("paravirt") => "native_paravirt",
                    Some("emulate") => "always_emulate",
                    None | Some("auto") => "default",
                    Some(mode) => {
                        let text = format!("{mode} is none of auto, native, paravirt, emulate");
                        return Err(unsupported(format!("{place}/@mode"), text));
                    }
                };
                out.add("tsc_mode", mode);
            }
            Some(TimerName::Hpet) if is_machine(kind) => out.add("hpet", is_present(timer.present.as_ref())),
            name => {
                let name = name.as_ref().map_or_else(String::new, ToString::to_string);
                let text = format!("Xen has the timers tsc and, of a whole machine, hpet, not {name:?}");
                return Err(unsupported(place, text));
            }
        }
    }
    Ok(())
}

pub(super) fn write_clock(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let clock = domain.clock.as_ref();
    let offset = clock.and_then(|clock| clock.offset.as_ref());
    let adjustment = clock.and_then(|clock| clock.adjustment.as_deref());
    let refused = |offset: Option<&ClockOffset>| {
        let offset = offset.map_or_else(String::new, ToString::to_string);
        let text = format!("a guest of this kind has no clock of offset {offset:?}: say utc or localtime");
        unsupported("/domain/clock/@offset", text)
    };
    let is_local = match offset {
        Some(ClockOffset::Localtime) => true,
        None | Some(ClockOffset::Utc) => false,
        Some(ClockOffset::Variable) if is_machine(kind) => {
            clock.and_then(|clock| clock.basis.as_ref()) == Some(&ClockBasis::Localtime)
        }
        offset => return Err(refused(offset)),
    };
    let place = "/domain/clock/@adjustment";
    let seconds = match adjustment {
        None => 0,
        Some("reset") if is_machine(kind) => {
            return Err(unsupported(
                place,
                "the clock of a whole machine is not reset: leave it out",
            ));
        }
        Some("reset") => 0,
        Some(text) => {
            let bad = || invalid(place, format!("{text:?} is no number of seconds"));
            text.trim().parse::<i64>().map_err(|_error| bad())?
        }
    };
    if is_machine(kind) {
        out.add("rtc_timeoffset", seconds);
    } else if seconds != 0 {
        return Err(unsupported(
            place,
            "the clock of a paravirtual guest is Xen's: leave it out",
        ));
    }
    out.add("localtime", is_local);
    Ok(())
}

pub(super) fn write_ends(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let ends = [
        ("on_poweroff", &domain.on_poweroff, LifecycleAction::Destroy),
        ("on_reboot", &domain.on_reboot, LifecycleAction::Restart),
        ("on_crash", &domain.on_crash, LifecycleAction::Destroy),
    ];
    for (key, action, usual) in ends {
        let action = action.as_ref().unwrap_or(&usual);
        if matches!(
            action,
            LifecycleAction::Poweroff
                | LifecycleAction::Pause
                | LifecycleAction::Ignore
                | LifecycleAction::Unknown(_)
        ) {
            let text = format!("{action} is none of destroy, restart, rename-restart, preserve …");
            return Err(unsupported(format!("/domain/{key}"), text));
        }
        out.add(key, action.as_str());
    }
    Ok(())
}

/// More nodes than any guest has.
pub(in super::super) const MOST_NODES: usize = 1024;

/// How far nodes are from each other, row by row: as said, or as said the other way round; else 10 within, 20 between them.
pub(in super::super) fn distances(numa: &Numa) -> Result<Vec<Vec<u32>>> {
    if numa.cells.len() > MOST_NODES {
        let text = format!("a guest has {MOST_NODES} nodes at most");
        return Err(invalid("/domain/cpu/numa", text));
    }
    let row = |cell: &NumaCell| {
        let siblings = cell.distances.iter().flat_map(|distances| &distances.siblings);
        let said = siblings.filter_map(|sibling| Some((usize::try_from(sibling.id?).ok()?, sibling.value?)));
        said.collect::<BTreeMap<usize, u32>>()
    };
    let rows: Vec<BTreeMap<usize, u32>> = numa.cells.iter().map(row).collect();
    let said = |from: usize, to: usize| rows.get(from)?.get(&to).copied();
    let distance = |from: usize, to: usize| {
        let usual = if from == to { 10 } else { 20 };
        said(from, to).or_else(|| said(to, from)).unwrap_or(usual)
    };
    let nodes = 0..rows.len();
    let row = |from: usize| nodes.clone().map(|to| distance(from, to)).collect();
    Ok(nodes.clone().map(row).collect())
}

pub(super) fn write_nodes(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let Some(numa) = domain.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref()) else {
        return Ok(());
    };
    let mut nodes = Vec::with_capacity(numa.cells.len());
    for ((number, cell), distances) in numa.cells.iter().enumerate().zip(distances(numa)?) {
        let place = format!("/domain/cpu/numa/cell[{}]", number + 1);
        let cpus = cell.cpus.as_ref().filter(|cpus| !cpus.is_empty());
        let cpus = cpus.ok_or_else(|| invalid(format!("{place}/@cpus"), "a node has a virtual CPU"))?;
        let memory = cell.memory.unwrap_or(ByteSize::ZERO).as_kib() / 1024;
        let distances: Vec<String> = distances.iter().map(ToString::to_string).collect();
        nodes.push(Value::texts([
            format!("pnode={number}"),
            format!("size={memory}"),
            format!("vcpus={cpus}"),
            format!("vdistances={}", distances.join(",")),
        ]));
    }
    if !nodes.is_empty() {
        out.add("vnuma", Value::List(nodes));
    }
    Ok(())
}
