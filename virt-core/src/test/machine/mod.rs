//! The machine the test driver's guests are on: made up, the same everywhere.

mod cpu;
mod documents;
mod usage;

use crate::connection::NodeInfo;

pub(super) use cpu::{baseline, compare, models};
pub(super) use documents::{capabilities, domain_capabilities, sysinfo};

/// The machine's architecture.
const ARCH: &str = "x86_64";
/// NUMA cells, alike.
const CELLS: u32 = 2;
/// Processors of each cell.
const CPUS_PER_CELL: u32 = 8;
/// Memory of each cell, in KiB.
const MEMORY_PER_CELL_KIB: u64 = 32 << 20;
/// The sizes of pages it has, in KiB.
const PAGE_SIZES_KIB: [u64; 3] = [4, 2048, 1 << 20];
/// The most vCPUs of a guest.
pub(super) const MAX_VCPUS: u32 = 32;

/// The machine at a glance.
pub(super) fn node_info() -> NodeInfo {
    NodeInfo {
        hostname: "localhost".to_owned(),
        arch: ARCH.to_owned(),
        cpu_model: "Test CPU".to_owned(),
        memory_kib: MEMORY_PER_CELL_KIB * u64::from(CELLS),
        cpus: CPUS_PER_CELL * CELLS,
        mhz: 1400,
        cells: CELLS,
        sockets: 2,
        cores: 2,
        threads: 2,
    }
}
