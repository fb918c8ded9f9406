//! What the machine is doing: its guests' time and memory are what it spends.

use std::ops::Range;
use std::time::Duration;

use super::{CELLS, CPUS_PER_CELL, MEMORY_PER_CELL_KIB, PAGE_SIZES_KIB};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ByteSize;
use crate::node::{CellFreePages, CpuMap, FreePages, NodeCpuStats, NodeMemoryStats};
use crate::test::world::World;

impl World {
    pub(in crate::test) fn cpu_map(&self) -> CpuMap {
        let all = (0..CELLS * CPUS_PER_CELL).map(|_| true);
        CpuMap::new(all.collect())
    }

    /// The guests' vCPU time, spread evenly; the rest of the time the processors did nothing.
    pub(in crate::test) fn cpu_stats(&self, cpu: Option<u32>) -> Result<NodeCpuStats> {
        let count = CELLS * CPUS_PER_CELL;
        if cpu.is_some_and(|cpu| cpu >= count) {
            return Err(none_such("processor", cpu, count));
        }
        let runs = self.domains.values().filter_map(|record| {
            let vcpus = record.profile().vcpus;
            Some(record.run.as_ref()?.vcpu_time().saturating_mul(vcpus))
        });
        let user_of_all: Duration = runs.sum();
        let all = self.since.elapsed().saturating_mul(count);
        let idle_of_all = all.saturating_sub(user_of_all);
        let shared_by = if cpu.is_some() { count } else { 1 };
        Ok(NodeCpuStats {
            user: Some(user_of_all / shared_by),
            idle: Some(idle_of_all / shared_by),
            kernel: Some(Duration::ZERO),
            iowait: Some(Duration::ZERO),
            ..NodeCpuStats::default()
        })
    }

    pub(in crate::test) fn memory_stats(&self, cell: Option<u32>) -> Result<NodeMemoryStats> {
        if cell.is_some_and(|cell| cell >= CELLS) {
            return Err(none_such("NUMA cell", cell, CELLS));
        }
        let cells = if cell.is_some() { 1 } else { u64::from(CELLS) };
        Ok(NodeMemoryStats {
            total: Some(ByteSize::kib(MEMORY_PER_CELL_KIB * cells)),
            free: Some(ByteSize::kib(self.free_kib_per_cell() * cells)),
            buffers: Some(ByteSize::default()),
            cached: Some(ByteSize::default()),
            ..NodeMemoryStats::default()
        })
    }

    pub(in crate::test) fn free_memory(&self) -> ByteSize {
        ByteSize::kib(self.free_kib_per_cell() * u64::from(CELLS))
    }

    pub(in crate::test) fn cells_free_memory(&self, cells: Range<u32>) -> Result<Vec<ByteSize>> {
        let free = ByteSize::kib(self.free_kib_per_cell());
        Ok(existing(cells)?.map(|_| free).collect())
    }

    pub(in crate::test) fn free_pages(
        &self,
        sizes: &[ByteSize],
        cells: Range<u32>,
    ) -> Result<Vec<CellFreePages>> {
        let mut pages = Vec::new();
        for size in sizes {
            let free = match size.as_kib() {
                4 => self.free_kib_per_cell() / 4,
                known if PAGE_SIZES_KIB.contains(&known) => 0,
                other => {
                    let message = format!("the machine has no pages of {other} KiB");
                    return Err(Error::new(ErrorKind::Failed, message));
                }
            };
            pages.push(FreePages::new(*size, free));
        }
        let rows = existing(cells)?.map(|cell| CellFreePages::new(cell, pages.clone()));
        Ok(rows.collect())
    }

    /// Guests take from both cells alike.
    fn free_kib_per_cell(&self) -> u64 {
        let used = self.domains.values().filter_map(|record| {
            let run = record.run.as_ref()?;
            Some(run.memory.as_kib())
        });
        MEMORY_PER_CELL_KIB.saturating_sub(used.sum::<u64>() / u64::from(CELLS))
    }
}

/// Those of these cells that there are.
fn existing(cells: Range<u32>) -> Result<Range<u32>> {
    if cells.start >= CELLS {
        return Err(none_such("NUMA cell", Some(cells.start), CELLS));
    }
    Ok(cells.start..cells.end.min(CELLS))
}

fn none_such(what: &str, number: Option<u32>, count: u32) -> Error {
    let number = number.unwrap_or_default();
    let message = format!("there is no {what} {number} (there are {count}, counted from 0)");
    Error::new(ErrorKind::InvalidArgument, message)
}
