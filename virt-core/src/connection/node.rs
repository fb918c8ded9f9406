//! The machine behind a connection.

use std::fmt;

use crate::host::HostFacts;

/// A machine (`virNodeGetInfo`, `virConnectGetHostname`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its host name.
    pub hostname: String,
    /// Its architecture: `x86_64`, `aarch64`.
    pub arch: String,
    /// Its processors' model, in the maker's words.
    pub cpu_model: String,
    /// Its memory, in KiB.
    pub memory_kib: u64,
    /// Its processors that are online.
    pub cpus: u32,
    /// Their frequency in MHz; 0 where it is not told.
    pub mhz: u32,
    /// NUMA cells.
    pub cells: u32,
    /// Sockets.
    pub sockets: u32,
    /// Cores per socket.
    pub cores: u32,
    /// Threads per core.
    pub threads: u32,
}

impl From<&HostFacts> for NodeInfo {
    fn from(facts: &HostFacts) -> Self {
        Self {
            hostname: facts.hostname.clone(),
            arch: facts.arch.clone(),
            cpu_model: facts.cpu_model.clone(),
            memory_kib: facts.memory_kib,
            cpus: facts.cpus,
            mhz: facts.mhz,
            cells: u32::try_from(facts.numa.len()).unwrap_or(u32::MAX),
            sockets: facts.sockets,
            cores: facts.cores,
            threads: facts.threads,
        }
    }
}

/// A hypervisor's version (`virConnectGetVersion`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HypervisorVersion {
    /// Major.
    pub major: u32,
    /// Minor.
    pub minor: u32,
    /// Micro.
    pub micro: u32,
}

impl fmt::Display for HypervisorVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}
