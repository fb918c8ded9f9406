//! What a machine is.

/// The maker of a machine's processors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CpuVendor {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
    /// Another maker, by the name the processor gives.
    Other(String),
}

/// A NUMA cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumaCell {
    /// Its number.
    pub id: u32,
    /// Its memory, in KiB.
    pub memory_kib: u64,
    /// Its processors.
    pub cpus: Vec<u32>,
}

/// What a machine is (`virNodeGetInfo`, `virConnectGetHostname`, and what drivers need to decide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    /// Its host name.
    pub hostname: String,
    /// Architecture as `uname -m` names it: `x86_64`, `aarch64`.
    pub arch: String,
    /// The kernel's release, as `uname -r`.
    pub kernel: String,
    /// The id of this boot: changes with every one.
    pub boot_id: String,
    /// Clock ticks per second of [`ProcessIdentity::start_time`](super::ProcessIdentity::start_time).
    pub clock_ticks: u64,
    /// Seconds since 1970 at which it booted.
    pub boot_time: u64,
    /// Processors that are online.
    pub cpus: u32,
    /// The processors' model, in the maker's words.
    pub cpu_model: String,
    /// The processors' maker.
    pub cpu_vendor: CpuVendor,
    /// The highest frequency seen, in MHz; 0 where it is not told.
    pub mhz: u32,
    /// Sockets.
    pub sockets: u32,
    /// Cores per socket.
    pub cores: u32,
    /// Threads per core.
    pub threads: u32,
    /// Memory, in KiB.
    pub memory_kib: u64,
    /// Free memory, in KiB, when the facts were read.
    pub memory_free_kib: u64,
    /// NUMA cells; one where the machine has no NUMA.
    pub numa: Vec<NumaCell>,
    /// Whether `/dev/kvm` is there and may be opened by us for reading and writing.
    pub kvm: bool,
    /// Our user number there.
    pub uid: u32,
    /// Our group number there.
    pub gid: u32,
    /// Our home directory there.
    pub home: String,
    /// `XDG_STATE_HOME`, where set there.
    pub state_home: Option<String>,
    /// `XDG_RUNTIME_DIR`, where set there.
    pub runtime_dir: Option<String>,
}
