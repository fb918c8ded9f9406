//! `<cpudata>`: what a CPU says of itself, register by register. libvirt's own; `virsh cpu-*` and bug reports have it.

use crate::model::problem::{each, missing_attribute};
use crate::model::value::{Hex16, Hex64, HexWord};
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlElement, XmlError};

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

impl CpuData {
    /// Checks that the architecture is said, and of every answer to which question it is; see
    /// [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.check().map_err(|error| error.within("/cpudata"))
    }

    fn check(&self) -> Result<(), XmlError> {
        if self.arch.is_none() {
            return Err(missing_attribute(&self.rest, "arch"));
        }
        each("cpuid", &self.cpuids, |leaf| match leaf.eax_in {
            Some(_) => Ok(()),
            None => Err(missing_attribute(&leaf.rest, "eax_in")),
        })?;
        each("msr", &self.msrs, |register| {
            let parts = [
                ("index", register.index.is_some()),
                ("eax", register.eax.is_some()),
                ("edx", register.edx.is_some()),
            ];
            match parts.iter().find(|(_, is_there)| !is_there) {
                Some((name, _)) => Err(missing_attribute(&register.rest, name)),
                None => Ok(()),
            }
        })
    }
}
