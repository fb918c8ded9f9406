//! Limits of a container, changed without a new definition.

use virt_core::domain::ConfigScope;
use virt_core::model::value::CpuSet;
use virt_core::model::{ByteSize, DomainConfig};
use virt_core::{Domain, Error, ErrorKind, Result, Subject};

use crate::convert::{Setting, set_settings, settings};
use crate::extension::embed;

/// Limits of a container: what is `None` stays as it is (`virDomainSetSchedulerParametersFlags`,
/// `virDomainSetMemoryParameters`, `virDomainSetBlkioParameters`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Weight against other groups of the host, 2 to 262144; 1024 is usual (`cpu.shares`, `cpu.weight`).
    pub cpu_shares: Option<u64>,
    /// Microseconds of a period, 1000 to 1000000.
    pub cpu_period: Option<u64>,
    /// Microseconds of CPU time in a period, over all processors; negative for no limit (`cpu.cfs_quota_us`, `cpu.max`).
    pub cpu_quota: Option<i64>,
    /// The processors of the host it may run on (`cpuset.cpus`).
    pub cpus: Option<CpuSet>,
    /// The most memory (`memory.limit_in_bytes`, `memory.max`).
    pub memory: Option<ByteSize>,
    /// The memory beyond which it is asked to give some back when the host is short of it (`memory.soft_limit_in_bytes`,
    /// `memory.high`).
    pub memory_soft: Option<ByteSize>,
    /// The most memory and swap together, where the kernel accounts for swap (`memory.memsw.limit_in_bytes`,
    /// `memory.swap.max`).
    pub memory_and_swap: Option<ByteSize>,
    /// The most processes and threads; 0 for no limit (`pids.max`).
    pub processes: Option<u64>,
    /// Weight of its I/O against other groups, 10 to 1000, where the kernel's scheduler has weights (`blkio.weight`,
    /// `io.weight`).
    pub io_weight: Option<u32>,
}

/// Changes limits of a container: of its present run, of its definition, or of both.
///
/// # Errors
/// `InvalidArgument` for what can't be a limit; `Unsupported` for domains of other drivers, and where this machine lacks the
/// controller, naming it; `InvalidState` where the scope names a configuration the domain has not; `Failed` with the kernel's
/// words for a limit it does not take, as one of memory below what is in use: what had been changed is taken back then.
///
/// # Cancel safety
/// When dropped, the change is carried to its end.
pub async fn set_limits(domain: &Domain, limits: &Limits, scope: ConfigScope) -> Result<()> {
    let about = |error: Error| {
        error
            .with_operation("set_limits")
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver = embed(domain.connection()).map_err(about)?;
    driver
        .set_limits(domain.uuid(), limits, scope)
        .await
        .map_err(about)
}

/// The setting of the number of processes, for which documents have no element: of cgroup v1, and of v2.
const PIDS: [&str; 2] = ["lxc.cgroup.pids.max", "lxc.cgroup2.pids.max"];

impl Limits {
    /// Refuses what can't be a limit.
    pub(crate) fn check(&self) -> Result<()> {
        let ranges = [
            ("cpu_shares", self.cpu_shares, 2, 262_144),
            ("cpu_period", self.cpu_period, 1_000, 1_000_000),
            ("io_weight", self.io_weight.map(u64::from), 10, 1_000),
        ];
        for (name, value, least, most) in ranges {
            if let Some(value) = value
                && !(least..=most).contains(&value)
            {
                return Err(out_of_range(
                    name,
                    &format!("{value} is not within {least} to {most}"),
                ));
            }
        }
        if let Some(quota) = self.cpu_quota
            && (0..1_000).contains(&quota)
        {
            return Err(out_of_range(
                "cpu_quota",
                &format!("{quota} is less than 1000 microseconds, and not negative for no limit"),
            ));
        }
        let sizes = [
            ("memory", self.memory),
            ("memory_soft", self.memory_soft),
            ("memory_and_swap", self.memory_and_swap),
        ];
        for (name, size) in sizes {
            if size == Some(ByteSize::ZERO) {
                return Err(out_of_range(
                    name,
                    "no memory at all is no limit a container lives with",
                ));
            }
        }
        if let (Some(memory), Some(both)) = (self.memory, self.memory_and_swap)
            && both < memory
        {
            return Err(out_of_range(
                "memory_and_swap",
                &format!("{both} is less than the limit of memory alone, {memory}"),
            ));
        }
        Ok(())
    }

    /// Writes them into a document. `v2` is whether the machine counts processes by cgroup v2.
    pub(crate) fn apply(&self, config: &mut DomainConfig, v2: bool) -> Result<()> {
        if self.cpu_shares.is_some() || self.cpu_period.is_some() || self.cpu_quota.is_some() {
            let tune = config.cputune.get_or_insert_default();
            tune.shares = self.cpu_shares.or(tune.shares);
            tune.period = self.cpu_period.or(tune.period);
            tune.quota = self.cpu_quota.or(tune.quota);
        }
        if let Some(cpus) = &self.cpus {
            config.vcpu.get_or_insert_default().cpuset = Some(cpus.clone());
        }
        let sizes = [self.memory, self.memory_soft, self.memory_and_swap];
        if sizes.iter().any(Option::is_some) {
            let tune = config.memtune.get_or_insert_default();
            let slots = [
                &mut tune.hard_limit,
                &mut tune.soft_limit,
                &mut tune.swap_hard_limit,
            ];
            for (slot, size) in slots.into_iter().zip(sizes) {
                if let Some(size) = size {
                    slot.get_or_insert_default().size = Some(size);
                }
            }
        }
        if let Some(weight) = self.io_weight {
            config.blkiotune.get_or_insert_default().weight = Some(weight);
        }
        if let Some(processes) = self.processes {
            let mut kept = settings(config)?;
            kept.retain(|setting| !PIDS.contains(&setting.key.as_str()));
            let [legacy, unified] = PIDS;
            let value = match processes {
                0 => "max".to_owned(),
                processes => processes.to_string(),
            };
            kept.push(Setting::new(if v2 { unified } else { legacy }, value));
            set_settings(config, &kept);
        }
        Ok(())
    }
}

fn out_of_range(name: &'static str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("{name}: {why}"))
        .with_subject(Subject::Other(format!("limit {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Limits)) -> String {
        let mut limits = Limits::default();
        change(&mut limits);
        limits.check().unwrap_err().to_string()
    }

    #[test]
    fn what_can_be_no_limit_is_refused_by_name() {
        assert!(refused(|limits| limits.cpu_shares = Some(1)).contains("cpu_shares"));
        assert!(refused(|limits| limits.cpu_quota = Some(5)).contains("cpu_quota"));
        assert!(refused(|limits| limits.memory = Some(ByteSize::ZERO)).contains("memory"));
        let swap = refused(|limits| {
            limits.memory = Some(ByteSize::mib(2));
            limits.memory_and_swap = Some(ByteSize::mib(1));
        });
        assert!(swap.contains("memory_and_swap"), "{swap}");
        let unlimited = Limits {
            cpu_quota: Some(-1),
            processes: Some(0),
            ..Limits::default()
        };
        unlimited.check().unwrap();
    }

    #[test]
    fn what_is_not_said_stays() {
        let mut config = DomainConfig::default();
        config.cputune.get_or_insert_default().shares = Some(7);
        let mut limits = Limits {
            cpu_quota: Some(50_000),
            processes: Some(100),
            ..Limits::default()
        };
        limits.apply(&mut config, false).unwrap();
        limits.processes = Some(200);
        limits.apply(&mut config, false).unwrap();
        let tune = config.cputune.as_ref().unwrap();
        assert_eq!((tune.shares, tune.quota), (Some(7), Some(50_000)));
        let kept = settings(&config).unwrap();
        let pids: Vec<&str> = kept.iter().map(|setting| setting.value.as_str()).collect();
        assert_eq!(pids, ["200"]);
    }
}
