//! The machine: `NodeDriver`, over the procedures of the same names.

mod cpu;
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
use virt_core::{CallContext, Result};

use super::{RemoteConnection, document, objects};
use crate::protocol::remote::connect::{
    ConnectGetCapabilities, ConnectGetDomainCapabilities, ConnectGetDomainCapabilitiesArgs,
    ConnectGetLibVersion, ConnectGetMaxVcpus, ConnectGetMaxVcpusArgs, ConnectGetSysinfo,
    ConnectGetSysinfoArgs,
};

#[async_trait]
impl NodeDriver for RemoteConnection {
    async fn capabilities(&self, call: &CallContext) -> Result<Capabilities> {
        let text = self.link.call::<ConnectGetCapabilities>(call, &()).await?;
        Capabilities::from_xml(&text.capabilities.text())
            .map_err(|error| document::not_understood("machine", error))
    }

    async fn domain_capabilities(
        &self,
        call: &CallContext,
        target: &HypervisorTarget,
    ) -> Result<DomainCapabilities> {
        let args = ConnectGetDomainCapabilitiesArgs {
            emulatorbin: target.emulator.as_deref().map(Into::into),
            arch: target.arch.as_deref().map(Into::into),
            machine: target.machine.as_deref().map(Into::into),
            virttype: target.virt_type.as_ref().map(|kind| kind.as_str().into()),
            flags: 0,
        };
        let text = self
            .link
            .call::<ConnectGetDomainCapabilities>(call, &args)
            .await?;
        DomainCapabilities::from_xml(&text.capabilities.text())
            .map_err(|error| document::not_understood("guests' abilities", error))
    }

    async fn sysinfo(&self, call: &CallContext) -> Result<SysInfo> {
        let args = ConnectGetSysinfoArgs { flags: 0 };
        let text = self.link.call::<ConnectGetSysinfo>(call, &args).await?.sysinfo;
        SysInfo::from_xml(&text.text())
            .map_err(|error| document::not_understood("machine's firmware tables", error))
    }

    async fn cpu_map(&self, call: &CallContext) -> Result<CpuMap> {
        self.node_cpu_map(call).await
    }

    async fn cpu_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats> {
        self.node_cpu_stats(call, cpu).await
    }

    async fn memory_stats(&self, call: &CallContext, cell: Option<u32>) -> Result<NodeMemoryStats> {
        self.node_memory_stats(call, cell).await
    }

    async fn free_memory(&self, call: &CallContext) -> Result<ByteSize> {
        self.node_free_memory(call).await
    }

    async fn cells_free_memory(&self, call: &CallContext, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        self.node_cells_free_memory(call, cells).await
    }

    async fn free_pages(
        &self,
        call: &CallContext,
        sizes: &[ByteSize],
        cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>> {
        self.node_free_pages(call, sizes, cells).await
    }

    async fn compare_cpu(
        &self,
        call: &CallContext,
        cpu: &Cpu,
        target: Option<&HypervisorTarget>,
    ) -> Result<CpuComparison> {
        self.compare_node_cpu(call, cpu, target).await
    }

    async fn baseline_cpu(
        &self,
        call: &CallContext,
        cpus: &[Cpu],
        target: Option<&HypervisorTarget>,
        options: &BaselineOptions,
    ) -> Result<Cpu> {
        self.baseline_node_cpu(call, cpus, target, options).await
    }

    async fn cpu_models(&self, call: &CallContext, arch: &str) -> Result<Vec<String>> {
        self.node_cpu_models(call, arch).await
    }

    async fn max_vcpus(&self, call: &CallContext, kind: Option<&DomainType>) -> Result<u32> {
        let args = ConnectGetMaxVcpusArgs {
            type_: kind.map(|kind| kind.as_str().into()),
        };
        let found = self.link.call::<ConnectGetMaxVcpus>(call, &args).await?;
        Ok(u32::try_from(found.max_vcpus).unwrap_or_default())
    }

    async fn manager_version(&self, call: &CallContext) -> Result<HypervisorVersion> {
        let version = self.link.call::<ConnectGetLibVersion>(call, &()).await?;
        Ok(objects::version(version.lib_ver))
    }
}
