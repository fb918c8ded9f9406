//! The guest's NUMA nodes.

use super::memory::MemoryAccess;
use crate::model::value::{ByteSize, CpuSet, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<numa>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Numa {
    /// The nodes.
    #[xml(child = "cell")]
    pub cells: Vec<NumaCell>,
    /// How fast nodes reach memory.
    #[xml(child)]
    pub interconnects: Option<Interconnects>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cell>`: one NUMA node of the guest.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaCell {
    /// Its number, from 0; the place in the list unless said.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Its virtual CPUs.
    #[xml(attr)]
    pub cpus: Option<CpuSet>,
    /// Its memory, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub memory: Option<ByteSize>,
    /// Who else can see the memory.
    #[xml(attr = "memAccess")]
    pub mem_access: Option<MemoryAccess>,
    /// Whether the memory is thrown away when the guest stops.
    #[xml(attr)]
    pub discard: Option<YesNo>,
    /// How far other nodes are.
    #[xml(child)]
    pub distances: Option<CellDistances>,
    /// Memory-side caches.
    #[xml(child = "cache")]
    pub caches: Vec<CellCache>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<distances>` of a cell.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CellDistances {
    /// The other nodes.
    #[xml(child = "sibling")]
    pub siblings: Vec<Sibling>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<sibling>` of `<distances>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Sibling {
    /// The other node.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The distance, 10 (itself) to 255 (out of reach).
    #[xml(attr)]
    pub value: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cache>` of a cell.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CellCache {
    /// The level.
    #[xml(attr)]
    pub level: Option<u32>,
    /// `none`, `direct`, `full`.
    #[xml(attr)]
    pub associativity: Option<String>,
    /// `none`, `writeback`, `writethrough`.
    #[xml(attr)]
    pub policy: Option<String>,
    /// Its size, in KiB unless a unit is said.
    #[xml(child)]
    pub size: Option<CellCacheSize>,
    /// The size of a line.
    #[xml(child)]
    pub line: Option<CellCacheSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<size>` and `<line>` of a cache.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CellCacheSize {
    /// The size, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub value: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<interconnects>`: how fast nodes reach memory.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Interconnects {
    /// Delays, in nanoseconds.
    #[xml(child = "latency")]
    pub latencies: Vec<Interconnect>,
    /// Bandwidths.
    #[xml(child = "bandwidth")]
    pub bandwidths: Vec<InterconnectBandwidth>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<latency>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Interconnect {
    /// The node that reaches.
    #[xml(attr)]
    pub initiator: Option<u32>,
    /// The node that is reached.
    #[xml(attr)]
    pub target: Option<u32>,
    /// The cache that is reached.
    #[xml(attr)]
    pub cache: Option<u32>,
    /// `access`, `read`, `write`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Nanoseconds.
    #[xml(attr)]
    pub value: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bandwidth>` of `<interconnects>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterconnectBandwidth {
    /// The node that reaches.
    #[xml(attr)]
    pub initiator: Option<u32>,
    /// The node that is reached.
    #[xml(attr)]
    pub target: Option<u32>,
    /// The cache that is reached.
    #[xml(attr)]
    pub cache: Option<u32>,
    /// `access`, `read`, `write`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Bytes a second, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub value: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
