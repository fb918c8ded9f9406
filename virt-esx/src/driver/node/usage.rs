//! What a host's processors and memory are used for.

use std::ops::Range;

use virt_core::model::ByteSize;
use virt_core::node::{NodeCpuStats, NodeMemoryStats};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::hardware::number;
use crate::driver::EsxDriver;

const CPU_USED: &str = "summary.quickStats.overallCpuUsage";
const MEMORY_USED: &str = "summary.quickStats.overallMemoryUsage";
const HERTZ: &str = "hardware.cpuInfo.hz";
const CORES: &str = "hardware.cpuInfo.numCpuCores";
const THREADS: &str = "hardware.cpuInfo.numCpuThreads";
const MEMORY: &str = "hardware.memorySize";
const NUMA: &str = "hardware.numaInfo";

impl EsxDriver {
    /// How busy processors are: ESX does not tell what they have done since it was started.
    pub(super) async fn processor_stats(&self, call: &CallContext, cpu: Option<u32>) -> Result<NodeCpuStats> {
        self.server.check_open()?;
        let (host, read) = self.of_host(call, &[CPU_USED, HERTZ, CORES, THREADS]).await?;
        let mut stats = NodeCpuStats::default();
        let Some(cpu) = cpu else {
            let known = number(&read, CPU_USED).zip(number(&read, HERTZ).zip(number(&read, CORES)));
            let (used, (hertz, cores)) = known.ok_or_else(not_told)?;
            stats.utilization_percent = Some(percent(used, (hertz / 1_000_000).saturating_mul(cores)));
            return Ok(stats);
        };
        let count = number(&read, THREADS).unwrap_or_default();
        if u64::from(cpu) >= count {
            return Err(none_such("processor", cpu, count));
        }
        let used = self
            .processor_usage(call, &host, cpu)
            .await?
            .ok_or_else(not_told)?;
        // It is measured in hundredths.
        stats.utilization_percent = Some(percent(used, 10_000));
        Ok(stats)
    }

    pub(super) async fn host_memory(&self, call: &CallContext, cell: Option<u32>) -> Result<NodeMemoryStats> {
        self.server.check_open()?;
        let (_, read) = self.of_host(call, &[MEMORY_USED, MEMORY, NUMA]).await?;
        let total = number(&read, MEMORY).ok_or_else(not_told)?;
        let used = number(&read, MEMORY_USED).and_then(|mib| mib.checked_mul(1 << 20));
        let free = used.map(|used| total.saturating_sub(used));
        let mut stats = NodeMemoryStats::default();
        let Some(cell) = cell else {
            stats.total = Some(ByteSize::bytes(total));
            stats.free = free.map(ByteSize::bytes);
            return Ok(stats);
        };
        let numa: Option<crate::vim::HostNumaInfo> = read.get(NUMA).and_then(|numa| numa.read().ok());
        let nodes = numa.map(|numa| numa.numa_node).unwrap_or_default();
        let count = u64::try_from(nodes.len().max(1)).unwrap_or(1);
        if u64::from(cell) >= count {
            return Err(none_such("NUMA cell", cell, count));
        }
        let node = usize::try_from(cell).ok().and_then(|cell| nodes.get(cell));
        let length = node.and_then(|node| u64::try_from(node.memory_range_length).ok());
        // What is free is told of the host as a whole.
        let is_all = count == 1;
        stats.total = Some(ByteSize::bytes(if is_all {
            total
        } else {
            length.unwrap_or_default()
        }));
        stats.free = free.filter(|_| is_all).map(ByteSize::bytes);
        Ok(stats)
    }

    pub(super) async fn free_of_cells(&self, call: &CallContext, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        let first = self.host_memory(call, Some(cells.start)).await?;
        match first.free {
            Some(free) => Ok(vec![free]),
            None => Err(Error::unsupported(
                "ESX does not tell what is free of one NUMA cell of several",
            )),
        }
    }
}

pub(super) fn not_told() -> Error {
    let message = "the host does not tell it: it may not be connected now";
    Error::new(ErrorKind::InvalidState, message)
}

fn none_such(what: &str, number: u32, count: u64) -> Error {
    let message = format!("there is no {what} {number} (there are {count}, counted from 0)");
    Error::new(ErrorKind::InvalidArgument, message)
}

/// So much of a whole, in percent, rounded; never more than all of it.
fn percent(part: u64, whole: u64) -> u64 {
    let whole = whole.max(1);
    let rounded = part.saturating_mul(100).saturating_add(whole / 2) / whole;
    rounded.min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_in_percent() {
        assert_eq!(percent(1795, 7182), 25);
        assert_eq!((percent(0, 0), percent(9, 3)), (0, 100));
        assert_eq!(percent(4_250, 10_000), 43);
    }
}
