//! Features of the machine and the hypervisor.

use super::capabilities::LinuxCapabilities;
use super::hyperv::Hyperv;
use super::memory::{ScaledKib, ScaledMib};
use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<features>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Features {
    /// ACPI.
    #[xml(flag)]
    pub acpi: bool,
    /// The APIC.
    #[xml(child)]
    pub apic: Option<Apic>,
    /// Physical address extension.
    #[xml(flag)]
    pub pae: bool,
    /// Hardware assisted paging.
    #[xml(child)]
    pub hap: Option<FeatureState>,
    /// Hyper-V extensions of Xen.
    #[xml(flag)]
    pub viridian: bool,
    /// A network namespace of its own, for containers.
    #[xml(flag)]
    pub privnet: bool,
    /// Hyper-V extensions.
    #[xml(child)]
    pub hyperv: Option<Box<Hyperv>>,
    /// Features of KVM.
    #[xml(child)]
    pub kvm: Option<Box<KvmFeatures>>,
    /// Spin locks that know they are virtual.
    #[xml(child)]
    pub pvspinlock: Option<FeatureState>,
    /// LinuxCapabilities of a container.
    #[xml(child)]
    pub capabilities: Option<Box<LinuxCapabilities>>,
    /// The performance monitoring unit.
    #[xml(child)]
    pub pmu: Option<FeatureState>,
    /// VMware's I/O port.
    #[xml(child)]
    pub vmport: Option<FeatureState>,
    /// Arm's interrupt controller.
    #[xml(child)]
    pub gic: Option<Gic>,
    /// System management mode.
    #[xml(child)]
    pub smm: Option<Box<Smm>>,
    /// The I/O APIC.
    #[xml(child)]
    pub ioapic: Option<IoApic>,
    /// The hash page table of POWER.
    #[xml(child)]
    pub hpt: Option<Box<Hpt>>,
    /// The device through which a guest tells where its crash notes are.
    #[xml(child)]
    pub vmcoreinfo: Option<FeatureState>,
    /// Hardware transactional memory of POWER.
    #[xml(child)]
    pub htm: Option<FeatureState>,
    /// Nested virtualisation of POWER.
    #[xml(child = "nested-hv")]
    pub nested_hv: Option<FeatureState>,
    /// What happens on an unknown model specific register.
    #[xml(child)]
    pub msrs: Option<Msrs>,
    /// Count cache flush assist of POWER.
    #[xml(child = "ccf-assist")]
    pub ccf_assist: Option<FeatureState>,
    /// Features of Xen.
    #[xml(child)]
    pub xen: Option<Box<XenFeatures>>,
    /// Cache flush on privilege change of POWER.
    #[xml(child)]
    pub cfpc: Option<FeatureValue>,
    /// Speculation barrier of POWER.
    #[xml(child)]
    pub sbbc: Option<FeatureValue>,
    /// Indirect branch speculation of POWER.
    #[xml(child)]
    pub ibs: Option<FeatureValue>,
    /// Features of QEMU's software emulation.
    #[xml(child)]
    pub tcg: Option<Box<TcgFeatures>>,
    /// Memory freed in the background at the end.
    #[xml(child = "async-teardown")]
    pub async_teardown: Option<AsyncTeardown>,
    /// Host memory errors told to the guest.
    #[xml(child)]
    pub ras: Option<FeatureState>,
    /// PS/2 keyboard and mouse.
    #[xml(child)]
    pub ps2: Option<FeatureState>,
    /// RISC-V's interrupt architecture.
    #[xml(child)]
    pub aia: Option<FeatureValue>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A feature that is on or off; on when nothing is said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FeatureState {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A feature that has a value.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FeatureValue {
    /// The value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<async-teardown>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AsyncTeardown {
    /// Whether it is on.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<apic>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Apic {
    /// Whether end-of-interrupt is virtualised.
    #[xml(attr)]
    pub eoi: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<kvm>` of `<features>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct KvmFeatures {
    /// The guest does not see that it runs on KVM.
    #[xml(child)]
    pub hidden: Option<FeatureState>,
    /// The virtual CPUs have host CPUs of their own.
    #[xml(child = "hint-dedicated")]
    pub hint_dedicated: Option<FeatureState>,
    /// The guest controls polling.
    #[xml(child = "poll-control")]
    pub poll_control: Option<FeatureState>,
    /// Interrupts between CPUs by the hypervisor.
    #[xml(child = "pv-ipi")]
    pub pv_ipi: Option<FeatureState>,
    /// Rings that tell which pages were written.
    #[xml(child = "dirty-ring")]
    pub dirty_ring: Option<DirtyRing>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<dirty-ring>` of `<kvm>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DirtyRing {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// Entries of a ring: a power of two from 1024 to 65536.
    #[xml(attr)]
    pub size: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<xen>` of `<features>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct XenFeatures {
    /// The host's memory map.
    #[xml(child)]
    pub e820_host: Option<FeatureState>,
    /// Devices can be handed through.
    #[xml(child)]
    pub passthrough: Option<XenPassthrough>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<passthrough>` of `<xen>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct XenPassthrough {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// `sync_pt`, `share_pt`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<gic>`: Arm's interrupt controller.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Gic {
    /// `2`, `3`, `host`.
    #[xml(attr)]
    pub version: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<smm>`: system management mode.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Smm {
    /// Whether it is on.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// Memory of the mode, in MiB unless a unit is said.
    #[xml(child)]
    pub tseg: Option<ScaledMib>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ioapic>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoApic {
    /// Who emulates it: `kvm`, `qemu`.
    #[xml(attr)]
    pub driver: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<hpt>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Hpt {
    /// `enabled`, `disabled`, `required`.
    #[xml(attr)]
    pub resizing: Option<String>,
    /// The largest page, in KiB unless a unit is said.
    #[xml(child)]
    pub maxpagesize: Option<ScaledKib>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<msrs>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Msrs {
    /// `ignore`, `fault`.
    #[xml(attr)]
    pub unknown: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<tcg>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TcgFeatures {
    /// Memory for translated code, in KiB unless a unit is said.
    #[xml(child = "tb-cache")]
    pub tb_cache: Option<ScaledKib>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
