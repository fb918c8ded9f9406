//! NUMA nodes of the host, their memory and their CPUs.

use crate::model::domain::{CellCache, CellDistances, Interconnects, ScaledKib};
use crate::model::value::{ByteSize, CpuSet};
use crate::xml::{Rest, XmlElement};

/// `<topology>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostTopology {
    /// The nodes.
    #[xml(child)]
    pub cells: Option<HostCells>,
    /// How fast nodes reach memory.
    #[xml(child)]
    pub interconnects: Option<Interconnects>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cells>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostCells {
    /// How many nodes there are.
    #[xml(attr)]
    pub num: Option<u32>,
    /// The nodes.
    #[xml(child = "cell")]
    pub cells: Vec<HostCell>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cell>`: a NUMA node of the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostCell {
    /// Its number; numbers may be left out.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Its memory.
    #[xml(child)]
    pub memory: Option<ScaledKib>,
    /// How many pages of each size it has.
    #[xml(child = "pages")]
    pub pages: Vec<HostPages>,
    /// How far other nodes are.
    #[xml(child)]
    pub distances: Option<CellDistances>,
    /// Memory-side caches.
    #[xml(child = "cache")]
    pub caches: Vec<CellCache>,
    /// Its CPUs.
    #[xml(child)]
    pub cpus: Option<HostCpus>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pages>` of a node: how many pages of a size it has.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostPages {
    /// The size, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub size: Option<ByteSize>,
    /// How many there are.
    #[xml(text)]
    pub count: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cpus>` of a node.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostCpus {
    /// How many there are.
    #[xml(attr)]
    pub num: Option<u32>,
    /// The CPUs.
    #[xml(child = "cpu")]
    pub cpus: Vec<HostCpu>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cpu>` of a node: a CPU Linux schedules on. One that is offline has only a number.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostCpu {
    /// Its number.
    #[xml(attr)]
    pub id: Option<u32>,
    /// The socket.
    #[xml(attr)]
    pub socket_id: Option<u32>,
    /// The die within the socket; since libvirt 6.1.
    #[xml(attr)]
    pub die_id: Option<u32>,
    /// The cluster within the die; since libvirt 10.1.
    #[xml(attr)]
    pub cluster_id: Option<u32>,
    /// The core within the cluster.
    #[xml(attr)]
    pub core_id: Option<u32>,
    /// The CPUs of the same core, itself among them.
    #[xml(attr)]
    pub siblings: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
