//! The machine behind a connection.

use std::ops::Range;

use async_trait::async_trait;

use crate::connection::HypervisorVersion;
use crate::deadline::CallContext;
use crate::error::Result;
use crate::model::domain::{Cpu, SysInfo};
use crate::model::{ByteSize, Capabilities, DomainCapabilities, DomainType};
use crate::node::{
    BaselineOptions, CellFreePages, CpuComparison, CpuMap, HypervisorTarget, NodeCpuStats, NodeMemoryStats,
};

/// The machine behind a connection: what it has, what it is doing, and what guests can have on it. Nothing here changes
/// anything; a method answers `Unsupported` where its driver can't tell.
#[async_trait]
pub trait NodeDriver: Send + Sync {
    /// What machine and hypervisor can do (`virConnectGetCapabilities`).
    async fn capabilities(&self, call: &CallContext) -> Result<Capabilities>;

    /// What guests can have that are run on this (`virConnectGetDomainCapabilities`).
    ///
    /// # Errors
    /// `InvalidArgument` for an emulator, architecture or machine there is not.
    async fn domain_capabilities(
        &self,
        call: &CallContext,
        target: &HypervisorTarget,
    ) -> Result<DomainCapabilities>;

    /// What the machine says of itself (`virConnectGetSysinfo`).
    async fn sysinfo(&self, call: &CallContext) -> Result<SysInfo>;

    /// Which processors there are, and which of them are online (`virNodeGetCPUMap`).
    async fn cpu_map(&self, call: &CallContext) -> Result<CpuMap>;

    /// What one processor, or all together, have done since boot (`virNodeGetCPUStats`).
    ///
    /// # Errors
    /// `InvalidArgument` for a processor there is not.
    async fn cpu_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats>;

    /// What the memory of one NUMA cell, or of all, is used for (`virNodeGetMemoryStats`).
    ///
    /// # Errors
    /// `InvalidArgument` for a cell there is not.
    async fn memory_stats(&self, call: &CallContext, cell: Option<u32>) -> Result<NodeMemoryStats>;

    /// The machine's free memory (`virNodeGetFreeMemory`).
    async fn free_memory(&self, call: &CallContext) -> Result<ByteSize>;

    /// The free memory of NUMA cells (`virNodeGetCellsFreeMemory`). The range is not empty; cells there are not are
    /// left out.
    ///
    /// # Errors
    /// `InvalidArgument` where none of the cells is there.
    async fn cells_free_memory(&self, call: &CallContext, cells: Range<u32>) -> Result<Vec<ByteSize>>;

    /// The free pages of each of these cells (`virNodeGetFreePages`). Range and sizes are not empty, sizes are whole KiB;
    /// cells there are not are left out.
    ///
    /// # Errors
    /// `InvalidArgument` where none of the cells is there; `Failed` for a size the machine has not.
    async fn free_pages(
        &self,
        call: &CallContext,
        sizes: &[ByteSize],
        cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>>;

    /// How a CPU compares to the machine's, or to what a hypervisor can give guests on it (`virConnectCompareCPU`,
    /// `virConnectCompareHypervisorCPU`).
    ///
    /// # Errors
    /// `InvalidConfig` or `Failed` for a model nobody knows.
    async fn compare_cpu(
        &self,
        call: &CallContext,
        cpu: &Cpu,
        target: Option<&HypervisorTarget>,
    ) -> Result<CpuComparison>;

    /// The largest CPU that these, of which there is at least one, have in common, as far as a hypervisor can give it
    /// where one is named (`virConnectBaselineCPU`, `virConnectBaselineHypervisorCPU`).
    ///
    /// # Errors
    /// `InvalidConfig` for CPUs that have nothing in common.
    async fn baseline_cpu(
        &self,
        call: &CallContext,
        cpus: &[Cpu],
        target: Option<&HypervisorTarget>,
        options: &BaselineOptions,
    ) -> Result<Cpu>;

    /// The CPU models known for an architecture (`virConnectGetCPUModelNames`).
    ///
    /// # Errors
    /// `InvalidArgument` for an architecture nobody knows.
    async fn cpu_models(&self, call: &CallContext, arch: &str) -> Result<Vec<String>>;

    /// How many vCPUs a guest of this kind can have (`virConnectGetMaxVcpus`).
    async fn max_vcpus(&self, call: &CallContext, kind: Option<&DomainType>) -> Result<u32>;

    /// The version of what manages the machine (`virConnectGetLibVersion`).
    async fn manager_version(&self, call: &CallContext) -> Result<HypervisorVersion>;
}
