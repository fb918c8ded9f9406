//! The CPU the guest sees.

use super::numa::Numa;
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How the CPU of the guest is chosen.
    pub enum CpuMode {
        /// By a named model and features.
        Custom = "custom",
        /// The model nearest the host's, the same after migration.
        HostModel = "host-model",
        /// The host's own CPU.
        HostPassthrough = "host-passthrough",
        /// Everything the hypervisor can do.
        Maximum = "maximum",
    }

    /// How strictly the host must fit.
    pub enum CpuMatch {
        /// At least this.
        Minimum = "minimum",
        /// Just this.
        Exact = "exact",
        /// Just this, or the guest does not start.
        Strict = "strict",
    }

    /// How much is checked before the guest starts.
    pub enum CpuCheck {
        /// Nothing.
        None = "none",
        /// That the host can do it.
        Partial = "partial",
        /// That the hypervisor gives just this.
        Full = "full",
    }

    /// What is done with a feature.
    pub enum CpuFeaturePolicy {
        /// The guest has it, whatever the host has.
        Force = "force",
        /// The guest has it, or does not start.
        Require = "require",
        /// The guest has it if the host has.
        Optional = "optional",
        /// The guest does not have it.
        Disable = "disable",
        /// The guest does not start on a host that has it.
        Forbid = "forbid",
    }

    /// Where the guest's view of the CPU cache comes from.
    pub enum CpuCacheMode {
        /// The hypervisor.
        Emulate = "emulate",
        /// The host.
        Passthrough = "passthrough",
        /// There is none.
        Disable = "disable",
    }
}

/// `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "cpu")]
#[non_exhaustive]
pub struct Cpu {
    /// How the CPU is chosen.
    #[xml(attr)]
    pub mode: Option<CpuMode>,
    /// How strictly the host must fit.
    #[xml(attr = "match")]
    pub matching: Option<CpuMatch>,
    /// How much is checked before the guest starts.
    #[xml(attr)]
    pub check: Option<CpuCheck>,
    /// Whether the CPU can be migrated.
    #[xml(attr)]
    pub migratable: Option<OnOff>,
    /// Whether features QEMU calls deprecated are kept.
    #[xml(attr)]
    pub deprecated_features: Option<OnOff>,
    /// The model.
    #[xml(child)]
    pub model: Option<CpuModel>,
    /// The vendor a host must have.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// Sockets, dies, clusters, cores, threads.
    #[xml(child)]
    pub topology: Option<CpuTopology>,
    /// The guest's view of the CPU cache.
    #[xml(child)]
    pub cache: Option<CpuCache>,
    /// The width of physical addresses.
    #[xml(child)]
    pub maxphysaddr: Option<CpuMaxPhysAddr>,
    /// Features added to or taken from the model.
    #[xml(child = "feature")]
    pub features: Vec<CpuFeature>,
    /// The guest's NUMA nodes.
    #[xml(child)]
    pub numa: Option<Numa>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuModel {
    /// Whether a nearby model may be taken instead: `allow` or `forbid`.
    #[xml(attr)]
    pub fallback: Option<String>,
    /// The vendor the guest sees, 12 characters.
    #[xml(attr)]
    pub vendor_id: Option<String>,
    /// The name of the model.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<topology>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuTopology {
    /// Sockets.
    #[xml(attr)]
    pub sockets: Option<u32>,
    /// Dies of a socket; 1 unless said.
    #[xml(attr)]
    pub dies: Option<u32>,
    /// Clusters of a die; 1 unless said.
    #[xml(attr)]
    pub clusters: Option<u32>,
    /// Cores of a cluster.
    #[xml(attr)]
    pub cores: Option<u32>,
    /// Threads of a core.
    #[xml(attr)]
    pub threads: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<feature>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuFeature {
    /// What is done with it; `require` unless said.
    #[xml(attr)]
    pub policy: Option<CpuFeaturePolicy>,
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether it can be migrated, in capabilities of a host.
    #[xml(attr)]
    pub migratable: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cache>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuCache {
    /// The level, 1 to 3.
    #[xml(attr)]
    pub level: Option<u32>,
    /// Where it comes from.
    #[xml(attr)]
    pub mode: Option<CpuCacheMode>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<maxphysaddr>` of `<cpu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuMaxPhysAddr {
    /// Where the width comes from.
    #[xml(attr)]
    pub mode: Option<CpuCacheMode>,
    /// The width in bits.
    #[xml(attr)]
    pub bits: Option<u32>,
    /// The largest width taken from the host, in bits.
    #[xml(attr)]
    pub limit: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
