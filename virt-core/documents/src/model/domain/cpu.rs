//! The CPU the guest sees, and the CPU of a host.

use super::numa::Numa;
use crate::model::value::{ByteSize, OnOff, YesNo};
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

/// `<cpu>`: the CPU of a guest, as it is asked for, or the CPU of a host, as capabilities tell it.
///
/// Of a host there are `arch`, `extensions`, `microcode`, `signature`, `counter` and `pages`, which a guest has not; of
/// a guest the attributes, `cache` and `numa`. CPUs to be compared, or to find the baseline of, are of either form.
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
    /// Host: the architecture, as `x86_64`.
    #[xml(leaf)]
    pub arch: Option<String>,
    /// Host: extensions of the CPU, as older versions of libvirt and Xen tell them.
    #[xml(child = "features")]
    pub extensions: Option<CpuExtensions>,
    /// The model.
    #[xml(child)]
    pub model: Option<CpuModel>,
    /// The vendor of the host, or the one a host must have.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// Host: the version of its microcode.
    #[xml(child)]
    pub microcode: Option<CpuMicrocode>,
    /// Host: the numbers that identify it.
    #[xml(child)]
    pub signature: Option<CpuSignature>,
    /// Host: its time stamp counter.
    #[xml(child)]
    pub counter: Option<CpuCounter>,
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
    /// Host: the sizes of pages it has.
    #[xml(child)]
    pub pages: Vec<CpuPages>,
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

/// `<features>` of the CPU of a host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuExtensions {
    /// Physical address extension.
    #[xml(flag)]
    pub pae: bool,
    /// None of it.
    #[xml(flag)]
    pub nonpae: bool,
    /// Intel's hardware virtualisation.
    #[xml(flag)]
    pub vmx: bool,
    /// AMD's hardware virtualisation.
    #[xml(flag)]
    pub svm: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<microcode>` of the CPU of a host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuMicrocode {
    /// The version.
    #[xml(attr)]
    pub version: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<signature>` of the CPU of a host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuSignature {
    /// The family.
    #[xml(attr)]
    pub family: Option<u32>,
    /// The model.
    #[xml(attr)]
    pub model: Option<u32>,
    /// The stepping.
    #[xml(attr)]
    pub stepping: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<counter>` of the CPU of a host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuCounter {
    /// Its name: `tsc`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its frequency in Hz.
    #[xml(attr)]
    pub frequency: Option<u64>,
    /// Whether a guest can have another frequency.
    #[xml(attr)]
    pub scaling: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pages>` of the CPU of a host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuPages {
    /// The size, in KiB unless a unit is said.
    #[xml(attr, scaled = "KiB")]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Cpu {
    /// Whether this is the CPU of a host: those of guests have no architecture.
    pub fn is_host(&self) -> bool {
        self.arch.is_some()
    }

    /// The name of the model.
    pub fn model_name(&self) -> Option<&str> {
        self.model.as_ref()?.name.as_deref()
    }

    /// Whether the feature is named and not taken away. What the model itself has is not known here.
    pub fn names_feature(&self, name: &str) -> bool {
        let is_it = |feature: &&CpuFeature| feature.name.as_deref() == Some(name);
        let taken = |policy: &CpuFeaturePolicy| {
            matches!(policy, CpuFeaturePolicy::Disable | CpuFeaturePolicy::Forbid)
        };
        let found = self.features.iter().find(is_it);
        found.is_some_and(|feature| !feature.policy.as_ref().is_some_and(taken))
    }
}
