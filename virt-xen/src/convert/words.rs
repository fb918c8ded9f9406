//! Words that are different on the two sides.

use virt_core::model::DomainConfig;
use virt_core::model::domain::{BootDeviceKind, OsKind};

/// What kind of guest it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Paravirtual.
    Pv,
    /// Paravirtual, by the hardware.
    Pvh,
    /// A whole machine.
    Hvm,
}

impl Kind {
    /// What the domain is; none where it says something else.
    pub(super) fn of(domain: &DomainConfig) -> Option<Self> {
        let kind = domain.os.as_ref().and_then(|os| os.kind.as_ref());
        match kind.and_then(|kind| kind.kind.as_ref()) {
            // A boot loader boots a paravirtual guest, and libvirt takes one that says nothing for that.
            None | Some(OsKind::Linux | OsKind::Xen) => Some(Self::Pv),
            Some(OsKind::Xenpvh) => Some(Self::Pvh),
            Some(OsKind::Hvm) => Some(Self::Hvm),
            Some(_) => None,
        }
    }
}

/// The letter of a device that is booted; `c` for all that have none.
pub(super) fn boot_letter(kind: Option<&BootDeviceKind>) -> char {
    match kind {
        Some(BootDeviceKind::Fd) => 'a',
        Some(BootDeviceKind::Cdrom) => 'd',
        Some(BootDeviceKind::Network) => 'n',
        _ => 'c',
    }
}

pub(super) fn boot_device(letter: char) -> BootDeviceKind {
    match letter {
        'a' => BootDeviceKind::Fd,
        'd' => BootDeviceKind::Cdrom,
        'n' => BootDeviceKind::Network,
        _ => BootDeviceKind::Hd,
    }
}

/// Features of CPUs, in libvirt's names and in libxl's.
const FEATURES: &[(&str, &str)] = &[
    ("cx16", "cmpxchg16"),
    ("cid", "cntxid"),
    ("ds_cpl", "dscpl"),
    ("pclmuldq", "pclmulqdq"),
    ("pni", "sse3"),
    ("ht", "htt"),
    ("pn", "psn"),
    ("clflush", "clfsh"),
    ("sep", "sysenter"),
    ("cx8", "cmpxchg8"),
    ("nodeid_msr", "nodeid"),
    ("cr8legacy", "altmovcr8"),
    ("lahf_lm", "lahfsahf"),
    ("cmp_legacy", "cmplegacy"),
    ("fxsr_opt", "ffxsr"),
    ("pdpe1gb", "page1gb"),
    ("spec-ctrl", "ibrsb"),
];

pub(super) fn feature_of_libxl(name: &str) -> &str {
    let found = FEATURES.iter().find(|(_, libxl)| *libxl == name);
    found.map_or(name, |(libvirt, _)| libvirt)
}

pub(super) fn feature_for_libxl(name: &str) -> &str {
    let found = FEATURES.iter().find(|(libvirt, _)| *libvirt == name);
    found.map_or(name, |(_, libxl)| libxl)
}

/// Groups of Hyper-V's extensions in Xen, by their numbers.
pub(super) const VIRIDIAN: &[&str] = &[
    "base",
    "freq",
    "time_ref_count",
    "reference_tsc",
    "hcall_remote_tlb_flush",
    "apic_assist",
    "crash_ctl",
    "synic",
    "stimer",
    "hcall_ipi",
    "ex_processor_masks",
    "no_vp_limit",
    "cpu_hotplug",
];

/// Those that any of the extensions brings with it.
pub(super) const VIRIDIAN_ALWAYS: &[&str] = &["base", "time_ref_count", "reference_tsc", "crash_ctl"];
