//! How many virtual CPUs there are.

use crate::model::value::{CpuSet, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Who places the virtual CPUs on the host.
    pub enum VcpuPlacement {
        /// The configuration.
        Static = "static",
        /// A daemon on the host (numad).
        Auto = "auto",
    }
}

/// `<vcpu>`: the bound of virtual CPUs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Vcpu {
    /// How many there can be, 1 or more.
    #[xml(text, required)]
    pub count: u32,
    /// Who places them.
    #[xml(attr)]
    pub placement: Option<VcpuPlacement>,
    /// The host CPUs they run on.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// How many there are at boot; all of them unless said.
    #[xml(attr)]
    pub current: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<u32> for Vcpu {
    fn from(count: u32) -> Self {
        Self {
            count,
            ..Self::default()
        }
    }
}

/// `<vcpus>`: the virtual CPUs one by one.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Vcpus {
    /// The virtual CPUs.
    #[xml(child = "vcpu")]
    pub entries: Vec<VcpuEntry>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpu>` of `<vcpus>`: one virtual CPU.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VcpuEntry {
    /// Its number, from 0.
    #[xml(attr, required)]
    pub id: u32,
    /// Whether it is there at boot.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// Whether it can be plugged and unplugged.
    #[xml(attr)]
    pub hotpluggable: Option<YesNo>,
    /// When it is brought online, from 1.
    #[xml(attr)]
    pub order: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
