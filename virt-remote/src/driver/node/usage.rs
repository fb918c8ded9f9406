//! What the machine is doing.

use std::ops::Range;
use std::time::Duration;

use virt_core::model::ByteSize;
use virt_core::node::{CellFreePages, CpuMap, FreePages, NodeCpuStats, NodeMemoryStats};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::RemoteConnection;
use crate::protocol::remote::constants;
use crate::protocol::remote::node::{
    NodeGetCellsFreeMemory, NodeGetCellsFreeMemoryArgs, NodeGetCpuMap, NodeGetCpuMapArgs, NodeGetCpuStats,
    NodeGetCpuStatsArgs, NodeGetFreeMemory, NodeGetFreePages, NodeGetFreePagesArgs, NodeGetInfo,
    NodeGetMemoryStats, NodeGetMemoryStatsArgs,
};
use crate::rpc::RpcError;

/// `VIR_NODE_CPU_STATS_ALL_CPUS`, `VIR_NODE_MEMORY_STATS_ALL_CELLS`.
const ALL: i32 = -1;

impl RemoteConnection {
    pub(super) async fn node_cpu_map(&self, call: &CallContext) -> Result<CpuMap> {
        let args = NodeGetCpuMapArgs {
            need_map: 1,
            need_online: 1,
            flags: 0,
        };
        let found = self.link.call::<NodeGetCpuMap>(call, &args).await?;
        let total = usize::try_from(found.ret).unwrap_or_default();
        let bits = found
            .cpumap
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        Ok(CpuMap::new(bits.take(total).collect()))
    }

    pub(super) async fn node_cpu_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats> {
        let mut args = NodeGetCpuStatsArgs {
            cpu_num: number("processor", cpu)?,
            nparams: 0,
            flags: 0,
        };
        // First how many there are, then these.
        args.nparams = self.link.call::<NodeGetCpuStats>(call, &args).await?.nparams;
        let mut stats = NodeCpuStats::default();
        for item in self.link.call::<NodeGetCpuStats>(call, &args).await?.params {
            let time = Some(Duration::from_nanos(item.value));
            match &*item.field.text() {
                "kernel" => stats.kernel = time,
                "user" => stats.user = time,
                "idle" => stats.idle = time,
                "iowait" => stats.iowait = time,
                "intr" => stats.interrupts = time,
                "utilization" => stats.utilization_percent = Some(item.value),
                other => stats.other.push((other.to_owned(), item.value)),
            }
        }
        Ok(stats)
    }

    pub(super) async fn node_memory_stats(
        &self,
        call: &CallContext,
        cell: Option<u32>,
    ) -> Result<NodeMemoryStats> {
        let mut args = NodeGetMemoryStatsArgs {
            nparams: 0,
            cell_num: number("NUMA cell", cell)?,
            flags: 0,
        };
        args.nparams = self.link.call::<NodeGetMemoryStats>(call, &args).await?.nparams;
        let mut stats = NodeMemoryStats::default();
        for item in self.link.call::<NodeGetMemoryStats>(call, &args).await?.params {
            let size = Some(ByteSize::kib(item.value));
            match &*item.field.text() {
                "total" => stats.total = size,
                "free" => stats.free = size,
                "buffers" => stats.buffers = size,
                "cached" => stats.cached = size,
                other => stats.other.push((other.to_owned(), item.value)),
            }
        }
        Ok(stats)
    }

    pub(super) async fn node_free_memory(&self, call: &CallContext) -> Result<ByteSize> {
        let found = self.link.call::<NodeGetFreeMemory>(call, &()).await?;
        Ok(ByteSize::bytes(found.free_mem))
    }

    pub(super) async fn node_cells_free_memory(
        &self,
        call: &CallContext,
        cells: Range<u32>,
    ) -> Result<Vec<ByteSize>> {
        let args = NodeGetCellsFreeMemoryArgs {
            start_cell: number("NUMA cell", Some(cells.start))?,
            maxcells: i32::try_from(counted(&cells)).unwrap_or(i32::MAX),
        };
        match self.link.call::<NodeGetCellsFreeMemory>(call, &args).await {
            Ok(found) => Ok(found.cells.into_iter().map(ByteSize::bytes).collect()),
            Err(error) => Err(self.no_such_cell_or(call, cells.start, error).await),
        }
    }

    pub(super) async fn node_free_pages(
        &self,
        call: &CallContext,
        sizes: &[ByteSize],
        cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>> {
        let in_kib = sizes.iter().map(|size| u32::try_from(size.as_kib()));
        let pages: Result<Vec<u32>, _> = in_kib.collect();
        let Ok(pages) = pages else {
            let message = "no page is larger than 4 TiB";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let args = NodeGetFreePagesArgs {
            pages,
            start_cell: number("NUMA cell", Some(cells.start))?,
            cell_count: counted(&cells),
            flags: 0,
        };
        let found = match self.link.call::<NodeGetFreePages>(call, &args).await {
            Ok(found) => found.counts,
            Err(error) => return Err(self.no_such_cell_or(call, cells.start, error).await),
        };
        let rows = found.chunks(sizes.len().max(1)).zip(cells);
        Ok(rows
            .map(|(counts, cell)| {
                let pages = sizes.iter().zip(counts);
                let pages = pages.map(|(size, free)| FreePages::new(*size, *free));
                CellFreePages::new(cell, pages.collect())
            })
            .collect())
    }

    /// The error of a question about cells: the daemon's code for one there is not is that of everything else.
    async fn no_such_cell_or(&self, call: &CallContext, cell: u32, error: RpcError) -> Error {
        if error.libvirt().is_none() {
            return error.into();
        }
        match self.link.call::<NodeGetInfo>(call, &()).await {
            Ok(node) if u32::try_from(node.nodes).is_ok_and(|cells| cell >= cells) => {
                let message = format!(
                    "there is no NUMA cell {cell} (there are {}, counted from 0)",
                    node.nodes
                );
                Error::new(ErrorKind::InvalidArgument, message).with_source(error)
            }
            _ => error.into(),
        }
    }
}

/// The number of one, or of all.
fn number(what: &str, number: Option<u32>) -> Result<i32> {
    let Some(number) = number else { return Ok(ALL) };
    i32::try_from(number).map_err(|_| {
        let message = format!("there is no {what} {number}");
        Error::new(ErrorKind::InvalidArgument, message)
    })
}

/// How many there are in a range, as far as the protocol can tell of them.
fn counted(cells: &Range<u32>) -> u32 {
    let count = cells.end.saturating_sub(cells.start);
    count.min(constants::NODE_MAX_CELLS)
}
