//! Limits of memory and CPU: `lxc.cgroup.*` and `lxc.cgroup2.*`.

use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    CpuTune, MemTune, Memory, NumaTune, NumaTuneMemory, ScaledKib, VcpuPlacement,
};
use virt_core::model::value::{ByteSize, CpuSet};
use virt_core::{Error, Result};

use super::super::numbers::{kernel_size, libvirt_size, signed_64, unsigned_64};
use super::super::problem::wrong_key;
use super::super::weights::cpu_shares;
use super::native::Native;
use crate::cgroup::{Controller, Hierarchy};

/// What libvirt has for no limit at all: so many KiB and more.
pub(super) use super::super::to_native::UNLIMITED;

const HARD: &str = "lxc.cgroup.memory.limit_in_bytes";
const SOFT: &str = "lxc.cgroup.memory.soft_limit_in_bytes";
const SWAP: &str = "lxc.cgroup.memory.memsw.limit_in_bytes";

fn scaled(size: ByteSize) -> ScaledKib {
    let mut scaled = ScaledKib::default();
    scaled.size = Some(size);
    scaled
}

pub(super) fn read_memory(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let mut tune = MemTune::default();
    if native.is_complete() {
        let limits = complete_limits(native);
        // Without a limit memory is only a number, and no limit is to be made of it.
        tune.hard_limit = Some(scaled(limits.hard.unwrap_or(UNLIMITED)));
        tune.soft_limit = limits.soft.map(scaled);
        tune.swap_hard_limit = limits.swap.map(scaled);
        if let Some(hard) = limits.hard.filter(|hard| !hard.is_zero()) {
            set_memory(domain, hard);
        }
    } else {
        let mut limit = |key: &str| -> Result<Option<ByteSize>> {
            let Some(text) = native.take(key) else {
                return Ok(None);
            };
            let bytes = libvirt_size(&text)
                .ok_or_else(|| wrong_key(key, format!("{text:?} is no size for libvirt: 1073741824, 1G")))?;
            Ok(Some(ByteSize::kib(bytes >> 10)))
        };
        let (hard, soft, swap) = (limit(HARD)?, limit(SOFT)?, limit(SWAP)?);
        if let Some(hard) = hard {
            if hard.is_zero() {
                return Err(wrong_key(HARD, "a domain has some memory"));
            }
            set_memory(domain, hard);
        }
        let is_limit = |size: &ByteSize| *size < UNLIMITED;
        tune.hard_limit = hard.filter(is_limit).map(scaled);
        tune.soft_limit = soft.filter(is_limit).map(scaled);
        tune.swap_hard_limit = swap.filter(is_limit).map(scaled);
    }
    if tune != MemTune::default() {
        domain.memtune = Some(tune);
    }
    Ok(())
}

fn set_memory(domain: &mut DomainConfig, size: ByteSize) {
    domain.memory = Some(Memory::from(size));
    domain.current_memory = Some(Memory::from(size));
}

struct Limits {
    hard: Option<ByteSize>,
    soft: Option<ByteSize>,
    swap: Option<ByteSize>,
}

/// The limits of the hierarchy that counts; those that are none are taken too.
fn complete_limits(native: &mut Native) -> Limits {
    let has = |native: &Native, keys: [&str; 3]| keys.iter().any(|key| native.peek(key).is_some());
    let v1 = [HARD, SOFT, SWAP];
    let v2 = [
        "lxc.cgroup2.memory.max",
        "lxc.cgroup2.memory.high",
        "lxc.cgroup2.memory.swap.max",
    ];
    let is_v2 = match native.preferred(Controller::Memory) {
        Hierarchy::V2 => has(native, v2) || !has(native, v1),
        Hierarchy::V1 => !has(native, v1),
    };
    let [hard, soft, swap] = if is_v2 { v2 } else { v1 };
    let read = |text: &str| match text {
        "max" | "-1" => Some(None),
        text => kernel_size(text).map(|bytes| Some(ByteSize::bytes(bytes))),
    };
    let hard = native.take_as(hard, read).flatten();
    let soft = native.take_as(soft, read).flatten();
    let swap = native.take_as(swap, |text| {
        let limit = read(text)?;
        match (limit, hard) {
            (Some(limit), Some(hard)) if is_v2 => {
                let sum = limit.as_bytes().checked_add(hard.as_bytes())?;
                Some(Some(ByteSize::bytes(sum)))
            }
            // Swap by itself has no element.
            (Some(_), None) if is_v2 => None,
            _ => Some(limit),
        }
    });
    Limits {
        hard,
        soft,
        swap: swap.flatten(),
    }
}

pub(super) fn read_cpu(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let mut tune = CpuTune::default();
    if native.is_complete() {
        complete_cpu(native, &mut tune);
    } else {
        let wrong =
            |key: &str, text: &str| -> Error { wrong_key(key, format!("{text:?} is no whole number")) };
        let unsigned = |native: &mut Native, key: &str| {
            let text = native.take(key);
            text.map(|text| unsigned_64(&text).ok_or_else(|| wrong(key, &text)))
                .transpose()
        };
        tune.shares = unsigned(native, "lxc.cgroup.cpu.shares")?;
        const QUOTA: &str = "lxc.cgroup.cpu.cfs_quota_us";
        let quota = native.take(QUOTA);
        let quota = quota
            .map(|text| signed_64(&text).ok_or_else(|| wrong(QUOTA, &text)))
            .transpose()?;
        tune.quota = quota.filter(|quota| *quota != 0);
        tune.period = unsigned(native, "lxc.cgroup.cpu.cfs_period_us")?.filter(|period| *period != 0);
    }
    if tune != CpuTune::default() {
        domain.cputune = Some(tune);
    }
    Ok(())
}

fn complete_cpu(native: &mut Native, tune: &mut CpuTune) {
    const SHARES: &str = "lxc.cgroup.cpu.shares";
    const QUOTA: &str = "lxc.cgroup.cpu.cfs_quota_us";
    const PERIOD: &str = "lxc.cgroup.cpu.cfs_period_us";
    const WEIGHT: &str = "lxc.cgroup2.cpu.weight";
    const MAX: &str = "lxc.cgroup2.cpu.max";
    let has = |native: &Native, keys: &[&str]| keys.iter().any(|key| native.peek(key).is_some());
    let (v1, v2) = ([SHARES, QUOTA, PERIOD], [WEIGHT, MAX]);
    let is_v2 = match native.preferred(Controller::Cpu) {
        Hierarchy::V2 => has(native, &v2) || !has(native, &v1),
        Hierarchy::V1 => !has(native, &v1),
    };
    if !is_v2 {
        tune.shares = native.take_as(SHARES, |text| text.parse().ok());
        tune.quota = native.take_as(QUOTA, |text| text.parse().ok());
        tune.period = native.take_as(PERIOD, |text| text.parse().ok());
        return;
    }
    tune.shares = native.take_as(WEIGHT, |text| {
        let weight: u64 = text.parse().ok()?;
        (1..=10_000).contains(&weight).then(|| cpu_shares(weight))
    });
    let quota = native.take_as(MAX, |text| {
        let mut words = text.split_ascii_whitespace();
        let quota = match words.next()? {
            "max" => -1,
            number => number.parse::<i64>().ok().filter(|quota| *quota > 0)?,
        };
        let period = words.next().map(str::parse::<u64>).transpose().ok()?;
        words.next().is_none().then_some((quota, period))
    });
    if let Some((quota, period)) = quota {
        tune.quota = Some(quota);
        tune.period = period;
    }
}

pub(super) fn read_sets(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let is_complete = native.is_complete();
    let v2_first = native.preferred(Controller::Cpuset) == Hierarchy::V2;
    let mut set = |file: &str| -> Result<Option<CpuSet>> {
        let [v1, v2] = ["cgroup", "cgroup2"].map(|parent| format!("lxc.{parent}.cpuset.{file}"));
        if is_complete {
            let keys = if v2_first { [v2, v1] } else { [v1, v2] };
            let key = keys.iter().find(|key| native.peek(key).is_some());
            return Ok(key.and_then(|key| native.take_as(key, |text| text.parse().ok())));
        }
        let text = native.take(&v1);
        let read = |text: String| {
            let set: Result<CpuSet, _> = text.parse();
            set.map_err(|_| wrong_key(&v1, format!("{text:?} is no set of numbers: 0-3,8")))
        };
        text.map(read).transpose()
    };
    let (cpus, nodes) = (set("cpus")?, set("mems")?);
    if let Some(vcpu) = &mut domain.vcpu {
        vcpu.cpuset = cpus;
        vcpu.placement = Some(VcpuPlacement::Static);
    }
    if let Some(nodes) = nodes {
        let mut memory = NumaTuneMemory::default();
        memory.mode = Some("strict".to_owned());
        memory.nodeset = Some(nodes);
        let mut tune = NumaTune::default();
        tune.memory = Some(memory);
        domain.numatune = Some(tune);
    }
    Ok(())
}
