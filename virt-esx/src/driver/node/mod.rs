//! The host behind a connection, or the first one that a vCenter's connection is about.

mod documents;
mod hardware;
mod sysinfo;
mod topology;
mod usage;

use std::ops::Range;

use async_trait::async_trait;
use virt_core::connection::HypervisorVersion;
use virt_core::driver::NodeDriver;
use virt_core::model::domain::{Cpu, SysInfo};
use virt_core::model::{ByteSize, Capabilities, DomainCapabilities, DomainType};
use virt_core::node::{
    BaselineOptions, CellFreePages, CpuComparison, CpuMap, HypervisorTarget, NodeCpuStats, NodeMemoryStats,
};
use virt_core::{CallContext, Error, Result};

use super::EsxDriver;

/// More processors than any host has are not listed, whatever it says.
const MOST_CPUS: u32 = 65_536;

#[async_trait]
impl NodeDriver for EsxDriver {
    async fn capabilities(&self, call: &CallContext) -> Result<Capabilities> {
        let hardware = self.hardware(call).await?;
        Ok(documents::capabilities(&hardware))
    }

    async fn domain_capabilities(
        &self,
        call: &CallContext,
        target: &HypervisorTarget,
    ) -> Result<DomainCapabilities> {
        let arch = documents::check(target)?;
        let most = self.most_vcpus(call).await?;
        Ok(documents::domain_capabilities(arch, most))
    }

    async fn sysinfo(&self, call: &CallContext) -> Result<SysInfo> {
        let hardware = self.hardware(call).await?;
        Ok(sysinfo::of(&hardware))
    }

    async fn cpu_map(&self, call: &CallContext) -> Result<CpuMap> {
        self.server.check_open()?;
        let info = self.host_info(call).await?;
        // Those that are switched off ESX does not tell.
        Ok(CpuMap::new((0..info.cpus.min(MOST_CPUS)).map(|_| true).collect()))
    }

    async fn cpu_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats> {
        self.processor_stats(call, cpu).await
    }

    async fn memory_stats(&self, call: &CallContext, cell: Option<u32>) -> Result<NodeMemoryStats> {
        self.host_memory(call, cell).await
    }

    async fn free_memory(&self, call: &CallContext) -> Result<ByteSize> {
        let stats = self.host_memory(call, None).await?;
        stats.free.ok_or_else(usage::not_told)
    }

    async fn cells_free_memory(&self, call: &CallContext, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        self.free_of_cells(call, cells).await
    }

    async fn free_pages(
        &self,
        _call: &CallContext,
        _sizes: &[ByteSize],
        _cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>> {
        Err(Error::unsupported(
            "ESX does not tell how many pages of a size are free",
        ))
    }

    async fn compare_cpu(
        &self,
        _call: &CallContext,
        _cpu: &Cpu,
        _target: Option<&HypervisorTarget>,
    ) -> Result<CpuComparison> {
        Err(Error::unsupported(
            "ESX compares no CPUs: a vCenter's clusters make theirs alike (EVC)",
        ))
    }

    async fn baseline_cpu(
        &self,
        _call: &CallContext,
        _cpus: &[Cpu],
        _target: Option<&HypervisorTarget>,
        _options: &BaselineOptions,
    ) -> Result<Cpu> {
        Err(Error::unsupported(
            "ESX finds no baseline of CPUs: a vCenter's clusters have one (EVC)",
        ))
    }

    async fn cpu_models(&self, _call: &CallContext, _arch: &str) -> Result<Vec<String>> {
        Err(Error::unsupported(
            "ESX knows no models of CPUs: a machine has its host's",
        ))
    }

    async fn max_vcpus(&self, call: &CallContext, kind: Option<&DomainType>) -> Result<u32> {
        documents::check_kind(kind)?;
        let most = self.most_vcpus(call).await?;
        most.ok_or_else(|| Error::unsupported("the host does not tell how many vCPUs a machine can have"))
    }

    async fn manager_version(&self, _call: &CallContext) -> Result<HypervisorVersion> {
        self.server.check_open()?;
        // What manages a host is part of the product.
        Ok(self.product_version())
    }
}
