//! The host.

use uuid::Uuid;

use super::cache::{HostCache, MemoryBandwidth};
use super::topology::HostTopology;
use crate::model::domain::Cpu;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<host>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Host {
    /// The UUID of the machine, from its firmware or from libvirt's configuration.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// The CPU.
    #[xml(child)]
    pub cpu: Option<Cpu>,
    /// How the host can sleep.
    #[xml(child)]
    pub power_management: Option<HostPower>,
    /// Whether devices can be handed to guests safely.
    #[xml(child)]
    pub iommu: Option<HostIommu>,
    /// How guests can be migrated.
    #[xml(child)]
    pub migration_features: Option<MigrationFeatures>,
    /// NUMA nodes and their CPUs.
    #[xml(child)]
    pub topology: Option<HostTopology>,
    /// Caches, and how they can be divided; since libvirt 3.3.
    #[xml(child)]
    pub cache: Option<HostCache>,
    /// How the bandwidth of memory can be divided; since libvirt 4.7.
    #[xml(child)]
    pub memory_bandwidth: Option<MemoryBandwidth>,
    /// What keeps guests apart.
    #[xml(child = "secmodel")]
    pub security_models: Vec<HostSecurity>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<power_management>`: how the host can sleep. Empty when it can't; not there when it does not know.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostPower {
    /// To memory.
    #[xml(flag)]
    pub suspend_mem: bool,
    /// To disk.
    #[xml(flag)]
    pub suspend_disk: bool,
    /// To both.
    #[xml(flag)]
    pub suspend_hybrid: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<iommu>`: whether the IOMMU is in use.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostIommu {
    /// Whether it is.
    #[xml(attr)]
    pub support: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<migration_features>`: how guests can be migrated.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MigrationFeatures {
    /// While they run.
    #[xml(flag)]
    pub live: bool,
    /// Over what.
    #[xml(child)]
    pub uri_transports: Option<UriTransports>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<uri_transports>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct UriTransports {
    /// Schemes of migration URIs: `tcp`, `rdma`.
    #[xml(leaf = "uri_transport")]
    pub transports: Vec<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<secmodel>`: what keeps guests apart.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostSecurity {
    /// `selinux`, `apparmor`, `dac`.
    #[xml(leaf)]
    pub model: Option<String>,
    /// The domain of interpretation of the labels.
    #[xml(leaf)]
    pub doi: Option<String>,
    /// What guests are labelled with unless they say.
    #[xml(child = "baselabel")]
    pub base_labels: Vec<BaseLabel>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<baselabel>`: the label of guests of a kind.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BaseLabel {
    /// What runs the guest: `kvm`, `qemu`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The label.
    #[xml(text)]
    pub label: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
