//! A machine's processors.

use std::time::Duration;

/// Which processors a machine has, and which of them are online (`virNodeGetCPUMap`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuMap {
    /// Whether each processor is online, by its number.
    pub online: Vec<bool>,
}

impl CpuMap {
    /// A machine with these processors.
    #[must_use]
    pub const fn new(online: Vec<bool>) -> Self {
        Self { online }
    }

    /// How many there are, online or not.
    #[must_use]
    pub fn total(&self) -> usize {
        self.online.len()
    }

    /// The numbers of those that are online.
    pub fn online_cpus(&self) -> impl Iterator<Item = u32> {
        let numbered = (0u32..).zip(&self.online);
        numbered.filter_map(|(number, online)| online.then_some(number))
    }
}

/// What processors have done since the machine booted (`virNodeGetCPUStats`): what is not told is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeCpuStats {
    /// In the kernel.
    pub kernel: Option<Duration>,
    /// In programs, guests included.
    pub user: Option<Duration>,
    /// Nothing.
    pub idle: Option<Duration>,
    /// Nothing, for something was still being read or written.
    pub iowait: Option<Duration>,
    /// Interrupts.
    pub interrupts: Option<Duration>,
    /// How busy they are now, in percent, where a driver tells that instead.
    pub utilization_percent: Option<u64>,
    /// What has no name here, by the daemon's name for it; times are in nanoseconds.
    pub other: Vec<(String, u64)>,
}

/// How a CPU compares to that of the machine (`virCPUCompareResult`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CpuComparison {
    /// The machine lacks something of it: a guest with it does not start there.
    Incompatible,
    /// It is the machine's.
    Identical,
    /// The machine's has all of it and more.
    Superset,
}

/// How a baseline is found (`virConnectBaselineCPUFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineOptions {
    /// All features are listed, those of the model, too (`VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES`).
    pub expand_features: bool,
    /// Features that can't be migrated are left out (`VIR_CONNECT_BASELINE_CPU_MIGRATABLE`).
    pub migratable: bool,
}

impl BaselineOptions {
    /// Lists all features.
    #[must_use]
    pub fn expand_features(mut self) -> Self {
        self.expand_features = true;
        self
    }

    /// Leaves features out that can't be migrated.
    #[must_use]
    pub fn migratable(mut self) -> Self {
        self.migratable = true;
        self
    }
}
