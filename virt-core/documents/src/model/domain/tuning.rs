//! Shares and limits of CPU, memory and block devices on the host.

use super::memory::ScaledKib;
use crate::model::value::{ByteSize, CpuSet};
use crate::xml::{Rest, XmlElement};

/// `<cputune>`: how the virtual CPUs share the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuTune {
    /// Weight against other domains.
    #[xml(leaf)]
    pub shares: Option<u64>,
    /// Microseconds of a period of a virtual CPU.
    #[xml(leaf)]
    pub period: Option<u64>,
    /// Microseconds a virtual CPU may run in a period; negative for no limit.
    #[xml(leaf)]
    pub quota: Option<i64>,
    /// Microseconds of a period of the domain.
    #[xml(leaf)]
    pub global_period: Option<u64>,
    /// Microseconds the domain may run in a period; negative for no limit.
    #[xml(leaf)]
    pub global_quota: Option<i64>,
    /// Microseconds of a period of the emulator.
    #[xml(leaf)]
    pub emulator_period: Option<u64>,
    /// Microseconds the emulator may run in a period; negative for no limit.
    #[xml(leaf)]
    pub emulator_quota: Option<i64>,
    /// Microseconds of a period of an I/O thread.
    #[xml(leaf)]
    pub iothread_period: Option<u64>,
    /// Microseconds an I/O thread may run in a period; negative for no limit.
    #[xml(leaf)]
    pub iothread_quota: Option<i64>,
    /// Host CPUs of virtual CPUs.
    #[xml(child = "vcpupin")]
    pub vcpupins: Vec<VcpuPin>,
    /// Host CPUs of the emulator.
    #[xml(child)]
    pub emulatorpin: Option<EmulatorPin>,
    /// Host CPUs of I/O threads.
    #[xml(child = "iothreadpin")]
    pub iothreadpins: Vec<IoThreadPin>,
    /// Scheduling of virtual CPUs.
    #[xml(child = "vcpusched")]
    pub vcpuscheds: Vec<VcpuSched>,
    /// Scheduling of I/O threads.
    #[xml(child = "iothreadsched")]
    pub iothreadscheds: Vec<IoThreadSched>,
    /// Scheduling of the emulator.
    #[xml(child)]
    pub emulatorsched: Option<EmulatorSched>,
    /// Shares of the CPU cache.
    #[xml(child = "cachetune")]
    pub cachetunes: Vec<CacheTune>,
    /// Shares of memory bandwidth.
    #[xml(child = "memorytune")]
    pub memorytunes: Vec<MemoryTune>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpupin>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VcpuPin {
    /// The virtual CPU.
    #[xml(attr)]
    pub vcpu: Option<u32>,
    /// The host CPUs.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<emulatorpin>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct EmulatorPin {
    /// The host CPUs.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iothreadpin>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoThreadPin {
    /// The I/O thread.
    #[xml(attr)]
    pub iothread: Option<u32>,
    /// The host CPUs.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpusched>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VcpuSched {
    /// The virtual CPUs.
    #[xml(attr)]
    pub vcpus: Option<CpuSet>,
    /// `batch`, `idle`, `fifo`, `rr`.
    #[xml(attr)]
    pub scheduler: Option<String>,
    /// fifo, rr: the priority.
    #[xml(attr)]
    pub priority: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iothreadsched>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoThreadSched {
    /// The I/O threads.
    #[xml(attr)]
    pub iothreads: Option<CpuSet>,
    /// `batch`, `idle`, `fifo`, `rr`.
    #[xml(attr)]
    pub scheduler: Option<String>,
    /// fifo, rr: the priority.
    #[xml(attr)]
    pub priority: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<emulatorsched>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct EmulatorSched {
    /// `batch`, `idle`, `fifo`, `rr`.
    #[xml(attr)]
    pub scheduler: Option<String>,
    /// fifo, rr: the priority.
    #[xml(attr)]
    pub priority: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cachetune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CacheTune {
    /// The virtual CPUs.
    #[xml(attr)]
    pub vcpus: Option<CpuSet>,
    /// Its name in live documents.
    #[xml(attr)]
    pub id: Option<String>,
    /// The shares.
    #[xml(child = "cache")]
    pub caches: Vec<CacheShare>,
    /// What is watched.
    #[xml(child = "monitor")]
    pub monitors: Vec<CacheMonitor>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cache>` of `<cachetune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CacheShare {
    /// The cache of the host.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Its level.
    #[xml(attr)]
    pub level: Option<u32>,
    /// `both`, `code`, `data`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The share, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB", largest)]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<monitor>` of `<cachetune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CacheMonitor {
    /// The level.
    #[xml(attr)]
    pub level: Option<u32>,
    /// The virtual CPUs.
    #[xml(attr)]
    pub vcpus: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memorytune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryTune {
    /// The virtual CPUs.
    #[xml(attr)]
    pub vcpus: Option<CpuSet>,
    /// The shares.
    #[xml(child = "node")]
    pub nodes: Vec<MemoryTuneNode>,
    /// What is watched.
    #[xml(child = "monitor")]
    pub monitors: Vec<MemoryTuneMonitor>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<node>` of `<memorytune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryTuneNode {
    /// The node of the host.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The share in percent.
    #[xml(attr)]
    pub bandwidth: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<monitor>` of `<memorytune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryTuneMonitor {
    /// The virtual CPUs.
    #[xml(attr)]
    pub vcpus: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memtune>`: limits of memory on the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemTune {
    /// The most it may use.
    #[xml(child)]
    pub hard_limit: Option<ScaledKib>,
    /// The most it may use when memory is scarce.
    #[xml(child)]
    pub soft_limit: Option<ScaledKib>,
    /// What it is granted.
    #[xml(child)]
    pub min_guarantee: Option<ScaledKib>,
    /// The most it may use of memory and swap.
    #[xml(child)]
    pub swap_hard_limit: Option<ScaledKib>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<blkiotune>`: shares of block devices of the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlkioTune {
    /// Weight against other domains, 10 to 1000.
    #[xml(leaf)]
    pub weight: Option<u32>,
    /// Devices one by one.
    #[xml(child = "device")]
    pub devices: Vec<BlkioDevice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<device>` of `<blkiotune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlkioDevice {
    /// The path of the device.
    #[xml(leaf)]
    pub path: Option<String>,
    /// Weight against other domains, 10 to 1000.
    #[xml(leaf)]
    pub weight: Option<u32>,
    /// Reads a second.
    #[xml(leaf)]
    pub read_iops_sec: Option<u64>,
    /// Writes a second.
    #[xml(leaf)]
    pub write_iops_sec: Option<u64>,
    /// Bytes read a second.
    #[xml(leaf)]
    pub read_bytes_sec: Option<u64>,
    /// Bytes written a second.
    #[xml(leaf)]
    pub write_bytes_sec: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
