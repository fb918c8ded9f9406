//! Features guests can have.

use super::support::Support;
use crate::model::domain::ScaledKib;
use crate::model::value::{ByteSize, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<features>`: features guests can have. Not there: this version of libvirt does not tell.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FeatureSupport {
    /// ARM's interrupt controller, with `version`.
    #[xml(child)]
    pub gic: Option<Support>,
    /// What helps to read core dumps.
    #[xml(child)]
    pub vmcoreinfo: Option<Support>,
    /// An identifier of the generation of the guest.
    #[xml(child)]
    pub genid: Option<Support>,
    /// Chains of backing images may be said in full.
    #[xml(child = "backingStoreInput")]
    pub backing_store_input: Option<Support>,
    /// Backups and checkpoints.
    #[xml(child)]
    pub backup: Option<Support>,
    /// The memory of an ended guest is given back in the background; since libvirt 9.6.
    #[xml(child = "async-teardown")]
    pub async_teardown: Option<Support>,
    /// IBM Z: guests the host can't look into; since libvirt 7.6.
    #[xml(child = "s390-pv")]
    pub s390_pv: Option<Support>,
    /// Input devices of PS/2 can be left out; since libvirt 10.7.
    #[xml(child)]
    pub ps2: Option<Support>,
    /// AMD: memory the host can't read.
    #[xml(child)]
    pub sev: Option<SevSupport>,
    /// Intel: enclaves.
    #[xml(child)]
    pub sgx: Option<SgxSupport>,
    /// What makes Windows run well, in `features`; since libvirt 9.0.
    #[xml(child)]
    pub hyperv: Option<Support>,
    /// Guests the host can't look into, in `sectype`; since libvirt 10.6.
    #[xml(child = "launchSecurity")]
    pub launch_security: Option<Support>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<sev>`: AMD's memory the host can't read.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SevSupport {
    /// Whether there is.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// The bit of an address that says it is encrypted.
    #[xml(leaf)]
    pub cbitpos: Option<u32>,
    /// How many bits of physical addresses are lost.
    #[xml(leaf = "reducedPhysBits")]
    pub reduced_phys_bits: Option<u32>,
    /// How many such guests there can be; since libvirt 8.0.
    #[xml(leaf = "maxGuests")]
    pub max_guests: Option<u32>,
    /// How many with encrypted registers; since libvirt 8.0.
    #[xml(leaf = "maxESGuests")]
    pub max_es_guests: Option<u32>,
    /// The identifier of the first CPU, in base 64; since libvirt 8.4.
    #[xml(leaf = "cpu0Id")]
    pub cpu0_id: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<sgx>`: Intel's enclaves; since libvirt 8.10.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SgxSupport {
    /// Whether there are.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// Whether their launch can be controlled by the guest.
    #[xml(leaf)]
    pub flc: Option<YesNo>,
    /// Version 1.
    #[xml(leaf)]
    pub sgx1: Option<YesNo>,
    /// Version 2.
    #[xml(leaf)]
    pub sgx2: Option<YesNo>,
    /// How much memory there is for them.
    #[xml(child)]
    pub section_size: Option<ScaledKib>,
    /// Where it is.
    #[xml(child)]
    pub sections: Option<SgxSections>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<sections>`: memory for enclaves.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SgxSections {
    /// Where it is.
    #[xml(child = "section")]
    pub sections: Vec<SgxSection>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<section>`: memory for enclaves on one NUMA node.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SgxSection {
    /// The node.
    #[xml(attr)]
    pub node: Option<u32>,
    /// How much.
    #[xml(attr, scaled = "KiB")]
    pub size: Option<ByteSize>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
