//! Caches and memory bandwidth of the host, and how guests can be given shares of them (resctrl).

use crate::model::value::{ByteSize, CpuSet};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a cache holds.
    pub enum CacheKind {
        /// Code and data.
        Both = "both",
        Code = "code",
        Data = "data",
    }
}

/// `<cache>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostCache {
    /// The caches.
    #[xml(child = "bank")]
    pub banks: Vec<CacheBank>,
    /// What of them can be watched; since libvirt 4.10.
    #[xml(child)]
    pub monitor: Option<ResourceMonitor>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bank>`: one cache.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CacheBank {
    /// Its number among those of its level.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Its level.
    #[xml(attr)]
    pub level: Option<u32>,
    /// What it holds.
    #[xml(attr = "type")]
    pub kind: Option<CacheKind>,
    /// Its size, in bytes unless a unit is said.
    #[xml(attr, scaled = "bytes")]
    pub size: Option<ByteSize>,
    /// The CPUs it serves.
    #[xml(attr)]
    pub cpus: Option<CpuSet>,
    /// How it can be divided.
    #[xml(child = "control")]
    pub controls: Vec<AllocationControl>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<control>`: how a cache, or the bandwidth of memory, can be divided.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AllocationControl {
    /// The smallest step: of caches in `unit`, of bandwidth in per cent.
    #[xml(attr)]
    pub granularity: Option<u64>,
    /// The smallest share, where it is more than a step.
    #[xml(attr)]
    pub min: Option<u64>,
    /// Caches: the unit of the two.
    #[xml(attr)]
    pub unit: Option<String>,
    /// Caches: for what.
    #[xml(attr = "type")]
    pub kind: Option<CacheKind>,
    /// How many shares there can be.
    #[xml(attr = "maxAllocs")]
    pub max_allocations: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<monitor>`: what can be watched.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ResourceMonitor {
    /// Caches: the level.
    #[xml(attr)]
    pub level: Option<u32>,
    /// Caches: below how many bytes of use a monitor can be used again.
    #[xml(attr = "reuseThreshold")]
    pub reuse_threshold: Option<u32>,
    /// How many monitors there can be.
    #[xml(attr = "maxMonitors")]
    pub max_monitors: Option<u32>,
    /// What they can tell.
    #[xml(child = "feature")]
    pub features: Vec<MonitorFeature>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<feature>` of a monitor.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MonitorFeature {
    /// `llc_occupancy`, `mbm_total_bytes`, `mbm_local_bytes`.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memory_bandwidth>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryBandwidth {
    /// The controllers.
    #[xml(child = "node")]
    pub nodes: Vec<MemoryBandwidthNode>,
    /// What of them can be watched.
    #[xml(child)]
    pub monitor: Option<ResourceMonitor>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<node>` of `<memory_bandwidth>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryBandwidthNode {
    /// Its number: that of the last cache before memory.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The CPUs it serves.
    #[xml(attr)]
    pub cpus: Option<CpuSet>,
    /// How its bandwidth can be divided.
    #[xml(child = "control")]
    pub controls: Vec<AllocationControl>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl AllocationControl {
    /// The smallest step of a cache as a size.
    pub fn step(&self) -> Option<ByteSize> {
        ByteSize::from_scaled(&self.granularity?.to_string(), self.unit.as_deref()?).ok()
    }
}
