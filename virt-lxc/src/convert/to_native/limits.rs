//! Limits of memory and CPU, written for the hierarchy that has the controller.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{ScaledKib, VcpuPlacement};
use virt_core::model::value::ByteSize;

use super::super::options::ToNative;
use super::super::problem::{invalid, unsupported};
use super::super::weights::cpu_weight;
use super::UNLIMITED;
use super::output::Output;
use crate::cgroup::{Controller, Hierarchy};

/// The hierarchy of a controller an element needs.
pub(super) fn hierarchy(context: &ToNative, controller: Controller, element: &str) -> Result<Hierarchy> {
    context.layout.hierarchy(controller).ok_or_else(|| {
        let why = context
            .layout
            .missing(controller)
            .unwrap_or_else(|| format!("the {controller} controller is not available"));
        unsupported(element, why)
    })
}

pub(super) fn write_memory(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    const ELEMENT: &str = "/domain/memtune";
    let tune = domain.memtune.as_ref();
    let limit = |of: Option<&ScaledKib>| of.and_then(|limit| limit.size);
    let is_limit = |size: &ByteSize| *size < UNLIMITED;
    let said = limit(tune.and_then(|tune| tune.hard_limit.as_ref()));
    let soft = limit(tune.and_then(|tune| tune.soft_limit.as_ref())).filter(is_limit);
    let swap = limit(tune.and_then(|tune| tune.swap_hard_limit.as_ref())).filter(is_limit);
    if tune.is_some_and(|tune| tune.min_guarantee.is_some()) {
        let text = "LXC grants no memory: keep a setting lxc.cgroup2.memory.min in <metadata>";
        return Err(unsupported(format!("{ELEMENT}/min_guarantee"), text));
    }
    let memory = domain
        .memory
        .as_ref()
        .map(|memory| memory.size)
        .filter(|size| !size.is_zero());
    let hard = said.or(memory).filter(is_limit);
    let is_asked = said.is_some_and(|size| is_limit(&size)) || soft.is_some() || swap.is_some();
    if hard.is_none() && !is_asked {
        return Ok(());
    }
    // The size every domain has is no reason to refuse it: it is a limit where there can be one.
    if !is_asked && context.layout.hierarchy(Controller::Memory).is_none() {
        return Ok(());
    }
    if let (Some(hard), Some(swap)) = (hard, swap)
        && swap < hard
    {
        let text = "it is of memory and swap: not below <hard_limit>, or <memory> where there is none";
        return Err(invalid(format!("{ELEMENT}/swap_hard_limit"), text));
    }
    let mut add = |key: &str, size: u64| out.add(key, size.to_string());
    match hierarchy(context, Controller::Memory, ELEMENT)? {
        Hierarchy::V1 => {
            let limits = [
                ("lxc.cgroup.memory.limit_in_bytes", hard),
                ("lxc.cgroup.memory.soft_limit_in_bytes", soft),
                ("lxc.cgroup.memory.memsw.limit_in_bytes", swap),
            ];
            for (key, size) in limits {
                if let Some(size) = size {
                    add(key, size.as_bytes());
                }
            }
        }
        Hierarchy::V2 => {
            if let Some(hard) = hard {
                add("lxc.cgroup2.memory.max", hard.as_bytes());
            }
            if let Some(soft) = soft {
                add("lxc.cgroup2.memory.high", soft.as_bytes());
            }
            if let Some(swap) = swap {
                let Some(hard) = hard else {
                    let text = "cgroup v2 limits swap by itself: say <hard_limit> too";
                    return Err(unsupported(format!("{ELEMENT}/swap_hard_limit"), text));
                };
                add("lxc.cgroup2.memory.swap.max", swap.as_bytes() - hard.as_bytes());
            }
        }
    }
    Ok(())
}

pub(super) fn write_cpu(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    const ELEMENT: &str = "/domain/cputune";
    let Some(tune) = &domain.cputune else {
        return Ok(());
    };
    // A container has no virtual CPUs with quotas of their own: what is said for one, or for all, is said for it.
    if tune.quota.is_some() && tune.global_quota.is_some() && tune.quota != tune.global_quota {
        let text = "a container has one quota: say <quota> or <global_quota>";
        return Err(unsupported(format!("{ELEMENT}/global_quota"), text));
    }
    let quota = tune.quota.or(tune.global_quota).filter(|quota| *quota != 0);
    let period = tune.period.or(tune.global_period).filter(|period| *period != 0);
    if tune.shares.is_none() && quota.is_none() && period.is_none() {
        return Ok(());
    }
    let mut add = |key: &str, value: String| out.add(key, value);
    match hierarchy(context, Controller::Cpu, ELEMENT)? {
        Hierarchy::V1 => {
            if let Some(shares) = tune.shares {
                add("lxc.cgroup.cpu.shares", shares.to_string());
            }
            if let Some(period) = period {
                add("lxc.cgroup.cpu.cfs_period_us", period.to_string());
            }
            if let Some(quota) = quota {
                add("lxc.cgroup.cpu.cfs_quota_us", quota.max(-1).to_string());
            }
        }
        Hierarchy::V2 => {
            if let Some(shares) = tune.shares {
                add("lxc.cgroup2.cpu.weight", cpu_weight(shares).to_string());
            }
            let most = match quota {
                Some(quota) if quota > 0 => quota.to_string(),
                _ => "max".to_owned(),
            };
            match period {
                Some(period) => add("lxc.cgroup2.cpu.max", format!("{most} {period}")),
                None if quota.is_some() => add("lxc.cgroup2.cpu.max", most),
                None => {}
            }
        }
    }
    Ok(())
}

pub(super) fn write_sets(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    let vcpu = domain.vcpu.as_ref();
    let memory = domain.numatune.as_ref().and_then(|tune| tune.memory.as_ref());
    let is_chosen = vcpu.is_some_and(|vcpu| vcpu.placement == Some(VcpuPlacement::Auto))
        || memory.is_some_and(|memory| memory.placement == Some(VcpuPlacement::Auto));
    if is_chosen {
        let text = "nobody chooses here: say which, by cpuset or nodeset";
        return Err(unsupported("/domain/vcpu/@placement", text));
    }
    let mode = memory.and_then(|memory| memory.mode.as_deref());
    if let Some(mode) = mode.filter(|mode| *mode != "strict") {
        let text = format!("control groups have no mode '{mode}': say 'strict'");
        return Err(unsupported("/domain/numatune/memory/@mode", text));
    }
    if domain
        .numatune
        .as_ref()
        .is_some_and(|tune| !tune.memnodes.is_empty())
    {
        let text = "a container has no NUMA nodes of its own: say <memory nodeset='…'>";
        return Err(unsupported("/domain/numatune/memnode", text));
    }
    let sets = [
        (
            "cpus",
            "/domain/vcpu/@cpuset",
            vcpu.and_then(|vcpu| vcpu.cpuset.as_ref()),
        ),
        (
            "mems",
            "/domain/numatune/memory/@nodeset",
            memory.and_then(|memory| memory.nodeset.as_ref()),
        ),
    ];
    for (file, element, set) in sets {
        let Some(set) = set.filter(|set| !set.is_empty()) else {
            continue;
        };
        let parent = match hierarchy(context, Controller::Cpuset, element)? {
            Hierarchy::V1 => "cgroup",
            Hierarchy::V2 => "cgroup2",
        };
        out.add(format!("lxc.{parent}.cpuset.{file}"), set.to_string());
    }
    Ok(())
}
