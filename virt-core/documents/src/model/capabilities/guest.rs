//! Guests the host can run.

use crate::model::domain::{DomainType, OsKind};
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<guest>`: guests of one architecture and kind of system.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Guest {
    /// The kind of system.
    #[xml(leaf)]
    pub os_type: Option<OsKind>,
    /// The architecture.
    #[xml(child)]
    pub arch: Option<GuestArch>,
    /// What can be switched.
    #[xml(child)]
    pub features: Option<GuestFeatures>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<arch>` of a guest.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GuestArch {
    /// Its name, as `x86_64`.
    #[xml(attr)]
    pub name: Option<String>,
    /// The width of a word in bits: 31, 32, 64.
    #[xml(leaf)]
    pub wordsize: Option<u32>,
    /// The program that emulates the machine.
    #[xml(leaf)]
    pub emulator: Option<String>,
    /// The loader of the guest.
    #[xml(leaf)]
    pub loader: Option<String>,
    /// The machines.
    #[xml(child = "machine")]
    pub machines: Vec<GuestMachine>,
    /// What can run it.
    #[xml(child = "domain")]
    pub domains: Vec<GuestDomain>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<machine>`: a machine guests can have.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GuestMachine {
    /// The full name, when this is a short one.
    #[xml(attr)]
    pub canonical: Option<String>,
    /// The most virtual CPUs.
    #[xml(attr = "maxCpus")]
    pub max_cpus: Option<u32>,
    /// Whether the hypervisor will give it up.
    #[xml(attr)]
    pub deprecated: Option<YesNo>,
    /// The name.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<domain>`: what can run a guest. Emulator and machines are those of the architecture unless said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GuestDomain {
    /// What runs it.
    #[xml(attr = "type")]
    pub kind: Option<DomainType>,
    /// The program.
    #[xml(leaf)]
    pub emulator: Option<String>,
    /// The machines.
    #[xml(child = "machine")]
    pub machines: Vec<GuestMachine>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<features>` of a guest: what can be switched.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GuestFeatures {
    /// Physical address extension.
    #[xml(flag)]
    pub pae: bool,
    /// None of it.
    #[xml(flag)]
    pub nonpae: bool,
    /// Itanium: big endian.
    #[xml(flag)]
    pub ia64_be: bool,
    /// ACPI.
    #[xml(child)]
    pub acpi: Option<FeatureToggle>,
    /// APIC.
    #[xml(child)]
    pub apic: Option<FeatureToggle>,
    /// The CPU can be chosen.
    #[xml(flag)]
    pub cpuselection: bool,
    /// Devices can be given a place in the boot order.
    #[xml(flag)]
    pub deviceboot: bool,
    /// Snapshots of disks.
    #[xml(child)]
    pub disksnapshot: Option<FeatureToggle>,
    /// Paging in hardware.
    #[xml(child)]
    pub hap: Option<FeatureToggle>,
    /// External snapshots can be deleted and reverted to.
    #[xml(flag = "externalSnapshot")]
    pub external_snapshot: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A feature of a guest.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FeatureToggle {
    /// What holds unless said.
    #[xml(attr)]
    pub default: Option<OnOff>,
    /// Whether it can be switched.
    #[xml(attr)]
    pub toggle: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
