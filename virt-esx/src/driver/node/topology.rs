//! NUMA cells of a host, and its processors.

use virt_core::model::ByteSize;
use virt_core::model::capabilities::{HostCell, HostCells, HostCpu, HostCpus, HostTopology};
use virt_core::model::domain::ScaledKib;
use virt_core::model::value::CpuSet;

use super::hardware::Hardware;

/// The most threads that a core is taken to have, whatever a host says: each is listed with each.
const MOST_THREADS: u32 = 64;

impl Hardware {
    pub(super) fn sockets(&self) -> u32 {
        positive(self.cpu.num_cpu_packages)
    }

    pub(super) fn cores_of_socket(&self) -> u32 {
        (positive(self.cpu.num_cpu_cores) / self.sockets()).max(1)
    }

    pub(super) fn threads_of_core(&self) -> u32 {
        (positive(self.cpu.num_cpu_threads) / positive(self.cpu.num_cpu_cores)).clamp(1, MOST_THREADS)
    }

    pub(super) fn topology(&self) -> HostTopology {
        let nodes = self.numa.as_ref().map(|numa| numa.numa_node.as_slice());
        let mut cells = HostCells::default();
        cells.cells = match nodes.unwrap_or_default() {
            [] => {
                let all = (0..positive(self.cpu.num_cpu_threads)).collect();
                vec![self.cell(0, self.memory, all)]
            }
            nodes => nodes
                .iter()
                .map(|node| {
                    let id = u32::try_from(node.type_id).unwrap_or_default();
                    let memory = u64::try_from(node.memory_range_length).unwrap_or_default();
                    let cpus = node.cpu_id.iter().filter_map(|id| u32::try_from(*id).ok());
                    self.cell(id, memory, cpus.collect())
                })
                .collect(),
        };
        cells.num = u32::try_from(cells.cells.len()).ok();
        let mut topology = HostTopology::default();
        topology.cells = Some(cells);
        topology
    }

    fn cell(&self, id: u32, memory: u64, mut cpus: Vec<u32>) -> HostCell {
        cpus.sort_unstable();
        let mut size = ScaledKib::default();
        size.size = Some(ByteSize::bytes(memory));
        let mut listed = HostCpus::default();
        listed.num = u32::try_from(cpus.len()).ok();
        listed.cpus = cpus.into_iter().map(|cpu| self.processor(cpu)).collect();
        let mut cell = HostCell::default();
        (cell.id, cell.memory, cell.cpus) = (Some(id), Some(size), Some(listed));
        cell
    }

    /// Threads of one core are numbered one after the other, as VMware documents it.
    fn processor(&self, id: u32) -> HostCpu {
        let threads = self.threads_of_core();
        let package = self.packages.iter().find(|package| {
            let mut ids = package.thread_id.iter();
            ids.any(|thread| u32::try_from(*thread) == Ok(id))
        });
        let mut cpu = HostCpu::default();
        cpu.id = Some(id);
        cpu.socket_id = package.and_then(|package| u32::try_from(package.index).ok());
        cpu.core_id = Some(id / threads % self.cores_of_socket());
        let first = id - id % threads;
        cpu.siblings = Some((first..first.saturating_add(threads)).collect::<CpuSet>());
        cpu
    }
}

fn positive(number: i16) -> u32 {
    u32::try_from(number).unwrap_or_default().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{HostCpuPackage, HostNumaInfo, HostNumaNode};

    #[test]
    fn cells_have_their_processors_by_socket_and_core() {
        let mut hardware = Hardware::default();
        hardware.cpu.num_cpu_packages = 2;
        hardware.cpu.num_cpu_cores = 4;
        hardware.cpu.num_cpu_threads = 8;
        let package = |index: i16, ids: std::ops::Range<i16>| HostCpuPackage {
            index,
            thread_id: ids.collect(),
            ..HostCpuPackage::default()
        };
        hardware.packages = vec![package(0, 0..4), package(1, 4..8)];
        let node = |id: i8, ids: Vec<i16>| HostNumaNode {
            type_id: id,
            cpu_id: ids,
            memory_range_length: 1 << 30,
            ..HostNumaNode::default()
        };
        hardware.numa = Some(HostNumaInfo {
            num_nodes: 2,
            numa_node: vec![node(0, vec![3, 2, 1, 0]), node(1, vec![7, 6, 5, 4])],
            ..HostNumaInfo::default()
        });
        let cells = hardware.topology().cells.unwrap();
        assert_eq!(cells.num, Some(2));
        let second = cells.cells.last().unwrap();
        assert_eq!(second.memory_size(), Some(ByteSize::gib(1)));
        let sixth = second.cpus().get(2).unwrap();
        assert_eq!(
            (sixth.id, sixth.socket_id, sixth.core_id),
            (Some(6), Some(1), Some(1))
        );
        assert_eq!(sixth.siblings.as_ref().unwrap().to_string(), "6-7");
    }

    #[test]
    fn a_host_that_tells_of_no_cells_is_one() {
        let mut hardware = Hardware::default();
        hardware.cpu.num_cpu_threads = 2;
        hardware.cpu.num_cpu_cores = 2;
        hardware.memory = 4096;
        let cells = hardware.topology().cells.unwrap();
        let only = cells.cells.first().unwrap();
        assert_eq!((cells.cells.len(), only.cpus().len()), (1, 2));
        assert_eq!(only.memory_size(), Some(ByteSize::bytes(4096)));
    }
}
