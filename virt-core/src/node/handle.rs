//! The handle of the machine behind a connection.

use std::ops::Range;
use std::time::Duration;

use super::{
    BaselineOptions, CellFreePages, CpuComparison, CpuMap, HypervisorTarget, NodeCpuStats, NodeMemoryStats,
};
use crate::connection::{Connection, HypervisorVersion};
use crate::deadline::CallClass;
use crate::driver::{ConnectionDriver, NodeDriver, facet};
use crate::error::{Error, ErrorKind, Result};
use crate::model::domain::{Cpu, SysInfo};
use crate::model::{ByteSize, Capabilities, DomainCapabilities, DomainType};

/// The machine behind a connection. Cheap to clone.
///
/// What it is at a glance says [`Connection::node_info`]. Nothing here changes anything; all methods answer
/// `Unsupported` where the driver does not know its machine.
#[derive(Debug, Clone)]
pub struct Node {
    connection: Connection,
}

impl Connection {
    /// The machine behind it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::node::HypervisorTarget;
    /// let node = conn.node();
    /// println!("{} free of {:?}", node.free_memory().await?, node.memory_stats(None).await?.total);
    /// let can = node.domain_capabilities(&HypervisorTarget::default()).await?;
    /// println!("up to {:?} vCPUs", can.max_vcpus());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn node(&self) -> Node {
        Node {
            connection: self.clone(),
        }
    }
}

fn node(driver: &dyn ConnectionDriver) -> Result<&dyn NodeDriver> {
    facet(driver.node(), "information about its machine")
}

impl Node {
    /// The same machine, asked with calls that each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            connection: self.connection.with_deadline(time),
        }
    }

    /// What machine and hypervisor can do, as a document (`virConnectGetCapabilities`).
    ///
    /// What the connection can do say [`Connection::capabilities`].
    pub async fn capabilities(&self) -> Result<Capabilities> {
        self.connection
            .call("node_capabilities", CallClass::Query, async |call, driver| {
                node(&*driver)?.capabilities(&call).await
            })
            .await
    }

    /// What guests can have that are run on this, as a document (`virConnectGetDomainCapabilities`). What the target
    /// does not say is the driver's default.
    ///
    /// # Errors
    /// `InvalidArgument` for an emulator, architecture or machine there is not.
    pub async fn domain_capabilities(&self, target: &HypervisorTarget) -> Result<DomainCapabilities> {
        self.connection
            .call(
                "node_domain_capabilities",
                CallClass::Query,
                async |call, driver| node(&*driver)?.domain_capabilities(&call, target).await,
            )
            .await
    }

    /// What the machine says of itself in its firmware's tables (`virConnectGetSysinfo`).
    pub async fn sysinfo(&self) -> Result<SysInfo> {
        self.connection
            .call("node_sysinfo", CallClass::Query, async |call, driver| {
                node(&*driver)?.sysinfo(&call).await
            })
            .await
    }

    /// Which processors there are, and which of them are online (`virNodeGetCPUMap`).
    pub async fn cpu_map(&self) -> Result<CpuMap> {
        self.connection
            .call("node_cpu_map", CallClass::Query, async |call, driver| {
                node(&*driver)?.cpu_map(&call).await
            })
            .await
    }

    /// What one processor, or all together when `None`, have done since boot (`virNodeGetCPUStats`).
    ///
    /// # Errors
    /// `InvalidArgument` for a processor there is not.
    pub async fn cpu_stats(&self, cpu: Option<u32>) -> Result<NodeCpuStats> {
        self.connection
            .call("node_cpu_stats", CallClass::Query, async |call, driver| {
                node(&*driver)?.cpu_stats(&call, cpu).await
            })
            .await
    }

    /// What the memory of one NUMA cell, or of all when `None`, is used for (`virNodeGetMemoryStats`).
    ///
    /// # Errors
    /// `InvalidArgument` for a cell there is not.
    pub async fn memory_stats(&self, cell: Option<u32>) -> Result<NodeMemoryStats> {
        self.connection
            .call("node_memory_stats", CallClass::Query, async |call, driver| {
                node(&*driver)?.memory_stats(&call, cell).await
            })
            .await
    }

    /// Its free memory (`virNodeGetFreeMemory`).
    pub async fn free_memory(&self) -> Result<ByteSize> {
        self.connection
            .call("node_free_memory", CallClass::Query, async |call, driver| {
                node(&*driver)?.free_memory(&call).await
            })
            .await
    }

    /// The free memory of these NUMA cells, in order (`virNodeGetCellsFreeMemory`). Cells there are not are left out.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty range, and where none of the cells is there.
    pub async fn cells_free_memory(&self, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        self.connection
            .call(
                "node_cells_free_memory",
                CallClass::Query,
                async |call, driver| {
                    check_range(&cells)?;
                    node(&*driver)?.cells_free_memory(&call, cells).await
                },
            )
            .await
    }

    /// The free pages of these sizes, of each of these NUMA cells (`virNodeGetFreePages`). Cells there are not are left
    /// out.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty range or no size, for a size that is not whole KiB, and where none of the cells is
    /// there; `Failed` for a size the machine has not.
    pub async fn free_pages(&self, sizes: &[ByteSize], cells: Range<u32>) -> Result<Vec<CellFreePages>> {
        self.connection
            .call("node_free_pages", CallClass::Query, async |call, driver| {
                check_range(&cells)?;
                if sizes.is_empty() {
                    return Err(Error::new(
                        ErrorKind::InvalidArgument,
                        "no size of pages was named",
                    ));
                }
                if let Some(size) = sizes.iter().find(|size| !size.as_bytes().is_multiple_of(1024)) {
                    let message = format!(
                        "no page is {} bytes large: that is not whole KiB",
                        size.as_bytes()
                    );
                    return Err(Error::new(ErrorKind::InvalidArgument, message));
                }
                node(&*driver)?.free_pages(&call, sizes, cells).await
            })
            .await
    }

    /// How a CPU compares to the machine's (`virConnectCompareCPU`).
    ///
    /// # Errors
    /// `InvalidConfig` or `Failed` for a model nobody knows.
    pub async fn compare_cpu(&self, cpu: &Cpu) -> Result<CpuComparison> {
        self.compare(cpu, None).await
    }

    /// How a CPU compares to what a hypervisor can give guests on this machine (`virConnectCompareHypervisorCPU`).
    ///
    /// # Errors
    /// As [`Node::compare_cpu`] and [`Node::domain_capabilities`].
    pub async fn compare_hypervisor_cpu(
        &self,
        cpu: &Cpu,
        target: &HypervisorTarget,
    ) -> Result<CpuComparison> {
        self.compare(cpu, Some(target)).await
    }

    async fn compare(&self, cpu: &Cpu, target: Option<&HypervisorTarget>) -> Result<CpuComparison> {
        self.connection
            .call("node_compare_cpu", CallClass::Query, async |call, driver| {
                node(&*driver)?.compare_cpu(&call, cpu, target).await
            })
            .await
    }

    /// The largest CPU that machines with these have in common (`virConnectBaselineCPU`).
    ///
    /// # Errors
    /// `InvalidArgument` for no CPU at all; `InvalidConfig` for CPUs that have nothing in common.
    pub async fn baseline_cpu(&self, cpus: &[Cpu], options: &BaselineOptions) -> Result<Cpu> {
        self.baseline(cpus, None, options).await
    }

    /// The largest CPU that these have in common and that a hypervisor can give guests (`virConnectBaselineHypervisorCPU`).
    ///
    /// # Errors
    /// As [`Node::baseline_cpu`] and [`Node::domain_capabilities`].
    pub async fn baseline_hypervisor_cpu(
        &self,
        cpus: &[Cpu],
        target: &HypervisorTarget,
        options: &BaselineOptions,
    ) -> Result<Cpu> {
        self.baseline(cpus, Some(target), options).await
    }

    async fn baseline(
        &self,
        cpus: &[Cpu],
        target: Option<&HypervisorTarget>,
        options: &BaselineOptions,
    ) -> Result<Cpu> {
        self.connection
            .call("node_baseline_cpu", CallClass::Query, async |call, driver| {
                if cpus.is_empty() {
                    return Err(Error::new(ErrorKind::InvalidArgument, "no CPU was named"));
                }
                node(&*driver)?.baseline_cpu(&call, cpus, target, options).await
            })
            .await
    }

    /// The CPU models known for an architecture, in no order (`virConnectGetCPUModelNames`); none where any is taken.
    ///
    /// # Errors
    /// `InvalidArgument` for an architecture nobody knows.
    pub async fn cpu_models(&self, arch: &str) -> Result<Vec<String>> {
        self.connection
            .call("node_cpu_models", CallClass::Query, async |call, driver| {
                node(&*driver)?.cpu_models(&call, arch).await
            })
            .await
    }

    /// How many vCPUs a guest of this kind, or of the driver's default one, can have (`virConnectGetMaxVcpus`).
    pub async fn max_vcpus(&self, kind: Option<&DomainType>) -> Result<u32> {
        self.connection
            .call("node_max_vcpus", CallClass::Query, async |call, driver| {
                node(&*driver)?.max_vcpus(&call, kind).await
            })
            .await
    }

    /// The version of what manages the machine: of the daemon, or of this library (`virConnectGetLibVersion`). The
    /// hypervisor's says [`Connection::version`].
    pub async fn manager_version(&self) -> Result<HypervisorVersion> {
        self.connection
            .call("node_manager_version", CallClass::Query, async |call, driver| {
                node(&*driver)?.manager_version(&call).await
            })
            .await
    }
}

fn check_range(cells: &Range<u32>) -> Result<()> {
    if cells.is_empty() {
        let message = format!("no NUMA cell is in {}..{}", cells.start, cells.end);
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    Ok(())
}
