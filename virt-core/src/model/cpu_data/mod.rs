//! `<cpudata>`: what a CPU says of itself, register by register. libvirt's own; `virsh cpu-*` and bug reports have it.

use crate::model::value::{Hex16, Hex64, HexWord};
use crate::xml::{Rest, XmlElement};

/// `<cpudata>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "cpudata")]
#[non_exhaustive]
pub struct CpuData {
    /// The family of architectures: `x86`.
    #[xml(attr)]
    pub arch: Option<String>,
    /// What `cpuid` says.
    #[xml(child = "cpuid")]
    pub cpuids: Vec<CpuIdLeaf>,
    /// Model specific registers.
    #[xml(child = "msr")]
    pub msrs: Vec<CpuMsr>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cpuid>`: what `cpuid` says to a question.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuIdLeaf {
    /// The leaf.
    #[xml(attr)]
    pub eax_in: Option<HexWord>,
    /// The subleaf.
    #[xml(attr)]
    pub ecx_in: Option<Hex16>,
    /// The register.
    #[xml(attr)]
    pub eax: Option<HexWord>,
    /// The register.
    #[xml(attr)]
    pub ebx: Option<HexWord>,
    /// The register.
    #[xml(attr)]
    pub ecx: Option<HexWord>,
    /// The register.
    #[xml(attr)]
    pub edx: Option<HexWord>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<msr>`: a model specific register.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CpuMsr {
    /// Its number.
    #[xml(attr)]
    pub index: Option<Hex64>,
    /// The upper half.
    #[xml(attr)]
    pub edx: Option<HexWord>,
    /// The lower half.
    #[xml(attr)]
    pub eax: Option<HexWord>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
