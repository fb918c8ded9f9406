//! How much memory there is, and what it is made of.

use crate::model::value::{ByteSize, CpuSet, OnOff};
use crate::xml::{Rest, XmlElement, xml_enum};

/// `<memory>` and `<currentMemory>`: a size, in KiB unless a unit is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Memory {
    /// The size.
    #[xml(text, scaled = "KiB", required)]
    pub size: ByteSize,
    /// Whether a core dump of the hypervisor has the guest's memory.
    #[xml(attr = "dumpCore")]
    pub dump_core: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<ByteSize> for Memory {
    fn from(size: ByteSize) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }
}

/// `<maxMemory>`: the bound of memory hotplug, in KiB unless a unit is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MaxMemory {
    /// How many memory devices can be plugged.
    #[xml(attr)]
    pub slots: Option<u32>,
    /// The size.
    #[xml(text, scaled = "KiB", required)]
    pub size: ByteSize,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A size in the text of an element, in bytes unless a unit is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ScaledText {
    /// The size.
    #[xml(text, scaled = "bytes")]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

xml_enum! {
    /// Where the memory of the guest comes from.
    pub enum MemorySource {
        /// Files.
        File = "file",
        /// Anonymous memory.
        Anonymous = "anonymous",
        /// A memory file without a name.
        Memfd = "memfd",
    }

    /// Who else can see the memory.
    pub enum MemoryAccess {
        /// Other processes, such as vhost-user back ends.
        Shared = "shared",
        /// Only the hypervisor.
        Private = "private",
    }

    /// When memory is allocated.
    pub enum MemoryAllocation {
        /// At start.
        Immediate = "immediate",
        /// On first use.
        Ondemand = "ondemand",
    }
}

/// `<memoryBacking>`: what the memory of the guest is made of.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MemoryBacking {
    /// Huge pages.
    #[xml(child = "hugepages")]
    pub huge_pages: Option<HugePages>,
    /// Pages are not merged with those of other guests.
    #[xml(flag = "nosharepages")]
    pub no_share_pages: bool,
    /// Pages are never swapped out.
    #[xml(flag)]
    pub locked: bool,
    /// Where the memory comes from.
    #[xml(child)]
    pub source: Option<BackingSource>,
    /// Who else can see it.
    #[xml(child)]
    pub access: Option<BackingAccess>,
    /// When it is allocated.
    #[xml(child)]
    pub allocation: Option<BackingAllocation>,
    /// Memory is thrown away when the guest stops.
    #[xml(flag)]
    pub discard: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<hugepages>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HugePages {
    /// The sizes, for which NUMA nodes each.
    #[xml(child = "page")]
    pub pages: Vec<HugePage>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<page>` of `<hugepages>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HugePage {
    /// The size of a page, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub size: Option<ByteSize>,
    /// The guest's NUMA nodes that use it.
    #[xml(attr)]
    pub nodeset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of `<memoryBacking>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackingSource {
    /// Where the memory comes from.
    #[xml(attr = "type")]
    pub kind: Option<MemorySource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<access>` of `<memoryBacking>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackingAccess {
    /// Who else can see the memory.
    #[xml(attr)]
    pub mode: Option<MemoryAccess>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<allocation>` of `<memoryBacking>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackingAllocation {
    /// When memory is allocated.
    #[xml(attr)]
    pub mode: Option<MemoryAllocation>,
    /// How many threads allocate it.
    #[xml(attr)]
    pub threads: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A size in the text of an element, in KiB unless a unit is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ScaledKib {
    /// The size.
    #[xml(text, scaled = "KiB")]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A size in the text of an element, in MiB unless a unit is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ScaledMib {
    /// The size.
    #[xml(text, scaled = "MiB", largest)]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
