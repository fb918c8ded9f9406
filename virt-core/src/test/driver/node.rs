//! The machine of the test driver.

use std::ops::Range;

use async_trait::async_trait;

use super::TestDriver;
use crate::connection::HypervisorVersion;
use crate::deadline::CallContext;
use crate::driver::NodeDriver;
use crate::error::Result;
use crate::model::domain::{Cpu, SysInfo};
use crate::model::{ByteSize, Capabilities, DomainCapabilities, DomainType};
use crate::node::{
    BaselineOptions, CellFreePages, CpuComparison, CpuMap, HypervisorTarget, NodeCpuStats, NodeMemoryStats,
};
use crate::test::machine;

#[async_trait]
impl NodeDriver for TestDriver {
    async fn capabilities(&self, call: &CallContext) -> Result<Capabilities> {
        self.shared.query(call, None, |_| machine::capabilities()).await
    }

    async fn domain_capabilities(
        &self,
        call: &CallContext,
        target: &HypervisorTarget,
    ) -> Result<DomainCapabilities> {
        self.shared
            .query(call, None, |_| machine::domain_capabilities(target))
            .await
    }

    async fn sysinfo(&self, call: &CallContext) -> Result<SysInfo> {
        self.shared.query(call, None, |_| machine::sysinfo()).await
    }

    async fn cpu_map(&self, call: &CallContext) -> Result<CpuMap> {
        self.shared.query(call, None, |world| Ok(world.cpu_map())).await
    }

    async fn cpu_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats> {
        self.shared.query(call, None, |world| world.cpu_stats(cpu)).await
    }

    async fn memory_stats(&self, call: &CallContext, cell: Option<u32>) -> Result<NodeMemoryStats> {
        self.shared
            .query(call, None, |world| world.memory_stats(cell))
            .await
    }

    async fn free_memory(&self, call: &CallContext) -> Result<ByteSize> {
        self.shared
            .query(call, None, |world| Ok(world.free_memory()))
            .await
    }

    async fn cells_free_memory(&self, call: &CallContext, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        self.shared
            .query(call, None, |world| world.cells_free_memory(cells))
            .await
    }

    async fn free_pages(
        &self,
        call: &CallContext,
        sizes: &[ByteSize],
        cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>> {
        self.shared
            .query(call, None, |world| world.free_pages(sizes, cells))
            .await
    }

    async fn compare_cpu(
        &self,
        call: &CallContext,
        cpu: &Cpu,
        target: Option<&HypervisorTarget>,
    ) -> Result<CpuComparison> {
        // Its hypervisor gives guests whatever the machine has.
        self.shared
            .query(call, None, |_| {
                target.map(machine::domain_capabilities).transpose()?;
                machine::compare(cpu)
            })
            .await
    }

    async fn baseline_cpu(
        &self,
        call: &CallContext,
        cpus: &[Cpu],
        target: Option<&HypervisorTarget>,
        options: &BaselineOptions,
    ) -> Result<Cpu> {
        self.shared
            .query(call, None, |_| {
                target.map(machine::domain_capabilities).transpose()?;
                machine::baseline(cpus, target.is_some(), options)
            })
            .await
    }

    async fn cpu_models(&self, call: &CallContext, arch: &str) -> Result<Vec<String>> {
        self.shared.query(call, None, |_| machine::models(arch)).await
    }

    async fn max_vcpus(&self, call: &CallContext, kind: Option<&DomainType>) -> Result<u32> {
        let target = HypervisorTarget {
            virt_type: kind.cloned(),
            ..HypervisorTarget::default()
        };
        self.shared
            .query(call, None, |_| {
                machine::domain_capabilities(&target)?;
                Ok(machine::MAX_VCPUS)
            })
            .await
    }

    async fn manager_version(&self, call: &CallContext) -> Result<HypervisorVersion> {
        let part = |text: &str| text.parse().unwrap_or_default();
        let version = HypervisorVersion {
            major: part(env!("CARGO_PKG_VERSION_MAJOR")),
            minor: part(env!("CARGO_PKG_VERSION_MINOR")),
            micro: part(env!("CARGO_PKG_VERSION_PATCH")),
        };
        self.shared.query(call, None, |_| Ok(version)).await
    }
}
