//! Hyper-V extensions.

use crate::model::value::OnOff;
use crate::xml::{Rest, XmlElement};

/// `<hyperv>` of `<features>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Hyperv {
    /// `custom` (what is listed) or `passthrough` (what the hypervisor has).
    #[xml(attr)]
    pub mode: Option<String>,
    /// Relaxed timing.
    #[xml(child)]
    pub relaxed: Option<HypervFlag>,
    /// Virtual APIC.
    #[xml(child)]
    pub vapic: Option<HypervFlag>,
    /// Spin locks that know they are virtual.
    #[xml(child)]
    pub spinlocks: Option<HypervSpinlocks>,
    /// Index of virtual CPUs.
    #[xml(child)]
    pub vpindex: Option<HypervFlag>,
    /// CPU time counter.
    #[xml(child)]
    pub runtime: Option<HypervFlag>,
    /// Synthetic interrupt controller.
    #[xml(child)]
    pub synic: Option<HypervFlag>,
    /// Synthetic timers.
    #[xml(child)]
    pub stimer: Option<HypervDirect>,
    /// Reset by register.
    #[xml(child)]
    pub reset: Option<HypervFlag>,
    /// The vendor the guest sees.
    #[xml(child)]
    pub vendor_id: Option<HypervVendorId>,
    /// Frequencies by register.
    #[xml(child)]
    pub frequencies: Option<HypervFlag>,
    /// Notice of changed clock frequency.
    #[xml(child)]
    pub reenlightenment: Option<HypervFlag>,
    /// Flush of TLBs by the hypervisor.
    #[xml(child)]
    pub tlbflush: Option<HypervDirect>,
    /// Interrupts between CPUs by the hypervisor.
    #[xml(child)]
    pub ipi: Option<HypervFlag>,
    /// Enlightened VMCS.
    #[xml(child)]
    pub evmcs: Option<HypervFlag>,
    /// Hardware assisted APIC.
    #[xml(child)]
    pub avic: Option<HypervFlag>,
    /// Enlightened MSR bitmap.
    #[xml(child)]
    pub emsr_bitmap: Option<HypervFlag>,
    /// Hypercall input in XMM registers.
    #[xml(child)]
    pub xmm_input: Option<HypervFlag>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// An extension that is on or off.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HypervFlag {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<spinlocks>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HypervSpinlocks {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// Attempts before the hypervisor is told, 4095 at least.
    #[xml(attr)]
    pub retries: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<stimer>` and `<tlbflush>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HypervDirect {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// Direct mode.
    #[xml(child)]
    pub direct: Option<HypervFlag>,
    /// Extended mode.
    #[xml(child)]
    pub extended: Option<HypervFlag>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vendor_id>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HypervVendorId {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// The vendor, 12 characters at most.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
