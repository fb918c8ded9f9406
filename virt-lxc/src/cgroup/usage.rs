//! What a container uses, from the files of its control groups.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{ContainerGroups, Controller, Hierarchy};

/// A file of a control group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// CPU time of v1, in nanoseconds.
    CpuTime,
    /// User and system time of v1, in clock ticks.
    CpuTicks,
    /// All of CPU time, of v2.
    CpuStat,
    Memory,
    MemoryLimit,
    MemoryStat,
    /// Bytes read and written, of v1.
    IoBytes,
    /// Reads and writes, of v1.
    IoOperations,
    /// All of I/O, of v2.
    IoStat,
    Pids,
}

/// What a container uses; what can't be had is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) cpu: Option<Duration>,
    pub(crate) cpu_user: Option<Duration>,
    pub(crate) cpu_system: Option<Duration>,
    /// In bytes.
    pub(crate) memory: Option<u64>,
    /// In bytes; `None` where there is no limit.
    pub(crate) memory_limit: Option<u64>,
    pub(crate) anonymous: Option<u64>,
    pub(crate) cache: Option<u64>,
    pub(crate) swap: Option<u64>,
    pub(crate) faults: Option<u64>,
    pub(crate) major_faults: Option<u64>,
    pub(crate) processes: Option<u64>,
    /// By device, as `MAJOR:MINOR`.
    pub(crate) io: BTreeMap<String, Io>,
}

/// What a container did with a block device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Io {
    pub(crate) read_bytes: u64,
    pub(crate) written_bytes: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

impl Figure {
    /// The files that tell of these controllers, in the order in which they are read.
    pub(crate) fn files(groups: &ContainerGroups, controllers: &[Controller]) -> Vec<(Self, String)> {
        let mut files = Vec::new();
        for controller in controllers {
            let Some((hierarchy, directory)) = groups.of(*controller) else {
                continue;
            };
            let found = Self::of(*controller, hierarchy).iter();
            files.extend(found.map(|(figure, name)| (*figure, format!("{directory}/{name}"))));
        }
        files
    }

    fn of(controller: Controller, hierarchy: Hierarchy) -> &'static [(Self, &'static str)] {
        match (controller, hierarchy) {
            (Controller::Cpuacct, Hierarchy::V1) => {
                &[(Self::CpuTime, "cpuacct.usage"), (Self::CpuTicks, "cpuacct.stat")]
            }
            (Controller::Cpuacct, Hierarchy::V2) => &[(Self::CpuStat, "cpu.stat")],
            (Controller::Memory, Hierarchy::V1) => &[
                (Self::Memory, "memory.usage_in_bytes"),
                (Self::MemoryLimit, "memory.limit_in_bytes"),
                (Self::MemoryStat, "memory.stat"),
            ],
            (Controller::Memory, Hierarchy::V2) => &[
                (Self::Memory, "memory.current"),
                (Self::MemoryLimit, "memory.max"),
                (Self::MemoryStat, "memory.stat"),
            ],
            (Controller::Io, Hierarchy::V1) => &[
                (Self::IoBytes, "blkio.throttle.io_service_bytes"),
                (Self::IoOperations, "blkio.throttle.io_serviced"),
            ],
            (Controller::Io, Hierarchy::V2) => &[(Self::IoStat, "io.stat")],
            (Controller::Pids, _) => &[(Self::Pids, "pids.current")],
            _ => &[],
        }
    }
}

/// Memory that is not limited reads as this or more in cgroup v1.
const UNLIMITED: u64 = 1 << 62;

impl Usage {
    /// Takes over what a file says. `clock_ticks` is how many there are in a second.
    pub(crate) fn add(&mut self, figure: Figure, content: &str, clock_ticks: u64) {
        match figure {
            Figure::CpuTime => self.cpu = number(content).map(Duration::from_nanos),
            Figure::CpuTicks => {
                let ticks = |name| keyed(content, name).map(|ticks| of_ticks(ticks, clock_ticks));
                (self.cpu_user, self.cpu_system) = (ticks("user"), ticks("system"));
            }
            Figure::CpuStat => {
                let time = |name| keyed(content, name).map(Duration::from_micros);
                self.cpu = time("usage_usec");
                (self.cpu_user, self.cpu_system) = (time("user_usec"), time("system_usec"));
            }
            Figure::Memory => self.memory = number(content),
            Figure::MemoryLimit => self.memory_limit = number(content).filter(|limit| *limit < UNLIMITED),
            Figure::MemoryStat => {
                // Of the whole tree: in cgroup v1 those have a prefix, in cgroup v2 all are.
                let any = |names: [&str; 2]| names.into_iter().find_map(|name| keyed(content, name));
                self.anonymous = any(["total_rss", "anon"]);
                self.cache = any(["total_cache", "file"]);
                self.swap = any(["total_swap", "swap"]);
                self.faults = any(["total_pgfault", "pgfault"]);
                self.major_faults = any(["total_pgmajfault", "pgmajfault"]);
            }
            Figure::IoBytes => self.legacy_io(content, |io| (&mut io.read_bytes, &mut io.written_bytes)),
            Figure::IoOperations => self.legacy_io(content, |io| (&mut io.reads, &mut io.writes)),
            Figure::IoStat => self.unified_io(content),
            Figure::Pids => self.processes = number(content),
        }
    }

    /// `8:0 Read 4096`, a line each.
    fn legacy_io(&mut self, content: &str, fields: impl Fn(&mut Io) -> (&mut u64, &mut u64)) {
        for line in content.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(device), Some(what), Some(Ok(count))) =
                (words.next(), words.next(), words.next().map(str::parse::<u64>))
            else {
                continue;
            };
            let (read, written) = fields(self.io.entry(device.to_owned()).or_default());
            match what {
                "Read" => *read = count,
                "Write" => *written = count,
                _ => {}
            }
        }
    }

    /// `8:0 rbytes=4096 wbytes=0 rios=1 wios=0`, a line a device.
    fn unified_io(&mut self, content: &str) {
        for line in content.lines() {
            let mut words = line.split_ascii_whitespace();
            let Some(device) = words.next() else { continue };
            let io = self.io.entry(device.to_owned()).or_default();
            for (name, value) in words.filter_map(|word| word.split_once('=')) {
                let Ok(value) = value.parse() else { continue };
                match name {
                    "rbytes" => io.read_bytes = value,
                    "wbytes" => io.written_bytes = value,
                    "rios" => io.reads = value,
                    "wios" => io.writes = value,
                    _ => {}
                }
            }
        }
    }
}

fn number(content: &str) -> Option<u64> {
    content.trim().parse().ok()
}

/// The number of a line `NAME NUMBER`.
fn keyed(content: &str, name: &str) -> Option<u64> {
    let line = content
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(number)
}

fn of_ticks(ticks: u64, per_second: u64) -> Duration {
    let per_second = per_second.max(1);
    let rest = (ticks % per_second).saturating_mul(1_000_000_000) / per_second;
    Duration::from_secs(ticks / per_second) + Duration::from_nanos(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::CgroupLayout;

    #[test]
    fn both_kinds_of_files_give_the_same_figures() {
        let mut legacy = Usage::default();
        legacy.add(Figure::CpuTime, "2500000000\n", 100);
        legacy.add(Figure::CpuTicks, "user 150\nsystem 100\n", 100);
        legacy.add(Figure::Memory, "4096\n", 100);
        legacy.add(Figure::MemoryLimit, "67108864\n", 100);
        legacy.add(
            Figure::MemoryStat,
            "rss 1\ntotal_rss 10\ntotal_cache 20\ntotal_pgfault 3\ntotal_pgmajfault 4\n",
            100,
        );
        legacy.add(
            Figure::IoBytes,
            "8:0 Read 4096\n8:0 Write 512\n8:0 Sync 1\nTotal 4608\n",
            100,
        );
        legacy.add(Figure::IoOperations, "8:0 Read 2\n8:0 Write 1\n", 100);
        legacy.add(Figure::Pids, "7\n", 100);
        let mut unified = Usage::default();
        unified.add(
            Figure::CpuStat,
            "usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\n",
            100,
        );
        unified.add(Figure::Memory, "4096\n", 100);
        unified.add(Figure::MemoryLimit, "67108864\n", 100);
        unified.add(
            Figure::MemoryStat,
            "anon 10\nfile 20\npgfault 3\npgmajfault 4\n",
            100,
        );
        unified.add(
            Figure::IoStat,
            "8:0 rbytes=4096 wbytes=512 rios=2 wios=1 dbytes=0\n",
            100,
        );
        unified.add(Figure::Pids, "7\n", 100);
        assert_eq!(legacy, unified);
        assert_eq!(legacy.cpu_user, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn no_limit_is_none() {
        let mut usage = Usage::default();
        usage.add(Figure::MemoryLimit, "9223372036854771712\n", 100);
        assert_eq!(usage.memory_limit, None);
        usage.add(Figure::MemoryLimit, "max\n", 100);
        assert_eq!(usage.memory_limit, None);
    }

    #[test]
    fn files_are_those_of_the_hierarchy_that_has_the_controller() {
        let groups = ContainerGroups::parse(&CgroupLayout::unified(), "0::/lxc.payload.a\n");
        let files = Figure::files(&groups, &[Controller::Memory, Controller::Pids]);
        let paths: Vec<&str> = files.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(
            paths.first(),
            Some(&"/sys/fs/cgroup/lxc.payload.a/memory.current")
        );
        assert_eq!(paths.last(), Some(&"/sys/fs/cgroup/lxc.payload.a/pids.current"));
    }
}
