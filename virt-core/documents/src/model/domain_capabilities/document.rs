//! The document itself.

use super::cpu::CpuSupport;
use super::devices::DeviceSupport;
use super::features::FeatureSupport;
use super::support::{Support, SupportedValues};
use crate::model::domain::DomainType;
use crate::model::value::YesNo;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlElement, XmlError};

/// `<domainCapabilities>`: what guests of one emulator, architecture, machine and hypervisor can have.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domainCapabilities")]
#[non_exhaustive]
pub struct DomainCapabilities {
    /// The program that emulates the machine.
    #[xml(leaf)]
    pub path: Option<String>,
    /// What runs the guest.
    #[xml(leaf)]
    pub domain: Option<DomainType>,
    /// The machine, by its full name.
    #[xml(leaf)]
    pub machine: Option<String>,
    /// The architecture, as `x86_64`.
    #[xml(leaf)]
    pub arch: Option<String>,
    /// How many virtual CPUs there can be.
    #[xml(child)]
    pub vcpu: Option<MaxVcpus>,
    /// Threads for disks.
    #[xml(child)]
    pub iothreads: Option<Support>,
    /// Firmware and loaders.
    #[xml(child)]
    pub os: Option<OsSupport>,
    /// The CPU the guest sees.
    #[xml(child)]
    pub cpu: Option<CpuSupport>,
    /// What the memory of the guest is made of; since libvirt 7.10.
    #[xml(child = "memoryBacking")]
    pub memory_backing: Option<Support>,
    /// Devices.
    #[xml(child)]
    pub devices: Option<DeviceSupport>,
    /// Features.
    #[xml(child)]
    pub features: Option<FeatureSupport>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpu>`: how many virtual CPUs there can be.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MaxVcpus {
    /// The most.
    #[xml(attr)]
    pub max: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<os>`: how guests can boot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct OsSupport {
    /// Whether they can.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// `firmware`: kinds of firmware libvirt chooses a loader for.
    #[xml(child = "enum")]
    pub enums: Vec<SupportedValues>,
    /// Loaders.
    #[xml(child)]
    pub loader: Option<LoaderSupport>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<loader>`: loaders guests can have.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LoaderSupport {
    /// Whether they can.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// Paths of loaders.
    #[xml(leaf = "value")]
    pub paths: Vec<String>,
    /// `type`, `readonly`, `secure`.
    #[xml(child = "enum")]
    pub enums: Vec<SupportedValues>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DomainCapabilities {
    /// Checks the values: nothing else is asked of what a daemon tells of guests; see [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)
    }
}
