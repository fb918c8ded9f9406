//! Which NUMA nodes of the host the guest's memory comes from.

use super::vcpu::VcpuPlacement;
use crate::model::value::CpuSet;
use crate::xml::{Rest, XmlElement};

/// `<numatune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaTune {
    /// For all memory.
    #[xml(child)]
    pub memory: Option<NumaTuneMemory>,
    /// For nodes of the guest.
    #[xml(child = "memnode")]
    pub memnodes: Vec<NumaTuneNode>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memory>` of `<numatune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaTuneMemory {
    /// `strict`, `preferred`, `interleave`, `restrictive`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// Who chooses the nodes.
    #[xml(attr)]
    pub placement: Option<VcpuPlacement>,
    /// The nodes of the host.
    #[xml(attr)]
    pub nodeset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<memnode>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaTuneNode {
    /// The node of the guest.
    #[xml(attr)]
    pub cellid: Option<u32>,
    /// `strict`, `preferred`, `interleave`, `restrictive`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// The nodes of the host.
    #[xml(attr)]
    pub nodeset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
