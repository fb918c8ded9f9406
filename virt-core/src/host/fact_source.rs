//! The facts of a machine, from the files its kernel shows: one reading of them for machines near and far.

use std::collections::HashMap;

use super::{CpuVendor, HostFacts, NumaCell};
use crate::error::Result;
use crate::sorted::SortedSet;

const CPUS: &str = "/sys/devices/system/cpu";
const NODES: &str = "/sys/devices/system/node";

/// Gives a file's text, for [`HostFacts::from_files`].
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String>;

/// What no file of a machine tells: who we are there, and what its kernel calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are those of `HostFacts` with the same names"
)]
pub struct FactIdentity {
    pub hostname: String,
    pub arch: String,
    pub kernel: String,
    pub clock_ticks: u64,
    pub kvm: bool,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
    /// `XDG_STATE_HOME` as it is set; one that is not absolute is ignored.
    pub state_home: Option<String>,
    /// `XDG_RUNTIME_DIR` as it is set; one that is not absolute is ignored.
    pub runtime_dir: Option<String>,
}

impl HostFacts {
    /// Reads the facts of a Linux machine from the files its kernel shows.
    ///
    /// `read` is asked for `/proc/cpuinfo`, `/proc/meminfo`, `/proc/stat` and `/proc/sys/kernel/random/boot_id`, which
    /// must be there, and for what is known of each processor and NUMA cell below `/sys/devices/system`, which need
    /// not.
    ///
    /// # Errors
    /// What `read` answers for a file that must be there.
    pub fn from_files(identity: FactIdentity, read: ReadFile<'_>) -> Result<Self> {
        let cpu_info = CpuInfo::parse(&read("/proc/cpuinfo")?);
        let memory = read("/proc/meminfo")?;
        let memory_kib = table_value(&memory, "MemTotal:").unwrap_or(0);
        let online = optional(read, &format!("{CPUS}/online")).map(|list| parse_cpu_list(&list));
        let online = online
            .filter(|cpus| !cpus.is_empty())
            .unwrap_or_else(|| (0..cpu_info.count.max(1)).collect());
        let topology = Topology::read(&online, read);
        let absolute = |directory: Option<String>| directory.filter(|path| path.starts_with('/'));
        Ok(Self {
            hostname: identity.hostname,
            arch: identity.arch,
            kernel: identity.kernel,
            boot_id: read("/proc/sys/kernel/random/boot_id")?.trim().to_owned(),
            clock_ticks: identity.clock_ticks,
            boot_time: table_value(&read("/proc/stat")?, "btime").unwrap_or(0),
            cpus: count(&online),
            mhz: highest_mhz(&online, read).unwrap_or(cpu_info.mhz),
            cpu_model: cpu_info.model,
            cpu_vendor: cpu_info.vendor,
            sockets: topology.sockets,
            cores: topology.cores,
            threads: topology.threads,
            memory_kib,
            memory_free_kib: table_value(&memory, "MemFree:").unwrap_or(0),
            numa: numa_cells(read).unwrap_or_else(|| {
                vec![NumaCell {
                    id: 0,
                    memory_kib,
                    cpus: online.clone(),
                }]
            }),
            kvm: identity.kvm,
            uid: identity.uid,
            gid: identity.gid,
            home: identity.home,
            state_home: absolute(identity.state_home),
            runtime_dir: absolute(identity.runtime_dir),
        })
    }
}

fn optional(read: ReadFile<'_>, path: &str) -> Option<String> {
    read(path).ok().map(|text| text.trim().to_owned())
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// The number that follows a word at the start of a line.
fn table_value(table: &str, word: &str) -> Option<u64> {
    table.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some(word))
            .then(|| words.next()?.parse().ok())
            .flatten()
    })
}

/// A list as the kernel prints it: `0-3,8`.
fn parse_cpu_list(list: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse().ok()?..=last.trim().parse::<u32>().ok()?)
    };
    // No machine has so many that a damaged list should cost more.
    list.split(',')
        .filter_map(range)
        .flatten()
        .take(1 << 16)
        .collect()
}

struct CpuInfo {
    count: u32,
    model: String,
    vendor: CpuVendor,
    mhz: u32,
}

impl CpuInfo {
    /// Reads `/proc/cpuinfo`, whose words differ between architectures.
    fn parse(text: &str) -> Self {
        let fields: Vec<(&str, &str)> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect();
        let first = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| fields.iter().find(|field| field.0 == *name));
            found.map(|field| field.1.to_owned())
        };
        let vendor = match first(&["vendor_id", "CPU implementer", "vendor", "uarch"]) {
            Some(name) if name == "GenuineIntel" => CpuVendor::Intel,
            Some(name) if name == "AuthenticAMD" => CpuVendor::Amd,
            Some(name) => CpuVendor::Other(name),
            None => CpuVendor::Other("unknown".to_owned()),
        };
        let mhz = fields
            .iter()
            .filter(|field| field.0 == "cpu MHz" || field.0 == "clock")
            .filter_map(|field| field.1.split('.').next()?.parse().ok())
            .max();
        Self {
            count: u32::try_from(fields.iter().filter(|field| field.0 == "processor").count())
                .unwrap_or(u32::MAX),
            model: first(&["model name", "cpu", "Model", "CPU part", "isa"])
                .unwrap_or_else(|| "unknown".to_owned()),
            vendor,
            mhz: mhz.unwrap_or(0),
        }
    }
}

fn highest_mhz(online: &[u32], read: ReadFile<'_>) -> Option<u32> {
    let khz = online
        .iter()
        .filter_map(|cpu| optional(read, &format!("{CPUS}/cpu{cpu}/cpufreq/cpuinfo_max_freq")))
        .filter_map(|khz| khz.parse::<u32>().ok())
        .max()?;
    Some(khz / 1000)
}

#[derive(Debug, PartialEq, Eq)]
struct Topology {
    sockets: u32,
    cores: u32,
    threads: u32,
}

/// Where a processor sits: its socket, and its core within that.
type Place = (i64, (i64, i64));

impl Topology {
    fn read(online: &[u32], read: ReadFile<'_>) -> Self {
        let places: Option<Vec<Place>> = online
            .iter()
            .map(|cpu| {
                let number = |name: &str| -> Option<i64> {
                    optional(read, &format!("{CPUS}/cpu{cpu}/topology/{name}"))?
                        .parse()
                        .ok()
                };
                let core = (number("die_id").unwrap_or(0), number("core_id")?);
                Some((number("physical_package_id")?, core))
            })
            .collect();
        Self::of(&places.unwrap_or_default(), count(online))
    }

    /// The greatest number of cores in a socket and threads in a core; one socket of single threads where nothing is told.
    fn of(places: &[Place], cpus: u32) -> Self {
        if places.is_empty() {
            return Self {
                sockets: 1,
                cores: cpus.max(1),
                threads: 1,
            };
        }
        let mut cores: HashMap<i64, SortedSet<(i64, i64)>> = HashMap::new();
        let mut threads: HashMap<Place, u32> = HashMap::new();
        for place in places {
            cores.entry(place.0).or_default().insert(place.1);
            *threads.entry(*place).or_default() += 1;
        }
        let most_cores = cores.values().map(SortedSet::len).max().unwrap_or(1);
        Self {
            sockets: u32::try_from(cores.len()).unwrap_or(1),
            cores: u32::try_from(most_cores).unwrap_or(1),
            threads: threads.values().copied().max().unwrap_or(1),
        }
    }
}

/// The NUMA cells; `None` where the machine does not tell.
fn numa_cells(read: ReadFile<'_>) -> Option<Vec<NumaCell>> {
    let ids = parse_cpu_list(&optional(read, &format!("{NODES}/online"))?);
    let cells: Option<Vec<NumaCell>> = ids
        .into_iter()
        .map(|id| {
            let memory = optional(read, &format!("{NODES}/node{id}/meminfo"))?;
            // "Node 0 MemTotal: 1234 kB"
            let memory_kib = memory.lines().find_map(|line| {
                let (_, value) = line.split_once("MemTotal:")?;
                value.split_ascii_whitespace().next()?.parse().ok()
            })?;
            let cpus = parse_cpu_list(&optional(read, &format!("{NODES}/node{id}/cpulist"))?);
            Some(NumaCell { id, memory_kib, cpus })
        })
        .collect();
    cells.filter(|cells| !cells.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists_are_ranges_and_numbers() {
        assert_eq!(parse_cpu_list("0-2,8\n"), [0, 1, 2, 8]);
        assert_eq!(parse_cpu_list(""), Vec::<u32>::new());
    }

    #[test]
    fn processors_of_other_makers_keep_their_names() {
        let arm =
            CpuInfo::parse("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n");
        assert_eq!(
            (arm.count, arm.vendor, arm.model.as_str()),
            (2, CpuVendor::Other("0x41".into()), "0xd0c")
        );
        let amd = CpuInfo::parse("vendor_id: AuthenticAMD\nmodel name: EPYC\ncpu MHz: 2600.125\n");
        assert_eq!((amd.vendor, amd.mhz), (CpuVendor::Amd, 2600));
    }

    #[test]
    fn threads_of_a_core_are_no_cores() {
        let places = [(0, (0, 0)), (0, (0, 1)), (0, (0, 0)), (0, (0, 1)), (1, (0, 0))];
        let topology = Topology::of(&places, 5);
        assert_eq!(
            topology,
            Topology {
                sockets: 2,
                cores: 2,
                threads: 2
            }
        );
        assert_eq!(Topology::of(&[], 4).cores, 4);
    }
}
