//! `<domain>`: the configuration of a guest.

mod boot;
mod builder;
mod clock;
mod config;
mod cpu;
pub mod devices;
mod features;
mod hyperv;
mod memory;
mod metadata;
mod numa;
mod power;
mod qemu;
mod security;
mod validate;
mod vcpu;

pub use boot::{
    AcpiTable, AcpiTables, Bios, BootDevice, BootDeviceKind, BootMenu, Firmware, FirmwareFeature,
    FirmwareKind, InitEnv, Loader, LoaderKind, Nvram, Os, OsKind, OsType, SmBios, SmBiosMode,
};
pub use builder::DomainBuilder;
pub use clock::{
    Clock, ClockBasis, ClockOffset, Timer, TimerCatchup, TimerName, TimerTickPolicy, TimerTrack,
};
pub use config::{DomainConfig, DomainType};
pub use cpu::{
    Cpu, CpuCache, CpuCacheMode, CpuCheck, CpuFeature, CpuFeaturePolicy, CpuMatch, CpuMaxPhysAddr, CpuMode,
    CpuModel, CpuTopology,
};
pub use features::{
    Apic, AsyncTeardown, Capabilities, DirtyRing, FeatureState, FeatureValue, Features, Gic, Hpt, IoApic,
    KvmFeatures, Msrs, Smm, TcgFeatures, XenFeatures, XenPassthrough,
};
pub use hyperv::{Hyperv, HypervDirect, HypervFlag, HypervSpinlocks, HypervVendorId};
pub use memory::{
    BackingAccess, BackingAllocation, BackingSource, HugePage, HugePages, MaxMemory, Memory, MemoryAccess,
    MemoryAllocation, MemoryBacking, MemorySource, ScaledText,
};
pub use metadata::Metadata;
pub use numa::{CellCache, CellCacheSize, CellDistances, Numa, NumaCell, Sibling};
pub use power::{LifecycleAction, PowerManagement, SuspendTarget};
pub use qemu::{QemuArg, QemuCommandline, QemuEnv};
pub use security::{SecurityLabel, SecurityLabelType};
pub use vcpu::{Vcpu, VcpuEntry, VcpuPlacement, Vcpus};
