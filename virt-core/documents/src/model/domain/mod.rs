//! `<domain>`: the configuration of a guest.

mod boot;
mod builder;
mod capabilities;
mod change;
mod clock;
mod confidential;
mod config;
mod cpu;
mod cpu_validate;
pub mod devices;
mod features;
mod hyperv;
mod inactive;
mod memory;
mod metadata;
mod native;
mod normal;
mod numa;
mod numatune;
mod power;
mod private;
mod qemu;
mod repeated;
mod resource;
mod security;
mod sysinfo;
mod threads;
mod tuning;
mod validate;
mod vcpu;

pub use boot::{
    AcpiTable, AcpiTables, Bios, BootDevice, BootDeviceKind, BootMenu, Firmware, FirmwareFeature,
    FirmwareKind, InitEnv, Loader, LoaderKind, Nvram, Os, OsKind, OsType, SmBios, SmBiosMode,
};
pub use builder::DomainBuilder;
pub use capabilities::LinuxCapabilities;
pub use change::ConfigChange;
pub use clock::{
    Clock, ClockBasis, ClockOffset, Timer, TimerCatchup, TimerName, TimerTickPolicy, TimerTrack,
};
pub use confidential::{KeyWrap, KeyWrapCipher, LaunchSecurity};
pub use config::{DomainConfig, DomainType};
pub use cpu::{
    Cpu, CpuCache, CpuCacheMode, CpuCheck, CpuCounter, CpuExtensions, CpuFeature, CpuFeaturePolicy, CpuMatch,
    CpuMaxPhysAddr, CpuMicrocode, CpuMode, CpuModel, CpuPages, CpuSignature, CpuTopology,
};
pub use features::{
    Apic, AsyncTeardown, DirtyRing, FeatureState, FeatureValue, Features, Gic, Hpt, IoApic, KvmFeatures,
    Msrs, Smm, TcgFeatures, XenFeatures, XenPassthrough,
};
pub use hyperv::{Hyperv, HypervDirect, HypervFlag, HypervSpinlocks, HypervVendorId};
pub use memory::{
    BackingAccess, BackingAllocation, BackingSource, HugePage, HugePages, MaxMemory, Memory, MemoryAccess,
    MemoryAllocation, MemoryBacking, MemorySource, ScaledKib, ScaledMib, ScaledText,
};
pub use metadata::Metadata;
pub use native::{
    BhyveCommandline, LxcNamespace, LxcShare, NativeArg, NativeEnv, QemuCapabilities, QemuCapability,
    QemuDeprecation, QemuOverride, QemuOverrideDevice, QemuOverrideFrontend, QemuProperty, XenCommandline,
};
pub use numa::{
    CellCache, CellCacheSize, CellDistances, Interconnect, InterconnectBandwidth, Interconnects, Numa,
    NumaCell, Sibling,
};
pub use numatune::{NumaTune, NumaTuneMemory, NumaTuneNode};
pub use power::{LifecycleAction, PowerManagement, SuspendTarget};
pub use private::PrivateData;
pub use qemu::{QemuArg, QemuCommandline, QemuEnv};
pub use resource::{FibreChannel, IdMap, IdRange, Perf, PerfEvent, Resource};
pub use security::{SecurityLabel, SecurityLabelType};
pub use sysinfo::{SysInfo, SysInfoBlock, SysInfoEntry};
pub use threads::{DefaultIoThread, IoThreadId, IoThreadIds, IoThreadPoll};
pub use tuning::{
    BlkioDevice, BlkioTune, CacheMonitor, CacheShare, CacheTune, CpuTune, EmulatorPin, EmulatorSched,
    IoThreadPin, IoThreadSched, MemTune, MemoryTune, MemoryTuneMonitor, MemoryTuneNode, VcpuPin, VcpuSched,
};
pub use vcpu::{Vcpu, VcpuEntry, VcpuPlacement, Vcpus};
