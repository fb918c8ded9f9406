//! What was read and measured of a machine, as its usage.

use std::time::Duration;

use virt_core::model::ByteSize;

use super::Asked;
use super::counters::Figure;
use super::facts::size;
use crate::extension::{CpuUsage, DiskUsage, InterfaceUsage, MemoryUsage, Usage, VcpuUsage};
use crate::vim::{VirtualMachinePowerState as Power, VirtualMachineQuickStats};

/// Of the machine as a whole.
const WHOLE: &str = "";
/// More vCPUs than any machine has are not listed, whatever a server says.
const MOST_VCPUS: u32 = 4_096;

impl Asked {
    pub(super) fn usage(mut self) -> Usage {
        // What a server said last of one that does not run is not so now.
        let is_on = self.listed.machine.power == Power::PoweredOn;
        let quick = self.facts.quick.take().filter(|_| is_on).unwrap_or_default();
        let mut disks = std::mem::take(&mut self.facts.disks);
        disks.iter_mut().for_each(|disk| self.add_disk(disk));
        let mut interfaces = std::mem::take(&mut self.facts.interfaces);
        interfaces
            .iter_mut()
            .for_each(|(number, interface)| self.add_interface(number, interface));
        Usage {
            measured: self.samples.at,
            interval: self.samples.interval,
            uptime: quick.uptime_seconds.and_then(seconds),
            cpu: self.cpu(&quick),
            memory: self.memory(&quick),
            disks,
            interfaces: interfaces.into_iter().map(|(_, interface)| interface).collect(),
            filesystems: std::mem::take(&mut self.facts.filesystems),
            error: self.failure,
            domain: self.listed.info.domain,
        }
    }

    fn cpu(&self, quick: &VirtualMachineQuickStats) -> CpuUsage {
        let samples = &self.samples;
        let time = |figure: Figure, of: &str| samples.value(figure, of).map(Duration::from_millis);
        let vcpus = (0..self.listed.machine.cpus.min(MOST_VCPUS)).map(|index| {
            let name = index.to_string();
            VcpuUsage {
                index,
                used: time(Figure::CpuUsed, &name),
                ready: time(Figure::CpuReady, &name),
            }
        });
        let percent = samples.value(Figure::CpuUsage, WHOLE);
        CpuUsage {
            mhz: quick.overall_cpu_usage.and_then(number),
            demand_mhz: quick.overall_cpu_demand.and_then(number),
            percent: percent.and_then(hundredths),
            used: time(Figure::CpuUsed, WHOLE),
            ready: time(Figure::CpuReady, WHOLE),
            vcpus: vcpus.collect(),
        }
    }

    fn memory(&self, quick: &VirtualMachineQuickStats) -> MemoryUsage {
        // What was measured is in KiB, what is told quickly in MiB.
        let measured = |figure: Figure| {
            let kib = self.samples.value(figure, WHOLE)?;
            size(kib, ByteSize::kib(1))
        };
        let told = |mib: Option<i32>| size(mib?, ByteSize::mib(1));
        MemoryUsage {
            configured: ByteSize::mib(self.listed.machine.memory_mib),
            consumed: measured(Figure::MemoryConsumed).or_else(|| told(quick.host_memory_usage)),
            active: measured(Figure::MemoryActive).or_else(|| told(quick.guest_memory_usage)),
            granted: measured(Figure::MemoryGranted).or_else(|| told(quick.granted_memory)),
            ballooned: measured(Figure::MemoryBallooned).or_else(|| told(quick.ballooned_memory)),
            shared: told(quick.shared_memory),
            swapped: told(quick.swapped_memory),
            compressed: quick
                .compressed_memory
                .and_then(|kib| size(kib, ByteSize::kib(1))),
            overhead: told(quick.consumed_overhead_memory),
        }
    }

    fn add_disk(&self, disk: &mut DiskUsage) {
        let value = |figure: Figure| self.samples.value(figure, &disk.device);
        let rate = |figure: Figure| value(figure).and_then(bytes_per_second);
        (disk.read_rate, disk.write_rate) = (rate(Figure::DiskRead), rate(Figure::DiskWritten));
        (disk.reads, disk.writes) = (value(Figure::DiskReads), value(Figure::DiskWrites));
        let latency = |figure: Figure| value(figure).map(Duration::from_millis);
        let latencies = (
            latency(Figure::DiskReadLatency),
            latency(Figure::DiskWriteLatency),
        );
        (disk.read_latency, disk.write_latency) = latencies;
    }

    fn add_interface(&self, number: &str, interface: &mut InterfaceUsage) {
        let value = |figure: Figure| self.samples.value(figure, number);
        interface.rx_rate = value(Figure::NetReceived).and_then(bytes_per_second);
        interface.tx_rate = value(Figure::NetSent).and_then(bytes_per_second);
        interface.rx_packets = value(Figure::NetPacketsReceived);
        interface.tx_packets = value(Figure::NetPacketsSent);
        interface.rx_dropped = value(Figure::NetDroppedReceived);
        interface.tx_dropped = value(Figure::NetDroppedSent);
    }
}

fn number(number: i32) -> Option<u64> {
    u64::try_from(number).ok()
}

fn seconds(count: i32) -> Option<Duration> {
    number(count).map(Duration::from_secs)
}

/// Percent, of hundredths of them.
fn hundredths(count: u64) -> Option<f64> {
    u32::try_from(count).ok().map(|count| f64::from(count) / 100.0)
}

/// Servers measure in KiB per second.
fn bytes_per_second(kib: u64) -> Option<u64> {
    kib.checked_mul(1024)
}
