//! The CPUs guests can have.

use super::support::SupportedValues;
use crate::model::domain::{CpuFeature, CpuMaxPhysAddr, CpuMode};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

/// `<cpu>`: the CPUs guests can have.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuSupport {
    /// How the CPU can be chosen.
    #[xml(child = "mode")]
    pub modes: Vec<CpuModeSupport>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mode>`: one way to choose the CPU.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuModeSupport {
    /// Which way.
    #[xml(attr)]
    pub name: Option<CpuMode>,
    /// Whether there is this way.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// `hostPassthroughMigratable`, `maximumMigratable`.
    #[xml(child = "enum")]
    pub enums: Vec<SupportedValues>,
    /// custom: the models there are; host-model: the one it comes to.
    #[xml(child = "model")]
    pub models: Vec<CpuModelSupport>,
    /// host-model: the vendor.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// host-model: the width of physical addresses; since libvirt 9.3.
    #[xml(child)]
    pub maxphysaddr: Option<CpuMaxPhysAddr>,
    /// host-model: the features that differ from those of the model.
    #[xml(child = "feature")]
    pub features: Vec<CpuFeature>,
    /// custom: what models lack here, each after its model; since libvirt 9.10.
    #[xml(child = "blockers")]
    pub blockers: Vec<CpuBlockers>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

xml_enum! {
    /// Whether this host can run a model.
    pub enum CpuUsable {
        Yes = "yes",
        /// It lacks features, which `blockers` name.
        No = "no",
        /// The hypervisor does not tell.
        NotKnown = "unknown",
    }
}

/// `<model>`: a model of CPU.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuModelSupport {
    /// host-model: whether a nearby model may be taken instead: `allow`, `forbid`.
    #[xml(attr)]
    pub fallback: Option<String>,
    /// host-model: the vendor the guest sees.
    #[xml(attr)]
    pub vendor_id: Option<String>,
    /// custom: whether this host can run it.
    #[xml(attr)]
    pub usable: Option<CpuUsable>,
    /// custom: whether the hypervisor will give it up; since libvirt 7.1.
    #[xml(attr)]
    pub deprecated: Option<YesNo>,
    /// custom: its vendor; since libvirt 8.9.
    #[xml(attr)]
    pub vendor: Option<String>,
    /// custom: the full name, when this is a short one; since libvirt 10.1.
    #[xml(attr)]
    pub canonical: Option<String>,
    /// The name.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<blockers>`: the features of a model this host can't give.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuBlockers {
    /// The model.
    #[xml(attr)]
    pub model: Option<String>,
    /// The features.
    #[xml(child = "feature")]
    pub features: Vec<BlockingFeature>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<feature>` of `<blockers>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlockingFeature {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl CpuModeSupport {
    /// Whether the CPU can be chosen this way.
    pub fn is_supported(&self) -> bool {
        self.supported.is_some_and(YesNo::is_set)
    }
}

impl CpuModelSupport {
    /// Whether this host can run it, as far as is known.
    pub fn is_usable(&self) -> bool {
        self.usable == Some(CpuUsable::Yes)
    }
}
